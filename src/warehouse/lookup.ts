import {
  BIGINT,
  type DuckDBBlobValue,
  type DuckDBConnection,
  DuckDBDataChunk,
  type DuckDBValue,
  INTEGER,
  VARCHAR,
} from '@duckdb/node-api'
import { asBuffer } from '../std/bytes.ts'
import { vectorRows } from './columns.ts'
import { readFiles } from './sql.ts'
import type { Ending, RowKey } from './warehouse.ts'

/** Where rows are looked for, oldest first. */
export interface Places {
  readonly files: readonly string[]
  readonly tail: readonly string[]
}

const keyTypes = [INTEGER, VARCHAR, VARCHAR, BIGINT]

const loadKeys = async (connection: DuckDBConnection, keys: readonly RowKey[]): Promise<void> => {
  await connection.run('CREATE OR REPLACE TABLE wanted (key INTEGER, uri VARCHAR, response VARCHAR, number BIGINT)')
  const appender = await connection.createAppender('wanted')
  const chunk = DuckDBDataChunk.create(keyTypes)
  for (let at = 0; at < keys.length; at += vectorRows) {
    const some = keys.slice(at, at + vectorRows)
    chunk.reset()
    chunk.setRows(some.map((key, i) => [at + i, key.destination_uri, key.response_id, BigInt(key.seq)]))
    appender.appendDataChunk(chunk)
  }
  appender.closeSync()
}

const join = 'wanted ON destination_uri = uri AND response_id = response AND seq = number'

/** Rows of final files go before those of the tail: they came before. The order within a final file says which came first. */
const select = (columns: string, tailOrder: string, { files, tail }: Places): string => {
  const sources = [
    ...(files.length === 0
      ? []
      : [`SELECT key, ${columns}, file_index AS file, file_row_number AS row FROM ${readFiles(files)} JOIN ${join}`]),
    ...(tail.length === 0
      ? []
      : [`SELECT key, ${columns}, ${files.length} AS file, ${tailOrder} AS row FROM ${readFiles(tail)} JOIN ${join}`]),
  ]
  return `SELECT * FROM (${sources.join(' UNION ALL ')}) ORDER BY file, row`
}

/** What was found for each key, the first of several. */
const firsts = <T>(count: number, rows: readonly DuckDBValue[][], of: (row: DuckDBValue[]) => T) => {
  const found: (T | undefined)[] = Array(count).fill(undefined)
  for (const [key, ...row] of rows) found[Number(key)] ??= of(row)
  return found
}

const look = async <T>(
  connection: DuckDBConnection,
  keys: readonly RowKey[],
  sql: string,
  of: (row: DuckDBValue[]) => T,
): Promise<(T | undefined)[]> => {
  await loadKeys(connection, keys)
  const rows = await (await connection.run(sql)).getRows()
  await connection.run('DROP TABLE wanted')
  return firsts(keys.length, rows, of)
}

const isNowhere = ({ files, tail }: Places) => files.length + tail.length === 0

/** As BLOB, since DuckDB's client would take a byte-order mark off a VARCHAR. */
export const findTexts = async (
  connection: DuckDBConnection,
  keys: readonly RowKey[],
  places: Places,
): Promise<(Buffer | undefined)[]> => {
  if (keys.length === 0 || isNowhere(places)) return keys.map(() => undefined)
  const sql = select('encode(chunk) AS text', '_offset', places)
  return look(connection, keys, sql, ([text]) => asBuffer((text as DuckDBBlobValue).bytes))
}

const endingColumns = [
  'agent_id',
  'destination_uri',
  'response_id',
  'seq',
  'epoch_us(event_time) AS micros',
  'reason',
  'chunks',
  'bytes',
  'sha256',
  'partition',
  'topic_offset',
].join(', ')

const endingOf = (row: readonly DuckDBValue[]): Ending => {
  const [agent_id, destination_uri, response_id, seq, micros, reason, chunks, bytes, sha256, partition, offset] = row
  return {
    ...(agent_id !== null && { agent_id: agent_id as string }),
    destination_uri: destination_uri as string,
    ...(response_id !== null && { response_id: response_id as string }),
    seq: Number(seq),
    ...(micros !== null && { micros: Number(micros) }),
    reason: reason as string,
    chunks: Number(chunks),
    bytes: Number(bytes),
    sha256: sha256 as string,
    partition: partition as string,
    offset: Number(offset),
  }
}

export const findEndings = async (
  connection: DuckDBConnection,
  keys: readonly RowKey[],
  places: Places,
): Promise<(Ending | undefined)[]> => {
  if (keys.length === 0 || isNowhere(places)) return keys.map(() => undefined)
  return look(connection, keys, select(endingColumns, 'topic_offset', places), endingOf)
}
