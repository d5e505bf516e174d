import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  BIGINT,
  BLOB,
  blobValue,
  DOUBLE,
  type DuckDBConnection,
  DuckDBDataChunk,
  type DuckDBType,
  type DuckDBValue,
  INTEGER,
  LIST,
  listValue,
  STRUCT,
  structValue,
  VARCHAR,
} from '@duckdb/node-api'
import { vectorRows } from './columns.ts'
import { copyTo } from './copy.ts'
import { type TableName, tables } from './schema.ts'
import type { ClusterRow, Commit, Ending, Opening, Rejected } from './warehouse.ts'

/** Tables that come row by row. */
export type SmallTable = Exclude<TableName, 'chunks_clustered'>
/** Those of them whose rows come from a place in the topic. */
export type PlacedTable = Exclude<SmallTable, 'clusters'>

export interface SmallRows {
  readonly values: readonly (readonly DuckDBValue[])[]
  readonly bytes: number
}

const nullable = <T, V>(value: T | undefined, to: (value: T) => V) => (value === undefined ? null : to(value))
const text = (value: string | undefined) => value ?? null

const openingValues = (row: Opening): DuckDBValue[] => [
  text(row.agent_id),
  row.destination_uri,
  text(row.response_id),
  text(row.url),
  text(row.file),
  text(row.supersedes),
  nullable(row.requestedMicros, BigInt),
  row.partition,
  BigInt(row.offset),
]

const endingValues = (row: Ending): DuckDBValue[] => [
  text(row.agent_id),
  row.destination_uri,
  text(row.response_id),
  BigInt(row.seq),
  nullable(row.micros, BigInt),
  row.reason,
  BigInt(row.chunks),
  BigInt(row.bytes),
  row.sha256,
  row.partition,
  BigInt(row.offset),
]

const rejectedValues = ({ partition, offset, reason, line }: Rejected): DuckDBValue[] => [
  partition,
  BigInt(offset),
  reason,
  blobValue(line),
]

const nearestValue = ({ destination_uri, response_id, seq, excerpt }: ClusterRow['nearest'][number]) =>
  structValue({ destination_uri, response_id: text(response_id), seq: nullable(seq, BigInt), excerpt })

export const clusterValues = (row: ClusterRow): DuckDBValue[] => [
  row.model,
  row.cluster,
  row.change,
  listValue([...row.parents]),
  row.label,
  listValue([...row.terms]),
  BigInt(row.size),
  row.share,
  BigInt(row.windows),
  listValue(row.nearest.map(nearestValue)),
]

/** Times are written as numbers of microseconds, and become times on the way to the file. */
const simple: Readonly<Record<string, DuckDBType>> = { VARCHAR, BIGINT, INTEGER, DOUBLE, BLOB, TIMESTAMPTZ: BIGINT }
const place = STRUCT({ destination_uri: VARCHAR, response_id: VARCHAR, seq: BIGINT, excerpt: VARCHAR })
const typeOf = (type: string): DuckDBType => {
  if (!type.endsWith('[]')) return simple[type]
  return LIST(type.startsWith('STRUCT') ? place : simple[type.slice(0, -2)])
}

const columnOf = ({ name, type }: { name: string; type: string }) =>
  type === 'TIMESTAMPTZ' ? `make_timestamptz(${name}) AS ${name}` : name

const bytesOf = (value: DuckDBValue): number => {
  if (typeof value === 'string') return value.length
  return value !== null && typeof value === 'object' && 'bytes' in value ? (value.bytes as Uint8Array).length : 8
}

export const smallRows = (values: readonly (readonly DuckDBValue[])[]): SmallRows => ({
  values,
  bytes: values.reduce((total, row) => total + row.reduce<number>((sum, value) => sum + bytesOf(value), 0), 0),
})

/** A commit's rows of the tables whose rows come by themselves. */
export const smallTables = (commit: Commit): readonly (readonly [PlacedTable, SmallRows])[] => [
  ['openings', smallRows((commit.openings ?? []).map(openingValues))],
  ['endings', smallRows((commit.endings ?? []).map(endingValues))],
  ['rejected', smallRows((commit.rejected ?? []).map(rejectedValues))],
]

/** Writes the rows into a new Parquet file. */
export const writeTable = async (
  connection: DuckDBConnection,
  table: SmallTable,
  { values, bytes }: SmallRows,
  path: string,
): Promise<void> => {
  const columns = tables[table]
  const types = columns.map(({ type }) => typeOf(type))
  await connection.run(
    `CREATE OR REPLACE TABLE small (${columns.map(({ name }, at) => `${name} ${types[at]}`).join(', ')})`,
  )
  const appender = await connection.createAppender('small')
  const chunk = DuckDBDataChunk.create(types)
  for (let at = 0; at < values.length; at += vectorRows) {
    chunk.reset()
    chunk.setRows(values.slice(at, at + vectorRows).map(row => [...row]))
    appender.appendDataChunk(chunk)
    await nextTurn()
  }
  appender.closeSync()
  await copyTo(connection, `SELECT ${columns.map(columnOf).join(', ')} FROM small`, path, {
    rows: values.length,
    bytes,
    isFinal: table === 'clusters',
  })
  await connection.run('DROP TABLE small')
}
