/**
 * A client of Spark Connect: plans as frozen data, functions that have a server do them, and sessions on it. It knows
 * Spark 4.2, and works with 4.1; of the protocol it has what `consume` and `query` need.
 *
 * ```ts
 * await using spark = await openSpark('sc://localhost:15002')
 * const late = filter(table('chunks_clustered'), call('>', 'event_time', lit.timestamp(1_760_000_000_000_000n)))
 * for await (const { rows, columns } of run(spark, late)) …
 * ```
 */
import { SparkSession } from './session.ts'

export type { SparkAddress } from './address.ts'
export { isSparkAddress, parseSparkAddress, sparkName } from './address.ts'
export { describe, type ExplainAs, explain, treeOf } from './analyze.ts'
export type { Batch, Column, Numbers } from './batch.ts'
export { rowsOf } from './batch.ts'
export {
  dropTemporaryView,
  listColumns,
  listTables,
  refreshPath,
  refreshTable,
  type TableColumn,
  type TableEntry,
  tableExists,
} from './catalog.ts'
export { execute, insertInto, type Mode, runSql, type Saving, save, saveAsTable, temporaryView } from './command.ts'
export type { ExecuteOptions } from './execution.ts'
export {
  as,
  ascending,
  call,
  callDistinct,
  cast,
  column,
  descending,
  sqlExpression,
  star,
  type Term,
  tryCast,
} from './expression.ts'
export { SparkError, type SparkSays } from './fault.ts'
export type { SparkLimits } from './limits.ts'
export { matrixOf, vectorOf } from './linalg.ts'
export { lit } from './literal.ts'
export { type LocalColumn, localRows } from './local.ts'
export {
  deleteModels,
  fetchAttribute,
  fit,
  loadModel,
  type MlParameters,
  type Model,
  modelBytes,
  predict,
  type Stage,
  saveModel,
  transform,
} from './ml.ts'
export type { Progress } from './progress.ts'
export type { Command, Expression, Literal, Relation, SortOrder } from './proto.ts'
export { type CollectOptions, collect, run } from './query.ts'
export {
  aggregate,
  aliased,
  coalesce,
  crossJoin,
  distinct,
  drop,
  filter,
  type Grouping,
  type JoinOn,
  join,
  limit,
  project,
  repartition,
  repartitionBy,
  sort,
  sortWithin,
  union,
  unionByName,
  withColumns,
} from './relations.ts'
export { type SparkSecurity, sparkSecurity } from './security.ts'
export type { SparkOptions, SparkSession } from './session.ts'
export {
  type KafkaOffsets,
  type KafkaRange,
  kafkaRange,
  type Parameters,
  range,
  read,
  type Source,
  sql,
  table,
} from './source.ts'
export { arrayOf, ddlOf, type Field, type SparkType } from './type.ts'
export type { Row, Value } from './value.ts'

/** Begins a session. Throws `spark/unreachable` soon if nobody answers. */
export const openSpark = SparkSession.open
