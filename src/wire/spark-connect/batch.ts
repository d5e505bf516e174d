import { type Data, Type } from 'apache-arrow'
import { arrowBatches } from './arrow-batches.ts'
import { nullsOf, type Reader, readerOf } from './arrow-reader.ts'
import type { Field, SparkType } from './type.ts'
import type { Row, Value } from './value.ts'

/** As they came, one number a row; what it says of a row that is null means nothing. */
export type Numbers = Int8Array | Int16Array | Int32Array | BigInt64Array | Float32Array | Float64Array

const plainTypes = new Set([Type.Int, Type.Float, Type.Date, Type.Time, Type.Timestamp, Type.Duration])

/** One column of a batch. It reads the bytes that came, so whoever keeps it keeps the batch. */
export interface Column {
  readonly name: string
  readonly type: SparkType
  readonly isNull: (row: number) => boolean
  readonly get: (row: number) => Value
  /** Of numbers, dates, times and timestamps: all at once, without a copy. */
  readonly numbers: Numbers | undefined
}

/** Rows of a result, as many as the server sent together. */
export interface Batch {
  readonly rows: number
  /** In the order of the result; two may have the same name. */
  readonly columns: readonly Column[]
}

/** Makes what is needed of a column once somebody asks for it. */
class ArrowColumn implements Column {
  readonly name: string
  readonly type: SparkType
  readonly #data: Data
  #reader: Reader | undefined
  #nulls: ((row: number) => boolean) | undefined

  constructor({ name, type }: Field, data: Data) {
    this.name = name
    this.type = type
    this.#data = data
  }

  get isNull(): (row: number) => boolean {
    this.#nulls ??= nullsOf(this.#data)
    return this.#nulls
  }

  get get(): Reader {
    this.#reader ??= readerOf(this.#data)
    return this.#reader
  }

  get numbers(): Numbers | undefined {
    const { values, length, typeId } = this.#data
    return plainTypes.has(typeId) && values.length >= length ? (values.subarray(0, length) as Numbers) : undefined
  }
}

/** The batches in the bytes of one, which is one; `fields` are the result's columns. */
export function* batchesIn(bytes: Uint8Array, fields: readonly Field[]): Generator<Batch> {
  for (const { data, numRows } of arrowBatches(bytes)) {
    const columns = fields.map((field, at) => new ArrowColumn(field, data.children[at]))
    yield { rows: numRows, columns }
  }
}

/** The rows of a batch, by the names of the columns. */
export const rowsOf = ({ rows, columns }: Batch): Row[] =>
  Array.from({ length: rows }, (_, row) => Object.fromEntries(columns.map(({ name, get }) => [name, get(row)])))
