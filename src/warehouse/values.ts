import { createRequire } from 'node:module'
import type {
  DuckDBArrayType,
  DuckDBArrayValue,
  DuckDBBlobValue,
  DuckDBBlobVector,
  DuckDBDataChunk,
  DuckDBDecimalType,
  DuckDBDecimalValue,
  DuckDBListType,
  DuckDBListValue,
  DuckDBMapType,
  DuckDBStructType,
  DuckDBStructValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBType,
  DuckDBUnionType,
  DuckDBUnionValue,
  DuckDBValue,
  DuckDBVector,
} from '@duckdb/node-api'
import { asBuffer } from '../std/bytes.ts'
import { isoMicros } from '../std/clock.ts'

type DuckDB = typeof import('@duckdb/node-api')

/** A decimal of so many digits is what its double prints as. */
const exactDigitsMax = 15

/** Turns a value as the physical type has it into one of ours. */
type Plain = (value: DuckDBValue) => unknown

const textOf = (bytes: Uint8Array) => asBuffer(bytes).toString()

/**
 * The type as which a column's memory is read: text as bytes, as DuckDB's binding would drop a byte-order mark; members
 * by their place, as their names may be empty, alike, or `__proto__`.
 */
export const physicalType = (duckdb: DuckDB, type: DuckDBType): DuckDBType => {
  const { DuckDBTypeId: id, LIST, ARRAY, DuckDBStructType, DuckDBUnionType } = duckdb
  const physical = (type: DuckDBType) => physicalType(duckdb, type)
  const struct = (types: readonly DuckDBType[]) => new DuckDBStructType(Object.keys(types), types.map(physical))
  switch (type.typeId) {
    case id.VARCHAR:
      return duckdb.BLOB
    case id.LIST:
      return LIST(physical((type as DuckDBListType).valueType))
    case id.ARRAY:
      return ARRAY(physical((type as DuckDBArrayType).valueType), (type as DuckDBArrayType).length)
    case id.STRUCT:
      return struct((type as DuckDBStructType).entryTypes)
    case id.MAP:
      return LIST(struct([(type as DuckDBMapType).keyType, (type as DuckDBMapType).valueType]))
    case id.UNION: {
      const { memberTags, memberTypes } = type as DuckDBUnionType
      return new DuckDBUnionType(memberTags, memberTypes.map(physical))
    }
    default:
      return type
  }
}

const orNull =
  (plain: Plain): Plain =>
  value =>
    value === null ? null : plain(value)

const whole: Plain = value => (Number.isSafeInteger(Number(value)) ? Number(value) : value)

/** The shortest number that is this one in single precision. */
const single: Plain = value => {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number((value as number).toPrecision(digits))
    if (Math.fround(short) === value) return short
  }
  return value
}

const decimal =
  (width: number): Plain =>
  value => {
    const text = (value as DuckDBDecimalValue).toString()
    return width <= exactDigitsMax ? Number(text) : text
  }

/** Micros since 1970 as ISO 8601 in UTC, without a zone; a year that has more than four digits, or infinity, as DuckDB writes it. */
const isoOf = (micros: bigint, other: { toString(): string }): string =>
  Number.isSafeInteger(Number(micros)) ? isoMicros(Number(micros)).slice(0, -1) : other.toString()

const timestamp: Plain = value => isoOf((value as DuckDBTimestampValue).micros, value as DuckDBTimestampValue)

const timestampTz: Plain = value => {
  const { micros } = value as DuckDBTimestampTZValue
  return Number.isSafeInteger(Number(micros)) ? isoMicros(Number(micros)) : String(value)
}

const timestampS: Plain = value =>
  isoOf((value as DuckDBTimestampSecondsValue).seconds * 1_000_000n, value as DuckDBTimestampSecondsValue)

const timestampMs: Plain = value =>
  isoOf((value as DuckDBTimestampMillisecondsValue).millis * 1000n, value as DuckDBTimestampMillisecondsValue)

const timestampNs: Plain = value => {
  const { nanos } = value as DuckDBTimestampNanosecondsValue
  const inMicro = ((nanos % 1000n) + 1000n) % 1000n
  return isoOf((nanos - inMicro) / 1000n, value as object) + String(inMicro).padStart(3, '0')
}

const list = (plain: Plain): Plain => {
  return value => (value as DuckDBListValue | DuckDBArrayValue).items.map(plain)
}

const entriesOf = (value: DuckDBValue, plains: readonly Plain[]) => {
  const { entries } = value as DuckDBStructValue
  return plains.map((plain, i) => plain(entries[i]))
}

