/**
 * Tables of Hive that `consume --engine spark` fills and everybody reads. Rows come as Parquet files that are renamed
 * into a table's location; nothing is inserted.
 */

import { listTables, type SparkSession } from '../wire/spark-connect/spark.ts'
import { addColumns, createTable, type Described, databaseLocation, describeTable, foreign } from './hive-catalog.ts'
import { hiveColumns, oldColumns } from './hive-columns.ts'
import { besideOf, type HiveName } from './hive-name.ts'
import type { HiveColumn, HiveTable, HiveTables } from './hive-table.ts'
import { openHiveViews } from './hive-views.ts'
import type { TableName } from './schema.ts'

export { type HiveName, parseHiveName } from './hive-name.ts'

export type { HiveColumn, HiveTable, HiveTables } from './hive-table.ts'

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

/** Hive does not tell capitals from small letters, but a record's fields do: so names are as they were asked for. */
const asAsked = (columns: readonly HiveColumn[], wanted: readonly HiveColumn[]): HiveColumn[] => {
  const names = new Map(wanted.map(({ name }) => [name.toLowerCase(), name]))
  return columns.map(({ name, type }) => ({ name: names.get(name.toLowerCase()) ?? name, type }))
}

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
  return { path, location, columns: asAsked([...found.columns, ...more], wanted) }
}

interface Wanted {
  readonly path: HiveName
  readonly table: TableName
  readonly columns: readonly HiveColumn[]
}

/** What is there is described, what is not is made, all at once: each is a question to the metastore. */
const openTable = async (
  spark: SparkSession,
  { path, table, columns }: Wanted,
  there: ReadonlySet<string>,
  folder: string,
): Promise<HiveTable> => {
  const found = there.has(path[1]) ? await describeTable(spark, path) : undefined
  if (found !== undefined) return evolved(spark, table, found, columns)
  const location = `${folder}/${path[1]}`
  await createTable(spark, { path, location, columns })
  return { path, location, columns }
}

/**
 * The tables, made where they are not there yet, and the views beside them. One that is there is written as it is if it
 * is an old one of five STRINGs, else gets the columns that it lacks; `extra` are those of a schema file. Codes:
 * `warehouse/foreign` for a table that cannot be written so, `hive/usage` if there is no such database.
 */
export const openHiveTables = async (
  spark: SparkSession,
  name: HiveName,
  extra: readonly HiveColumn[] = [],
): Promise<HiveTables> => {
  const folder = (await databaseLocation(spark, name[0])).replace(/\/$/, '')
  const there = new Set((await listTables(spark, name[0])).map(of => of.name))
  const open = (table: TableName, path: HiveName, more: readonly HiveColumn[] = []) =>
    openTable(spark, { path, table, columns: [...hiveColumns(table), ...more] }, there, folder)
  const beside = (table: TableName) => open(table, besideOf(name, table))
  const [chunks, openings, endings, rejected, clusters] = await Promise.all([
    open('chunks_clustered', name, extra),
    ...(['openings', 'endings', 'rejected', 'clusters'] as const).map(beside),
  ])
  const tables = { chunks, openings, endings, rejected, clusters, isLegacy: isLegacy(chunks) }
  await openHiveViews(spark, name, tables, there)
  return tables
}
