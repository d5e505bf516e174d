import type { ClusterFacts } from '../../cluster/cluster.ts'
import type { SparkModel } from '../../cluster/spark.ts'
import { sampleRowsMax } from '../../cluster/spark-sample.ts'
import {
  as,
  ascending,
  call,
  filter,
  limit,
  lit,
  localRows,
  project,
  type Relation,
  read,
  sort,
  sqlExpression,
  union,
  withColumns,
} from '../../wire/spark-connect/spark.ts'
import { nextFitAfter } from './schedule.ts'
import type { Stage } from './stage.ts'
import type { State } from './state.ts'
import type { Tools } from './tools.ts'

const places = ['destination_uri', 'response_id', 'seq'] as const
const sampled = ['chunk', ...places]
const sampledSchema = 'chunk string, destination_uri string, response_id string, seq bigint'

/** Always the same of the rows so far, whatever order they came in. */
const sampleOf = (rows: Relation): Relation => {
  const texts = filter(project(rows, sampled), call('not', call('==', 'chunk', lit.string(''))))
  const order = withColumns(texts, { priority: call('xxhash64', ...places, 'chunk') })
  return project(limit(sort(order, ascending('priority')), sampleRowsMax), sampled)
}

export interface Modelled {
  readonly model: SparkModel | undefined
  /** At how many rows the next one is fitted. */
  readonly fitRows: number
}

const stored = ({ tables, places: at, files }: Tools): Relation =>
  read({
    format: 'parquet',
    paths: [tables.isLegacy ? files.urlOf(at.rows) : tables.chunks.location],
    schema: sampledSchema,
  })

const facts = (clusters: readonly ClusterFacts[]) => clusters.map(of => JSON.stringify(of))

const factsSchema =
  'model int, cluster int, change string, parents array<int>, label string, terms array<string>, size bigint, ' +
  'share double, windows bigint, nearest array<struct<destination_uri: string, response_id: string, seq: bigint, excerpt: string>>'

const writeClusters = async ({ spark }: Tools, stage: Stage, clusters: readonly ClusterFacts[]): Promise<void> => {
  const lines = await localRows(spark, [{ name: 'facts', type: 'string', values: facts(clusters) }])
  const parsed = project(lines, [as(call('from_json', 'facts', lit.string(factsSchema)), 'facts')])
  await stage.write(project(parsed, [sqlExpression('facts.*')]), 'clusters', 0)
}

/** The model for a batch: the one before it, or one that is fitted now, on a sample of all rows so far. */
export class Models {
  readonly #tools: Tools
  #model: SparkModel | undefined

  constructor(tools: Tools) {
    this.#tools = tools
  }

  async forBatch(state: State, stage: Stage, fresh: Relation, freshRows: number): Promise<Modelled> {
    const rows = state.rows + freshRows
    const before = await this.#latest(state)
    if (freshRows === 0 || (before !== undefined && rows < state.fitRows))
      return { model: before, fitRows: state.fitRows }
    const all = state.rows === 0 ? project(fresh, sampled) : union(project(fresh, sampled), stored(this.#tools))
    const model = await this.#fit(all, state.model + 1, rows, before, stage)
    return model === undefined ? { model: before, fitRows: state.fitRows } : { model, fitRows: nextFitAfter(rows) }
  }

  /** From now on, what was fitted is the model: its batch is staged. */
  keep(model: SparkModel | undefined): void {
    this.#model = model
  }

  async #latest({ model }: State): Promise<SparkModel | undefined> {
    if (model === 0 || this.#model?.id === model) return model === 0 ? undefined : this.#model
    const { clustering, files, places: at } = this.#tools
    this.#model = await clustering.load(files.urlOf(at.model(model)))
    return this.#model
  }

  async #fit(rows: Relation, id: number, count: number, before: SparkModel | undefined, stage: Stage) {
    const { clustering, files, places: at, settings } = this.#tools
    const sample = sampleOf(rows)
    const options = { id, k: settings.clusters, seed: settings.seed, rows: count, path: files.urlOf(at.model(id)) }
    const { model, clusters } = await clustering.fit(sample, { ...options, ...(before !== undefined && { before }) })
    await writeClusters(this.#tools, stage, clusters)
    return model as SparkModel | undefined
  }
}