/** Members without names, or of one name, are an array. */
const struct = (names: readonly string[], plains: readonly Plain[]): Plain => {
  const isNamed = !names.includes('') && new Set(names).size === names.length
  if (!isNamed) return value => entriesOf(value, plains)
  return value => {
    const members = entriesOf(value, plains)
    return Object.fromEntries(names.map((name, i) => [name, members[i]]))
  }
}

/** With texts as keys it is an object, otherwise a list of `key` and `value`. */
const map = (isText: boolean, plains: readonly [Plain, Plain]): Plain => {
  const pairsOf = (value: DuckDBValue) => (value as DuckDBListValue).items.map(pair => entriesOf(pair, plains))
  if (isText) return value => Object.fromEntries(pairsOf(value) as [string, unknown][])
  return value => pairsOf(value).map(([key, value]) => ({ key, value }))
}

const union = (tags: readonly string[], plains: readonly Plain[]): Plain => {
  return value => {
    const { tag, value: member } = value as DuckDBUnionValue
    return plains[tags.indexOf(tag)](member)
  }
}

const plainNested = (duckdb: DuckDB, type: DuckDBType): Plain | undefined => {
  const { DuckDBTypeId: id } = duckdb
  const plain = (type: DuckDBType) => plainOf(duckdb, type)
  switch (type.typeId) {
    case id.LIST:
    case id.ARRAY:
      return list(plain((type as DuckDBListType | DuckDBArrayType).valueType))
    case id.STRUCT:
      return struct((type as DuckDBStructType).entryNames, (type as DuckDBStructType).entryTypes.map(plain))
    case id.MAP: {
      const { keyType, valueType } = type as DuckDBMapType
      return map(keyType.typeId === id.VARCHAR, [plain(keyType), plain(valueType)])
    }
    case id.UNION:
      return union((type as DuckDBUnionType).memberTags, (type as DuckDBUnionType).memberTypes.map(plain))
    default:
      return undefined
  }
}

const plainFlat = (duckdb: DuckDB, type: DuckDBType): Plain => {
  const { DuckDBTypeId: id } = duckdb
  switch (type.typeId) {
    case id.VARCHAR:
      return value => textOf((value as DuckDBBlobValue).bytes)
    case id.BLOB:
      return value => Uint8Array.from((value as DuckDBBlobValue).bytes)
    case id.FLOAT:
      return single
    case id.DECIMAL:
      return decimal((type as DuckDBDecimalType).width)
    case id.TIMESTAMP:
      return timestamp
    case id.TIMESTAMP_TZ:
      return timestampTz
    case id.TIMESTAMP_S:
      return timestampS
    case id.TIMESTAMP_MS:
      return timestampMs
    case id.TIMESTAMP_NS:
      return timestampNs
    default:
      return value => (typeof value === 'bigint' ? whole(value) : typeof value === 'object' ? String(value) : value)
  }
}

const plainOf = (duckdb: DuckDB, type: DuckDBType): Plain =>
  orNull(plainNested(duckdb, type) ?? plainFlat(duckdb, type))

/** How a column of a result is read. */
export interface Reader {
  readonly physical: DuckDBType
  readonly isText: boolean
  readonly plain: Plain
}

export const readerOf = (duckdb: DuckDB, type: DuckDBType): Reader => ({
  physical: physicalType(duckdb, type),
  isText: type.typeId === duckdb.DuckDBTypeId.VARCHAR,
  plain: plainOf(duckdb, type),
})

export type Row = readonly unknown[]

type VectorOf = (column: number, physical: DuckDBType) => DuckDBVector

/** The binding's own way to a column, as node-api leaves no other to read it as another type. */
const vectorsOf = (duckdb: DuckDB, chunk: DuckDBDataChunk): VectorOf => {
  const { data_chunk_get_vector } = createRequire(import.meta.resolve('@duckdb/node-api'))('@duckdb/node-bindings')
  return (column, physical) =>
    duckdb.DuckDBVector.create(data_chunk_get_vector(chunk.chunk, column), chunk.rowCount, physical)
}

/** Reads rows of a part of a result by their number. */
export const rowsOf = (duckdb: DuckDB, readers: readonly Reader[], chunk: DuckDBDataChunk): ((row: number) => Row) => {
  const vectorOf = vectorsOf(duckdb, chunk)
  const columns = readers.map(({ physical, isText, plain }, column) => {
    const vector = vectorOf(column, physical)
    if (!isText) return (row: number) => plain(vector.getItem(row))
    return (row: number) => {
      const bytes = (vector as DuckDBBlobVector).getItemBytes(row)
      return bytes === null ? null : textOf(bytes)
    }
  })
  return row => columns.map(column => column(row))
}
