import type { RowSet, Schema } from './hive-server.ts'
import type { Column } from './warehouse.ts'

/** Turns what the server sent for a value into one of ours. */
type Plain = (value: never) => unknown

/** A decimal of so many digits is what its double prints as. */
const exactDigitsMax = 15

interface Int64 {
  readonly buffer: Buffer
  readonly offset: number
}

const whole: Plain = ({ buffer, offset }: Int64) => {
  const value = buffer.readBigInt64BE(offset)
  return Number.isSafeInteger(Number(value)) ? Number(value) : value
}

/** `2026-11-23 08:37:04.1` → `2026-11-23T08:37:04.100000`. */
const timestamp: Plain = (text: string) => {
  const [, date, time, fraction = ''] = /^(\S+) (\d\d:\d\d:\d\d)(?:\.(\d+))?$/.exec(text) ?? []
  return date === undefined ? text : `${date}T${time}.${fraction.padEnd(6, '0')}`
}

const same: Plain = value => value

const single: Plain = (value: number) => Number(Math.fround(value).toPrecision(7))

/** Nested values come as JSON, but not always as good JSON: then as they are. */
const nested: Plain = (text: string) => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const bytes: Plain = (value: string | Buffer) =>
  typeof value === 'string' ? Buffer.from(value, 'latin1') : Uint8Array.from(value)

/** By the numbers that Thrift has for types. */
const kinds: readonly (readonly [type: string, plain: Plain])[] = [
  ['BOOLEAN', same],
  ['TINYINT', same],
  ['SMALLINT', same],
  ['INTEGER', same],
  ['BIGINT', whole],
  ['FLOAT', single],
  ['DOUBLE', same],
  ['VARCHAR', same],
  ['TIMESTAMP', timestamp],
  ['BLOB', bytes],
  ['ARRAY', nested],
  ['MAP', nested],
  ['STRUCT', nested],
  ['UNION', nested],
  ['OTHER', same],
  ['DECIMAL', same],
  ['NULL', same],
  ['DATE', same],
  ['VARCHAR', same],
  ['VARCHAR', same],
  ['INTERVAL', same],
  ['INTERVAL', same],
  ['TIMESTAMP WITH TIME ZONE', same],
]

interface Primitive {
  readonly type: number
  readonly typeQualifiers?: { readonly qualifiers: Readonly<Record<string, { readonly i32Value: number }>> } | null
}

const decimalOf = ({ typeQualifiers }: Primitive): readonly [string, Plain] => {
  const { precision, scale } = typeQualifiers?.qualifiers ?? {}
  const [width, digits] = [precision?.i32Value ?? 38, scale?.i32Value ?? 0]
  return [`DECIMAL(${width},${digits})`, width <= exactDigitsMax ? (text: string) => Number(text) : same]
}

/** How a column of a result is called, and read. */
export interface HiveReader extends Column {
  readonly plain: Plain
}

export const readersOf = ({ columns }: Schema): readonly HiveReader[] =>
  [...columns]
    .sort((a, b) => a.position - b.position)
    .map(({ columnName: name, typeDesc }) => {
      const primitive = typeDesc.types[0]?.primitiveEntry as unknown as Primitive | undefined
      const kind = kinds[primitive?.type ?? 7] ?? ['OTHER', same]
      const [type, plain] = kind[0] === 'DECIMAL' ? decimalOf(primitive!) : kind
      return { name, type, plain }
    })

interface Values {
  readonly values: readonly never[]
  readonly nulls: Buffer
}

const valuesOf = (column: object): Values =>
  Object.values(column).find(value => value !== null && value !== undefined) as Values

const isNull = (nulls: Buffer, row: number) => ((nulls[row >> 3] ?? 0) & (1 << (row & 7))) !== 0

/** Rows of what was fetched together. */
export const rowsIn = (readers: readonly HiveReader[], { columns }: RowSet): (readonly unknown[])[] => {
  const read = (columns ?? []).map(valuesOf)
  const count = read[0]?.values.length ?? 0
  return Array.from({ length: count }, (_, row) =>
    read.map(({ values, nulls }, at) => (isNull(nulls, row) ? null : readers[at].plain(values[row]))),
  )
}
