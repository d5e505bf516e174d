import type { SparkModel } from '../../cluster/spark.ts'
import type { HiveColumn, HiveTables } from '../../warehouse/hive.ts'
import {
  as,
  call,
  cast,
  coalesce,
  column,
  type Expression,
  filter,
  lit,
  project,
  type Relation,
  sqlExpression,
  type Term,
  union,
  withColumns,
} from '../../wire/spark-connect/spark.ts'

/** A batch beyond this many rows is written as several files, by as many tasks. */
const fileRows = 131_072

/** Columns of rows before a model saw them; as `staged-rows.ts` has them. */
export const readSchema =
  'agent_id string, destination_uri string, event_time timestamp, chunk string, response_id string, seq bigint, ' +
  'end_reason string, extra string'

const nullOf = (name: string) => as(lit.null('string'), name)

/** What Spark read, as if it had been read here. */
export const readByUs = (plain: Relation): Relation =>
  project(filter(plain, 'is_plain'), [
    ...['agent_id', 'destination_uri', 'event_time', 'chunk', 'response_id', 'seq'],
    nullOf('end_reason'),
    nullOf('extra'),
  ])

const noCluster = { cluster: lit.null('int'), model: lit.null('int') }

export const clustered = (rows: Relation, model: SparkModel | undefined): Relation =>
  model === undefined ? withColumns(rows, noCluster) : model.assign(rows)

export const inFiles = (rows: Relation, count: number): Relation => coalesce(rows, Math.ceil(count / fileRows) || 1)

const own = new Set([
  ...['agent_id', 'destination_uri', 'event_time', 'chunk', 'cluster'],
  ...['response_id', 'seq', 'end_reason', 'model', 'extra'],
])

/** A field of the schema file: taken out of the members that we do not know, as far as it has the type. */
const ofExtra = ({ name, type }: HiveColumn): Expression => {
  const value = call('get_json_object', 'extra', lit.string(`$.${name}`))
  return as(type === 'string' ? value : sqlExpression(`try_cast(get_json_object(extra, '$.${name}') as ${type})`), name)
}

/** As the old system wrote times: of the record, without a zone. */
const oldTime = call('date_format', 'event_time', lit.string("yyyy-MM-dd'T'HH:mm:ss.SSSSSS"))

const asText = (name: string): Term => (name === 'event_time' ? oldTime : cast(name, 'string'))

/** In the columns of the table, in their order and types. */
export const inColumns = (rows: Relation, { chunks, isLegacy }: HiveTables): Relation =>
  project(
    rows,
    chunks.columns.map(of => {
      const name = of.name.toLowerCase()
      if (isLegacy) return as(asText(name), of.name)
      return own.has(name) ? as(column(name), of.name) : ofExtra(of)
    }),
  )

export const together = (plain: Relation, read: Relation | undefined): Relation =>
  read === undefined ? plain : union(plain, read)
