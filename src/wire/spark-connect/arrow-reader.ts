import { type Data, type Decimal, Type } from 'apache-arrow'
import type { Value } from './value.ts'

/** The value in a row of one column. */
export type Reader = (row: number) => Value

/** Whether a row of the column holds null. */
export const nullsOf = ({ nullBitmap, nullCount, offset }: Data): ((row: number) => boolean) => {
  if (nullCount === 0 || nullBitmap === undefined || nullBitmap.length === 0) return () => false
  return row => ((nullBitmap[(offset + row) >> 3] >> ((offset + row) & 7)) & 1) === 0
}

const bits = ({ values, offset }: Data): Reader => {
  const bytes = values as Uint8Array
  return row => ((bytes[(offset + row) >> 3] >> ((offset + row) & 7)) & 1) === 1
}

const plain = ({ values }: Data): Reader => {
  const numbers = values as Int32Array | BigInt64Array
  return row => numbers[row]
}

type Offsets = { readonly [row: number]: number | bigint }

const texts = ({ values, valueOffsets }: Data): Reader => {
  const { buffer, byteOffset, byteLength } = values as Uint8Array
  // Not a TextDecoder: that takes three times as long, and drops a leading byte-order mark.
  const bytes = Buffer.from(buffer, byteOffset, byteLength)
  const ends = valueOffsets as Offsets
  return row => bytes.toString('utf8', Number(ends[row]), Number(ends[row + 1]))
}

/** Copies: a few bytes that somebody keeps should not keep the batch. */
const binaries = ({ values, valueOffsets }: Data): Reader => {
  const ends = valueOffsets as Offsets
  return row => (values as Uint8Array).slice(Number(ends[row]), Number(ends[row + 1]))
}

const decimalText = (unscaled: bigint, scale: number): string => {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0')
  const point = digits.length - scale
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, point)}${scale > 0 ? `.${digits.slice(point)}` : ''}`
}

const decimals = ({ type, values }: Data): Reader => {
  const { buffer, byteOffset } = values as Uint32Array
  const words = new DataView(buffer, byteOffset)
  const { scale } = type as Decimal
  return row => decimalText((words.getBigInt64(row * 16 + 8, true) << 64n) | words.getBigUint64(row * 16, true), scale)
}

const intervals = (data: Data): Reader => {
  const { buffer, byteOffset, length } = data.values as Int32Array
  if (length < data.length * 4) return plain(data)
  const parts = new DataView(buffer, byteOffset)
  return row => ({
    months: parts.getInt32(row * 16, true),
    days: parts.getInt32(row * 16 + 4, true),
    nanoseconds: parts.getBigInt64(row * 16 + 8, true),
  })
}

function* between(read: Reader, from: number, to: number): Generator<Value> {
  for (let row = from; row < to; row++) yield read(row)
}

const lists = ({ children, valueOffsets }: Data): Reader => {
  const item = readerOf(children[0])
  const ends = valueOffsets as Int32Array
  return row => [...between(item, ends[row], ends[row + 1])]
}

const maps = ({ children: [entries], valueOffsets }: Data): Reader => {
  const [key, value] = entries.children.map(readerOf)
  const ends = valueOffsets as Int32Array
  const entry = (row: number) => [key(row), value(row)] as const
  return row => new Map(Array.from({ length: ends[row + 1] - ends[row] }, (_, i) => entry(ends[row] + i)))
}

const structs = ({ type, children }: Data): Reader => {
  const names = type.children.map(({ name }: { name: string }) => name)
  const readers = children.map(readerOf)
  return row => Object.fromEntries(readers.map((read, at) => [names[at], read(row)]))
}

const kinds: Readonly<Partial<Record<Type, (data: Data) => Reader>>> = {
  [Type.Null]: () => () => null,
  [Type.Bool]: bits,
  [Type.Int]: plain,
  [Type.Float]: plain,
  [Type.Utf8]: texts,
  [Type.LargeUtf8]: texts,
  [Type.Binary]: binaries,
  [Type.LargeBinary]: binaries,
  [Type.Decimal]: decimals,
  [Type.Date]: plain,
  [Type.Time]: plain,
  [Type.Timestamp]: plain,
  [Type.Duration]: plain,
  [Type.Interval]: intervals,
  [Type.List]: lists,
  [Type.Map]: maps,
  [Type.Struct]: structs,
}

/** Reads a column as it lies in the bytes that came; a value is made when it is asked for. */
export const readerOf = (data: Data): Reader => {
  const kind = kinds[data.typeId]
  if (kind === undefined) throw new Error(`bug: Spark sent a column of the Arrow type "${data.type}"`)
  const read = kind(data)
  const isNull = nullsOf(data)
  return data.nullCount === 0 ? read : row => (isNull(row) ? null : read(row))
}
