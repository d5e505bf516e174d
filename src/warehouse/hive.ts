/**
 * Tables of Hive that `consume --engine spark` fills and everybody reads. Rows come as Parquet files that are renamed
 * into a table's location; nothing is inserted.
 */

import type { SparkSession } from '../wire/spark-connect/spark.ts'
import { addColumns, createTable, type Described, databaseLocation, describeTable, foreign } from './hive-catalog.ts'
import { hiveColumns, oldColumns } from './hive-columns.ts'
import { besideOf, type HiveName } from './hive-name.ts'
import type { TableName } from './schema.ts'

export { type HiveName, parseHiveName } from './hive-name.ts'

export interface HiveColumn {
  readonly name: string
  /** As Spark's SQL calls it, in lower case: `string`, `timestamp`, `bigint`. */
  readonly type: string
}

export interface HiveTable {
  readonly path: HiveName
  /** A URL: `file:/…`, `hdfs://host:port/…`. */
  readonly location: string
  /** In the order of the table. */
  readonly columns: readonly HiveColumn[]
}

export interface HiveTables {
  /**
   * The five first: agent_id, destination_uri, event_time, chunk, cluster; then response_id, seq, end_reason, model,
   * extra; then those of the schema file that are none of these.
   */
  readonly chunks: HiveTable
  /** As `warehouse/schema.ts` has them, in the same database: `openings`, or `<name>_openings` beside a table of another name. */
  readonly openings: HiveTable
  readonly endings: HiveTable
  readonly rejected: HiveTable
  readonly clusters: HiveTable
  /** The table was there before us, with five columns of STRING, and is written so. */
  readonly isLegacy: boolean
}

/** Of a session that writes: times are instants, to the microsecond, as the embedded engine's files have them, not Spark's old INT96. */
export const sparkSettings: Readonly<Record<string, string>> = {
  'spark.sql.session.timeZone': 'UTC',
  'spark.sql.parquet.outputTimestampType': 'TIMESTAMP_MICROS',
}

const listed = (columns: readonly HiveColumn[]) => columns.map(({ name, type }) => `${name} ${type}`).join(', ')

const isLegacy = ({ columns }: HiveTable) => listed(columns).toLowerCase() === listed(oldColumns)

const refuseForeign = ({ path, kind, isParquet, isPartitioned }: Described) => {
  if (/view/i.test(kind)) throw foreign(path, 'is a view')
  if (!isParquet) throw foreign(path, 'is not stored as Parquet')
  if (isPartitioned) throw foreign(path, 'is partitioned')
}

/** Columns that the table lacks. What it has must be as ours, whatever stands behind; the five stand first. */
const lacking = ({ path, columns }: Described, wanted: readonly HiveColumn[], firstCount: number): HiveColumn[] => {
  const first = columns.slice(0, firstCount).map(({ name }) => name.toLowerCase())
  const names = wanted.slice(0, firstCount).map(({ name }) => name)
  if (first.join() !== names.join()) throw foreign(path, `does not begin with the columns ${names.join(', ')}`)
  const has = new Map(columns.map(({ name, type }) => [name.toLowerCase(), type.toLowerCase()]))
  const other = wanted.find(({ name, type }) => has.has(name.toLowerCase()) && has.get(name.toLowerCase()) !== type)
  if (other !== undefined) {
    const type = has.get(other.name.toLowerCase())
    throw foreign(path, `has a column "${other.name}" of the type ${type}, which should be ${other.type}`)
  }
  return wanted.filter(({ name }) => !has.has(name.toLowerCase()))
}

const firstCountOf = (table: TableName) => (table === 'chunks_clustered' ? oldColumns.length : 0)

/** The table as it is now, or as it is once columns were added to it. */
const evolved = async (
  spark: SparkSession,
  table: TableName,
  found: Described,
  wanted: readonly HiveColumn[],
): Promise<HiveTable> => {
  refuseForeign(found)
  const { path, location } = found
  if (table === 'chunks_clustered' && isLegacy(found)) return { path, location, columns: found.columns }
  const more = lacking(found, wanted, firstCountOf(table))
  if (more.length > 0) await addColumns(spark, path, more)
  return { path, location, columns: [...found.columns, ...more] }
}

const openTable = async (
  spark: SparkSession,
  path: HiveName,
  table: TableName,
  extra: readonly HiveColumn[] = [],
): Promise<HiveTable> => {
  const wanted = [...hiveColumns(table), ...extra]
  const found = await describeTable(spark, path)
  if (found !== undefined) return evolved(spark, table, found, wanted)
  const location = `${(await databaseLocation(spark, path[0])).replace(/\/$/, '')}/${path[1]}`
  await createTable(spark, { path, location, columns: wanted })
  return { path, location, columns: wanted }
}

/**
 * The tables, made where they are not there yet. One that is there is written as it is if it is an old one of five
 * STRINGs, else gets the columns that it lacks; `extra` are those of a schema file. Codes: `warehouse/foreign` for a
 * table that cannot be written so, `hive/usage` if there is no such database.
 */
export const openHiveTables = async (
  spark: SparkSession,
  name: HiveName,
  extra: readonly HiveColumn[] = [],
): Promise<HiveTables> => {
  const beside = (table: TableName) => openTable(spark, besideOf(name, table), table)
  const chunks = await openTable(spark, name, 'chunks_clustered', extra)
  const [openings, endings, rejected, clusters] = await Promise.all(
    (['openings', 'endings', 'rejected', 'clusters'] as const).map(beside),
  )
  return { chunks, openings, endings, rejected, clusters, isLegacy: isLegacy(chunks) }
}
