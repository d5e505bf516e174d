import { execute, filter, type Relation, read, save } from '../../wire/spark-connect/spark.ts'
import { clustered, inColumns, inFiles, readByUs, readSchema, together } from './final-rows.ts'
import type { Modelled, Models } from './fitting.ts'
import { glance, hardBatches, namesOf, recordsOf, rowsOfAnswers } from './hard-lines.ts'
import { movesOf } from './moves.ts'
import { parsed as parse, parsedSchema } from './plain.ts'
import { type ReadCounts, Reading } from './reading.ts'
import type { Change, Plan, Staged } from './records.ts'
import { Stage } from './stage.ts'
import type { State } from './state.ts'
import { type Summary, summaries } from './summary.ts'
import type { Tools } from './tools.ts'

/** Spark reads a partition of the topic with one task for so many records. */
const taskRecords = 25_000

export interface Done {
  readonly staged: Staged
  readonly counts: ReadCounts
  readonly modelled: Modelled
}

/** The rows of a batch: those that Spark read, and those that were read here. */
interface Rows {
  readonly relation: Relation
  readonly count: number
  readonly reading: Reading
}

const recordsIn = ({ from, to }: Plan) =>
  Object.keys(to).reduce((sum, partition) => sum + to[partition] - (from[partition] ?? 0), 0)

const readAll = async (tools: Tools, state: State, plan: Plan, stage: Stage): Promise<Rows> => {
  const minPartitions = String(Math.ceil(recordsIn(plan) / taskRecords))
  await stage.writeQuickly(parse(recordsOf(tools, plan, { minPartitions })), 'parsed')
  const parsed = stage.read(parsedSchema, 'parsed')
  const found = await summaries(tools, parsed)
  const hard = await glance(tools, parsed, found)
  const reading = await Reading.begin(tools, state, stage, [...found.values(), ...hard.answers.values()])
  const mixed = reading.sort(found, hard)
  if (hard.count + mixed.length > 0) await reading.take(hardBatches(tools, plan, parsed, hard, mixed))
  const plain =
    mixed.length === 0 ? parsed : rowsOfAnswers(filter(parsed, 'is_plain'), await namesOf(tools, mixed), 'anti')
  const here =
    reading.slices.length === 0 ? undefined : read({ format: 'parquet', paths: reading.slices, schema: readSchema })
  count(reading, found, mixed)
  return { relation: together(readByUs(plain), here), count: reading.counts.rows, reading }
}

/** Plain lines that Spark read are records and rows, too. */
const count = ({ counts }: Reading, found: ReadonlyMap<string, Summary>, mixed: readonly Summary[]) => {
  const rowsOf = (all: Iterable<Summary>) => Iterator.from(all).reduce((sum, { rows }) => sum + rows, 0)
  const rows = rowsOf(found.values()) - rowsOf(mixed)
  counts.records += rows
  counts.rows += rows
}

const write = async (tools: Tools, stage: Stage, { relation, count }: Rows, modelled: Modelled): Promise<void> => {
  if (count === 0) return
  const { tables, files } = tools
  const rows = inFiles(clustered(relation, modelled.model), count)
  if (!tables.isLegacy) return stage.write(inColumns(rows, tables), 'chunks')
  await stage.write(rows, 'rows')
  const written = read({ format: 'parquet', paths: [files.urlOf(stage.path('rows'))] })
  await execute(
    tools.spark,
    save(inColumns(written, tables), stage.url('chunks'), { format: 'parquet', mode: 'overwrite' }),
  )
}

/**
 * Does all that a plan says but publishing it: afterwards its files lie in the staging folder. Whatever an earlier try
 * left there is removed.
 */
export const doBatch = async (
  tools: Tools,
  state: State,
  models: Models,
  plan: Plan,
  notes: Change['notes'],
): Promise<Done> => {
  const stage = new Stage(tools, plan.batch)
  await tools.files.remove(stage.folder)
  const rows = await readAll(tools, state, plan, stage)
  const { reading, relation } = rows
  const modelled = await models.forBatch(state, stage, relation, rows.count)
  await write(tools, stage, rows, modelled)
  const moves = await movesOf(tools, stage, plan.batch)
  await tools.files.sync(moves.map(({ from }) => from))
  const change: Change = {
    position: { ...state.position, ...plan.to },
    rows: state.rows + rows.count,
    model: modelled.model?.id ?? 0,
    fitRows: modelled.fitRows,
    known: reading.changes(),
    notes,
  }
  return { staged: { batch: plan.batch, moves, change }, counts: reading.counts, modelled }
}
