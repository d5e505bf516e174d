import { isUtf8 } from 'node:buffer'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type DuckDBAppender, type DuckDBConnection, DuckDBDataChunk, INTEGER, VARCHAR } from '@duckdb/node-api'
import { batchColumns, fillChunk, newChunk, vectorRows } from './columns.ts'
import { copyTo, orderBy } from './copy.ts'
import { type Range, type Ranges, reaching } from './parts.ts'
import type { Rows } from './rows.ts'
import { literal } from './sql.ts'
import type { Position } from './warehouse.ts'

/** A part has no more rows, and no more text but for its last row's, so that whoever writes or reads it needs little memory. */
const sliceRowsMax = 500_000
const sliceBytesMax = 48 * 1024 * 1024
/** Rows are handed over in turns of so many rows or bytes of text: other things get their turn between. */
const turnRowsMax = 8 * vectorRows
const turnBytesMax = 4 * 1024 * 1024

/** Rows `[from, to)`. */
interface Span {
  readonly from: number
  readonly to: number
}

export interface Slice extends Span {
  /** Of text. */
  readonly bytes: number
}

const endOfText = ({ textEnd }: Rows, row: number) => (row === 0 ? 0 : textEnd[row - 1])

/** Behind the row with which the slice has enough text. */
const cut = (rows: Rows, from: number, to: number, bytesMax: number) => {
  const enough = endOfText(rows, from) + bytesMax
  let end = from + 1
  while (end < to && rows.textEnd[end - 1] < enough) end++
  return end
}

function* cutInto(rows: Rows, { from, to }: Span, rowsMax: number, bytesMax: number): Generator<Slice> {
  for (let at = from; at < to; ) {
    const end = cut(rows, at, Math.min(to, at + rowsMax), bytesMax)
    yield { from: at, to: end, bytes: endOfText(rows, end) - endOfText(rows, at) }
    at = end
  }
}

/** What is written at once: slices of about the same size. */
export const slicesOf = (rows: Rows): Iterable<Slice> => {
  const count = Math.max(Math.ceil(rows.length / sliceRowsMax), Math.ceil(rows.textBytes / sliceBytesMax), 1)
  return cutInto(rows, { from: 0, to: rows.length }, Math.ceil(rows.length / count), Math.ceil(rows.textBytes / count))
}

/** Text that is no UTF-8, or is cut inside a character, would make a file that others cannot read. */
export const isWellFormed = (rows: Rows): boolean => {
  const { text, textBytes, textEnd, length } = rows
  if (!isUtf8(text.subarray(0, textBytes))) return false
  for (let row = 0; row < length; row++) {
    if (textEnd[row] < textBytes && (text[textEnd[row]] & 0xc0) === 0x80) return false
  }
  return true
}

export const waitingIn = ({ waitsFor, cluster }: Rows, { from, to }: Span): number => {
  let waiting = 0
  for (let row = from; row < to; row++) if (waitsFor[row] >= 0 && cluster[row] < 0) waiting++
  return waiting
}

const rangesOf = (rows: Rows, { from, to }: Slice): Ranges => {
  const ranges: Range[] = []
  for (let row = from; row < to; row++) {
    const offset = rows.offset[row]
    const range = ranges[rows.partition[row]] as { from: number; to: number } | undefined
    if (range === undefined) ranges[rows.partition[row]] = { from: offset, to: offset + 1 }
    else if (offset >= range.to) range.to = offset + 1
    else if (offset < range.from) range.from = offset
  }
  return new Map(ranges.flatMap((range, at) => [[rows.partitions[at], range] as const]))
}

/** What the slice has of each partition; the last one reaches up to where the topic was read. */
export const rangesIn = (rows: Rows, slice: Slice, position: Position): Ranges => {
  const ranges = rangesOf(rows, slice)
  return slice.to === rows.length ? reaching(ranges, position) : ranges
}

const appendTurn = (appender: DuckDBAppender, chunk: DuckDBDataChunk, rows: Rows, { from, to }: Slice): void => {
  for (let at = from; at < to; at += vectorRows) {
    fillChunk(chunk.chunk, rows, at, Math.min(vectorRows, to - at))
    appender.appendDataChunk(chunk)
  }
}

