import { StreamError } from '../std/error.ts'
import { parseJson } from '../std/json.ts'
import { collect, lit, runSql, type SparkError, type SparkSession } from '../wire/spark-connect/spark.ts'
import { type HiveName, identifierOf, shownName } from './hive-name.ts'
import type { HiveColumn, HiveTable } from './hive-table.ts'

/** What the metastore says of a table. */
export interface Described extends HiveTable {
  /** `EXTERNAL`, `MANAGED` or `VIEW`. */
  readonly kind: string
  readonly isParquet: boolean
  readonly isPartitioned: boolean
}

const namedBy = (path: readonly string[]) => ({ name: lit.string(identifierOf(path)) })

const classesOf = (thrown: unknown) => (thrown as Partial<SparkError>).errorClass ?? ''

const isAbsent = (thrown: unknown) => /^(?:TABLE_OR_VIEW|SCHEMA)_NOT_FOUND/.test(classesOf(thrown))

interface ToldType {
  readonly name: string
  readonly element_type?: ToldType
  readonly key_type?: ToldType
  readonly value_type?: ToldType
  readonly fields?: readonly { readonly name: string; readonly type: ToldType }[]
  readonly length?: number
  readonly precision?: number
  readonly scale?: number
}

/** What the description calls otherwise. */
const renamed: Readonly<Record<string, string>> = { timestamp_ltz: 'timestamp', integer: 'int' }

/** As SQL writes it. */
const typeText = (type: ToldType): string => {
  const { name, element_type, key_type, value_type, fields, length, precision, scale } = type
  if (element_type !== undefined) return `array<${typeText(element_type)}>`
  if (value_type !== undefined) return `map<${typeText(key_type!)},${typeText(value_type)}>`
  if (fields !== undefined) return `struct<${fields.map(of => `${of.name}:${typeText(of.type)}`).join(',')}>`
  if (precision !== undefined) return `${name}(${precision},${scale})`
  return length === undefined ? (renamed[name] ?? name) : `${name}(${length})`
}

interface Told {
  readonly columns: readonly { readonly name: string; readonly type: ToldType }[]
  readonly location?: string
  readonly type?: string
  readonly provider?: string
  readonly serde_library?: string
  readonly partition_columns?: readonly string[]
}

/** `undefined` if there is no table of the name. */
export const describeTable = async (spark: SparkSession, path: HiveName): Promise<Described | undefined> => {
  try {
    const told = await runSql(spark, 'DESCRIBE TABLE EXTENDED IDENTIFIER(:name) AS JSON', namedBy(path))
    const [row] = await collect(spark, told)
    const { location = '', type = '', columns, ...how } = parseJson(String(Object.values(row)[0])) as Told
    return {
      path,
      location,
      kind: type,
      columns: columns.map(of => ({ name: of.name, type: typeText(of.type) })),
      isParquet: /parquet/i.test(`${how.serde_library} ${how.provider}`),
      isPartitioned: (how.partition_columns ?? []).length > 0,
    }
  } catch (thrown) {
    if (isAbsent(thrown)) return undefined
    throw thrown
  }
}

/** Where tables of a database lie. Throws `hive/usage` if there is no such database. */
export const databaseLocation = async (spark: SparkSession, database: string): Promise<string> => {
  try {
    const rows = await collect(spark, await runSql(spark, 'DESCRIBE DATABASE IDENTIFIER(:name)', namedBy([database])))
    return String(rows.find(({ info_name }) => info_name === 'Location')!.info_value)
  } catch (thrown) {
    if (!isAbsent(thrown)) throw thrown
    const todo = `make it first: create database ${database}`
    throw new StreamError('hive/usage', `there is no database "${database}"; ${todo}`, { cause: thrown })
  }
}

const declared = (columns: readonly HiveColumn[]) => columns.map(({ name, type }) => `\`${name}\` ${type}`).join(', ')

/** Names of columns are our own, or those of a schema file, which are letters, digits and "_". */
export const createTable = async (spark: SparkSession, { path, location, columns }: HiveTable): Promise<void> => {
  const statement = `CREATE EXTERNAL TABLE IF NOT EXISTS IDENTIFIER(:name) (${declared(columns)}) STORED AS PARQUET LOCATION :location`
  await runSql(spark, statement, { ...namedBy(path), location: lit.string(location) })
}

export const addColumns = async (
  spark: SparkSession,
  path: HiveName,
  columns: readonly HiveColumn[],
): Promise<void> => {
  await runSql(spark, `ALTER TABLE IDENTIFIER(:name) ADD COLUMNS (${declared(columns)})`, namedBy(path))
}

export const dropTable = async (spark: SparkSession, path: HiveName): Promise<void> => {
  await runSql(spark, 'DROP TABLE IF EXISTS IDENTIFIER(:name)', namedBy(path))
}

export const foreign = (path: HiveName, why: string): StreamError =>
  new StreamError(
    'warehouse/foreign',
    `table "${shownName(path)}" ${why}; give --hive-table another name, or rename that one`,
  )
