/** Clustering by Spark's ML: the recipe `classic`, fitted on a bounded sample and kept in files. */

import { call, drop, lit, type Relation, type SparkSession, withColumns } from '../wire/spark-connect/spark.ts'
import type { ClusterFacts } from './cluster.ts'
import { centred, counted, made, type Stages } from './spark-features.ts'
import { type Naming, nameCentres } from './spark-identity.ts'
import { type Kept, keep, recall } from './spark-kept.ts'
import { collectSample, keepSample, type SampledRow } from './spark-sample.ts'
import { fitStages, loadStages, saveStages } from './spark-stages.ts'

export { sampleRowsMax } from './spark-sample.ts'

/** Known to one session; any other can load it from where it was saved. */
export interface SparkModel {
  /** 1, 2, 3 … */
  readonly id: number
  readonly kept: Kept
  /** A relation with a column `chunk` → the same with `cluster` (int) and `model` (int) behind; both null where there is no text. */
  assign(rows: Relation): Relation
}

export interface SparkFitOptions {
  readonly id: number
  readonly k: number
  readonly seed: number
  /** Rows consumed so far; for the table `clusters`. */
  readonly rows: number
  /** URL of a folder that is made; what lies there of a fit that was killed is replaced. */
  readonly path: string
  readonly before?: SparkModel
}

/** The session is the one that it was opened with. */
export interface SparkClustering {
  /** `sample` has chunk, destination_uri, response_id, seq; at most `sampleRowsMax` rows, none without text; at least one. It is read once. */
  fit(sample: Relation, options: SparkFitOptions): Promise<{ model: SparkModel; clusters: readonly ClusterFacts[] }>
  /** Throws `cluster/model` if there is none. */
  load(path: string): Promise<SparkModel>
}

export type OpenSparkClustering = (spark: SparkSession) => SparkClustering

/** Of the sample that a model was fitted on, at least this part is in the next one: else that is another sample, which says nothing of what came since. */
const sharedMin = 0.1

const numberOf = (numbers: readonly number[]) =>
  call('element_at', lit.array('int', numbers.map(lit.int)), call('+', made.centre, lit.int(1)))

const modelOf = (kept: Kept, stages: Stages): SparkModel => {
  const { id } = kept.model
  const hasText = call('>', 'chunk', lit.string(''))
  const assigned = { cluster: call('when', hasText, numberOf(kept.numbers)), model: call('when', hasText, lit.int(id)) }
  const assign = (rows: Relation) => drop(withColumns(centred(counted(rows), stages), assigned), ...Object.values(made))
  return { id, kept, assign }
}

/** Rows that the model before was not fitted on count as later ones, if the two samples are of the same kind. */
const inOrder = (sample: readonly SampledRow[], before: Kept | undefined): readonly SampledRow[] => {
  if (before === undefined) return sample
  const digests = new Set(before.digests)
  const known = sample.filter(({ digest }) => digests.has(digest)).length
  const shift = known < sharedMin * before.digests.length ? 0 : before.model.windows
  return sample.map(row =>
    digests.has(row.digest) ? row : { ...row, window: { ...row.window, number: row.window.number + shift } },
  )
}

const namingOf = ({ id, seed, rows, before }: SparkFitOptions): Naming => ({
  id,
  seed,
  windows: rows,
  before: before?.kept.model,
})

const fit = async (spark: SparkSession, sample: Relation, options: SparkFitOptions) => {
  const rows = await keepSample(spark, sample, options.path)
  const found = await fitStages(spark, rows, options.k, options.seed)
  const [sampled] = await Promise.all([
    collectSample(spark, rows, found.stages),
    saveStages(spark, found.stages, options.path),
  ])
  const grouped = { ...found, sample: inOrder(sampled, options.before?.kept) }
  const { model, numbers, clusters } = nameCentres(grouped, namingOf(options))
  const kept = { model, numbers, digests: BigInt64Array.from(sampled, ({ digest }) => digest) }
  await keep(spark, kept, options.path)
  return { model: modelOf(kept, found.stages), clusters }
}

/** Fits and assigns on the server of a session. */
export const sparkClustering: OpenSparkClustering = spark => ({
  fit: (sample, options) => fit(spark, sample, options),
  load: async path => {
    const kept = await recall(spark, path)
    return modelOf(kept, await loadStages(spark, path, kept.numbers.length > 1))
  },
})