const appendBatch = async (connection: DuckDBConnection, rows: Rows, slice: Slice): Promise<void> => {
  const appender = await connection.createAppender('batch')
  const chunk = new DuckDBDataChunk(newChunk())
  for (const turn of cutInto(rows, slice, turnRowsMax, turnBytesMax)) {
    appendTurn(appender, chunk, rows, turn)
    appender.flushSync()
    await nextTurn()
  }
  appender.closeSync()
}

const speaking = ({ voice, voices }: Rows, { from, to }: Slice): number[] => {
  const speaks = new Uint8Array(voices.length)
  for (let row = from; row < to; row++) speaks[voice[row]] = 1
  return Array.from(voices.keys()).filter(at => speaks[at] === 1)
}

const voiceTypes = [INTEGER, VARCHAR, VARCHAR, VARCHAR]

const appendVoices = async (connection: DuckDBConnection, rows: Rows, slice: Slice): Promise<void> => {
  const speakers = speaking(rows, slice)
  const appender = await connection.createAppender('voices')
  const chunk = DuckDBDataChunk.create(voiceTypes)
  for (let at = 0; at < speakers.length; at += vectorRows) {
    const some = speakers.slice(at, at + vectorRows)
    const voices = some.map(speaker => rows.voices[speaker])
    chunk.reset()
    chunk.setColumns([
      some,
      voices.map(({ agent_id }) => agent_id ?? null),
      voices.map(({ destination_uri }) => destination_uri),
      voices.map(({ response_id }) => response_id ?? null),
    ])
    appender.appendDataChunk(chunk)
    await nextTurn()
  }
  appender.closeSync()
}

const batchTables = `
  CREATE OR REPLACE TABLE batch (${batchColumns.map(([name, type]) => `${name} ${type}`).join(', ')});
  CREATE OR REPLACE TABLE voices (id INTEGER, agent_id VARCHAR, destination_uri VARCHAR, response_id VARCHAR)`

const publicSelect = `
  SELECT agent_id, destination_uri,
    CASE WHEN isnan(micros) THEN NULL ELSE make_timestamptz(micros::BIGINT) END AS event_time,
    chunk, CASE WHEN cluster >= 0 THEN cluster END AS cluster, response_id,
    CASE WHEN seq >= 0 THEN seq::BIGINT END AS seq, end_reason, CASE WHEN model > 0 THEN model END AS model, extra`

const batch = 'FROM batch JOIN voices ON voices.id = batch.voice'

const tailSelect = (partitions: readonly string[]) => `${publicSelect},
    [${partitions.map(literal).join(', ')}][partition + 1] AS _partition, off::BIGINT AS _offset,
    CASE WHEN cluster < 0 THEN waits_for ELSE -1 END AS _waits_for
  ${batch}`

const finalSelect = (partition: number, order: string) =>
  `${publicSelect} ${batch} WHERE partition = ${partition} ${order}`

/** A slice in DuckDB, to be written into files. */
export interface Loaded extends AsyncDisposable {
  /** A new file of the tail. */
  writeTail(path: string): Promise<void>
  /** A new public file with the rows of one partition, which is given as its place in `Rows.partitions`. Gives their number. */
  writeFinal(partition: number, path: string): Promise<number>
}

export const loadRows = async (connection: DuckDBConnection, rows: Rows, slice: Slice): Promise<Loaded> => {
  await connection.run(batchTables)
  await appendVoices(connection, rows, slice)
  await appendBatch(connection, rows, slice)
  const shape = { rows: slice.to - slice.from, bytes: slice.bytes }
  return {
    writeTail: async path => {
      await copyTo(connection, tailSelect(rows.partitions), path, { ...shape, isFinal: false })
    },
    writeFinal: (partition, path) =>
      copyTo(connection, finalSelect(partition, orderBy(shape, 'off')), path, { ...shape, isFinal: true }),
    [Symbol.asyncDispose]: async () => {
      await connection.run('DROP TABLE batch; DROP TABLE voices')
    },
  }
}
