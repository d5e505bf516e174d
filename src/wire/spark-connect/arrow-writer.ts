import {
  Field as ArrowField,
  Binary,
  Bool,
  type Data,
  type DataType,
  DateDay,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  List,
  makeData,
  TimestampMicrosecond,
  Utf8,
} from 'apache-arrow'
import { StreamError } from '../../std/error.ts'
import { ddlOf, type SparkType } from './type.ts'
import type { Value } from './value.ts'

/** Values of one column, a row each. */
export type Values = ArrayLike<Value>

const usage = (message: string) => new StreamError('spark/usage', message)

const unfit = (value: Value, type: SparkType) => usage(`${String(value)} is no ${ddlOf(type)}`)

interface Nulls {
  readonly nullCount: number
  readonly nullBitmap?: Uint8Array
}

const nullsIn = (values: Values, from: number, to: number): Nulls => {
  if (ArrayBuffer.isView(values)) return { nullCount: 0 }
  const nullBitmap = new Uint8Array((to - from + 7) >> 3)
  let nullCount = 0
  for (let row = from; row < to; row++) {
    if (values[row] === null) nullCount++
    else nullBitmap[(row - from) >> 3] |= 1 << ((row - from) & 7)
  }
  return nullCount === 0 ? { nullCount } : { nullCount, nullBitmap }
}

type Make = (values: Values, from: number, to: number) => Data

type NumberArray = Int8Array | Int16Array | Int32Array | Float32Array | Float64Array
type NumberArrayOf = new (of: number) => NumberArray

/** A typed array stores another number where one does not fit, and says nothing. */
const numbers = (type: SparkType, arrow: () => DataType, ArrayOf: NumberArrayOf): Make => {
  const isWhole = !ArrayOf.name.startsWith('Float')
  return (values, from, to) => {
    const length = to - from
    if (values instanceof ArrayOf)
      return makeData({ type: arrow() as Int32, length, data: values.subarray(from, to) as Int32Array })
    const data = new ArrayOf(length)
    for (let row = from; row < to; row++) {
      const value = values[row]
      if (value === null) continue
      data[row - from] = value as number
      if (typeof value !== 'number' || (isWhole && data[row - from] !== value)) throw unfit(value, type)
    }
    return makeData({ type: arrow() as Int32, length, data: data as Int32Array, ...nullsIn(values, from, to) })
  }
}

const longs =
  (type: SparkType, arrow: () => DataType): Make =>
  (values, from, to) => {
    const length = to - from
    if (values instanceof BigInt64Array)
      return makeData({ type: arrow() as Int64, length, data: values.subarray(from, to) })
    const data = new BigInt64Array(length)
    for (let row = from; row < to; row++) {
      const value = values[row]
      if (value === null) continue
      if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) throw unfit(value, type)
      data[row - from] = value
    }
    return makeData({ type: arrow() as Int64, length, data, ...nullsIn(values, from, to) })
  }

const booleans: Make = (values, from, to) => {
  const data = new Uint8Array((to - from + 7) >> 3)
  for (let row = from; row < to; row++) if (values[row] === true) data[(row - from) >> 3] |= 1 << ((row - from) & 7)
  return makeData({ type: new Bool(), length: to - from, data, ...nullsIn(values, from, to) })
}

const strings: Make = (values, from, to) => {
  const valueOffsets = new Int32Array(to - from + 1)
  for (let row = from; row < to; row++) {
    const value = values[row]
    if (value !== null && typeof value !== 'string') throw unfit(value, 'string')
    valueOffsets[row - from + 1] = valueOffsets[row - from] + (value === null ? 0 : Buffer.byteLength(value))
  }
  const data = Buffer.allocUnsafeSlow(valueOffsets[to - from])
  for (let row = from; row < to; row++)
    if (values[row] !== null) data.write(values[row] as string, valueOffsets[row - from])
  return makeData({ type: new Utf8(), length: to - from, valueOffsets, data, ...nullsIn(values, from, to) })
}

const binaries: Make = (values, from, to) => {
  const valueOffsets = new Int32Array(to - from + 1)
  const parts: Uint8Array[] = []
  for (let row = from; row < to; row++) {
    const value = values[row]
    if (value !== null && !(value instanceof Uint8Array)) throw unfit(value, 'binary')
    if (value !== null) parts.push(value)
    valueOffsets[row - from + 1] = valueOffsets[row - from] + (value?.byteLength ?? 0)
  }
  const data = Buffer.concat(parts)
  return makeData({ type: new Binary(), length: to - from, valueOffsets, data, ...nullsIn(values, from, to) })
}

const lists = (type: SparkType, of: SparkType): Make => {
  const item = makeOf(of)
  return (values, from, to) => {
    const valueOffsets = new Int32Array(to - from + 1)
    const items: Value[] = []
    for (let row = from; row < to; row++) {
      const value = values[row]
      if (value !== null && !Array.isArray(value)) throw unfit(value, type)
      for (const one of (value ?? []) as readonly Value[]) items.push(one)
      valueOffsets[row - from + 1] = items.length
    }
    const child = item(items, 0, items.length)
    const list = new List(new ArrowField('element', child.type, true))
    return makeData({ type: list, length: to - from, valueOffsets, child, ...nullsIn(values, from, to) })
  }
}

const utc = () => new TimestampMicrosecond('UTC')

const makers: Readonly<Record<string, Make>> = {
  binary: binaries,
  boolean: booleans,
  tinyint: numbers('tinyint', () => new Int8(), Int8Array),
  smallint: numbers('smallint', () => new Int16(), Int16Array),
  int: numbers('int', () => new Int32(), Int32Array),
  bigint: longs('bigint', () => new Int64()),
  float: numbers('float', () => new Float32(), Float32Array),
  double: numbers('double', () => new Float64(), Float64Array),
  string: strings,
  date: numbers('date', () => new DateDay(), Int32Array),
  timestamp: longs('timestamp', utc),
  timestamp_ntz: longs('timestamp_ntz', () => new TimestampMicrosecond(null)),
}

/** Throws `spark/usage` for types that cannot be sent: all but arrays of, and these themselves, what `makers` names. */
export const makeOf = (type: SparkType): Make => {
  const make = typeof type === 'string' ? makers[type] : type.kind === 'array' ? lists(type, type.of) : undefined
  if (make !== undefined) return make
  throw usage(`local rows of the type ${ddlOf(type)} cannot be sent; send text, and cast it`)
}
