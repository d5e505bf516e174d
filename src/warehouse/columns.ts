import duckdb from '@duckdb/node-bindings'
import type { Rows } from './rows.ts'

/** Rows that DuckDB takes at once. */
export const vectorRows = 2048

const { Type } = duckdb

/** A batch's columns as they are in `Rows`: nothing is converted on the way in, but by DuckDB on the way to the file. */
export const batchColumns = [
  ['voice', 'INTEGER', Type.INTEGER],
  ['partition', 'INTEGER', Type.INTEGER],
  ['off', 'DOUBLE', Type.DOUBLE],
  ['micros', 'DOUBLE', Type.DOUBLE],
  ['seq', 'DOUBLE', Type.DOUBLE],
  ['cluster', 'INTEGER', Type.INTEGER],
  ['model', 'INTEGER', Type.INTEGER],
  ['waits_for', 'INTEGER', Type.INTEGER],
  ['chunk', 'VARCHAR', Type.VARCHAR],
  ['end_reason', 'VARCHAR', Type.VARCHAR],
  ['extra', 'VARCHAR', Type.VARCHAR],
] as const

const types = batchColumns.map(([, , type]) => duckdb.create_logical_type(type))

type Column = Float64Array | Uint32Array | Int32Array

const numbers = (rows: Rows): readonly Column[] => [
  rows.voice,
  rows.partition,
  rows.offset,
  rows.micros,
  rows.seq,
  rows.cluster,
  rows.model,
  rows.waitsFor,
]

/** DuckDB's string: its length, and 12 bytes of it if it has no more; a longer one is somewhere else. */
const slotBytes = 16
const inlineBytesMax = slotBytes - 4
const slots = Buffer.alloc(vectorRows * slotBytes)
const lengths = new Int32Array(slots.buffer, slots.byteOffset, slots.length / 4)

const fillSlots = ({ text, textEnd }: Rows, from: number, count: number): void => {
  slots.fill(0, 0, count * slotBytes)
  let start = from === 0 ? 0 : textEnd[from - 1]
  for (let i = 0; i < count; i++) {
    const end = textEnd[from + i]
    if (end - start <= inlineBytesMax) {
      lengths[i * 4] = end - start
      for (let to = i * slotBytes + 4; start < end; ) slots[to++] = text[start++]
    }
    start = end
  }
}

/** Copying token-sized texts as numbers takes a third of the time of handing each over as a string. */
const putText = (vector: duckdb.Vector, rows: Rows, from: number, count: number): void => {
  fillSlots(rows, from, count)
  duckdb.copy_data_to_vector(vector, 0, slots.buffer as ArrayBuffer, slots.byteOffset, count * slotBytes)
  for (let i = 0, start = from === 0 ? 0 : rows.textEnd[from - 1]; i < count; i++) {
    const end = rows.textEnd[from + i]
    if (end - start > inlineBytesMax) duckdb.vector_assign_string_element_len(vector, i, rows.text.subarray(start, end))
    start = end
  }
}

const validityBytes = vectorRows / 8
const validity = new Uint8Array(validityBytes)

const putRare = (vector: duckdb.Vector, of: ReadonlyMap<number, string>, from: number, count: number): void => {
  validity.fill(0)
  for (let i = 0; of.size > 0 && i < count; i++) {
    const value = of.get(from + i)
    if (value === undefined) continue
    duckdb.vector_assign_string_element(vector, i, value)
    validity[i >> 3] |= 1 << (i & 7)
  }
  duckdb.vector_ensure_validity_writable(vector)
  duckdb.copy_data_to_vector_validity(vector, 0, validity.buffer, 0, validityBytes)
}

/** For `fillChunk`, again and again: DuckDB's memory for it is given back only when V8 comes by the object, which it takes for a small one. */
export const newChunk = (): duckdb.DataChunk => duckdb.create_data_chunk(types)

/** Makes the chunk one of rows `[from, from + count)`; at most `vectorRows` of them. */
export const fillChunk = (chunk: duckdb.DataChunk, rows: Rows, from: number, count: number): void => {
  duckdb.data_chunk_reset(chunk)
  duckdb.data_chunk_set_size(chunk, count)
  const vector = (column: number) => duckdb.data_chunk_get_vector(chunk, column)
  const columns = numbers(rows)
  columns.forEach(({ buffer, byteOffset, BYTES_PER_ELEMENT: width }, at) => {
    duckdb.copy_data_to_vector(vector(at), 0, buffer as ArrayBuffer, byteOffset + from * width, count * width)
  })
  putText(vector(columns.length), rows, from, count)
  putRare(vector(columns.length + 1), rows.endReasons, from, count)
  putRare(vector(columns.length + 2), rows.extras, from, count)
}
