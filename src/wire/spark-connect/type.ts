import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { type DataType, DataTypeSchema } from './proto.ts'

/** Spark's types by the names that its SQL has for them. */
export type ScalarType =
  | 'binary'
  | 'boolean'
  | 'tinyint'
  | 'smallint'
  | 'int'
  | 'bigint'
  | 'float'
  | 'double'
  | 'string'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'timestamp_ntz'
  | 'interval'
  | 'interval year to month'
  | 'interval day to second'
  | 'variant'
  | 'void'

export type SparkType =
  | ScalarType
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  /** Text of a fixed or greatest length. */
  | { readonly kind: 'char' | 'varchar'; readonly length: number }
  | { readonly kind: 'array'; readonly of: SparkType; readonly nulls: boolean }
  | { readonly kind: 'map'; readonly key: SparkType; readonly value: SparkType; readonly nulls: boolean }
  | { readonly kind: 'struct'; readonly fields: readonly Field[] }
  /** A type of a library, such as Spark ML's vectors, by the name of its class; its values are those of `of`. */
  | { readonly kind: 'udt'; readonly name: string; readonly of: SparkType }
  /** One that this client does not know. */
  | { readonly kind: 'other'; readonly name: string }

/** A column, or a member of a struct. */
export interface Field {
  readonly name: string
  readonly type: SparkType
  readonly nullable: boolean
}

export const arrayOf = (of: SparkType, nulls = true): SparkType => ({ kind: 'array', of, nulls })

const scalars: Readonly<Record<string, ScalarType>> = {
  binary: 'binary',
  boolean: 'boolean',
  byte: 'tinyint',
  short: 'smallint',
  integer: 'int',
  long: 'bigint',
  float: 'float',
  double: 'double',
  string: 'string',
  date: 'date',
  time: 'time',
  timestamp: 'timestamp',
  timestampNtz: 'timestamp_ntz',
  calendarInterval: 'interval',
  yearMonthInterval: 'interval year to month',
  dayTimeInterval: 'interval day to second',
  variant: 'variant',
  null: 'void',
}

const fieldsIn = (of: DataType | undefined): readonly Field[] => (of?.kind.case === 'struct' ? fieldsOf(of) : [])

/** What the protocol says of a type. */
export const typeOf = (of: DataType | undefined): SparkType => {
  const kind = of?.kind
  switch (kind?.case) {
    case 'decimal':
      return { kind: 'decimal', precision: kind.value.precision ?? 10, scale: kind.value.scale ?? 0 }
    case 'char':
      return { kind: 'char', length: kind.value.length }
    case 'varChar':
      return { kind: 'varchar', length: kind.value.length }
    case 'array':
      return arrayOf(typeOf(kind.value.elementType), kind.value.containsNull)
    case 'map': {
      const { keyType, valueType, valueContainsNull: nulls } = kind.value
      return { kind: 'map', key: typeOf(keyType), value: typeOf(valueType), nulls }
    }
    case 'struct':
      return { kind: 'struct', fields: fieldsIn(of) }
    case 'udt':
      return { kind: 'udt', name: kind.value.jvmClass ?? kind.value.type, of: typeOf(kind.value.sqlType) }
    default:
      return scalars[kind?.case ?? ''] ?? { kind: 'other', name: kind?.case ?? 'unknown' }
  }
}

/** The columns that a schema says. */
export const fieldsOf = (schema: DataType | undefined): readonly Field[] => {
  if (schema?.kind.case !== 'struct') return []
  const { fields } = schema.kind.value as { fields: { name: string; dataType: DataType; nullable: boolean }[] }
  return fields.map(({ name, dataType, nullable }) => ({ name, type: typeOf(dataType), nullable }))
}

const kinds: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(scalars).map(([kind, name]) => [name, kind]),
)

type Init = NonNullable<MessageInitShape<typeof DataTypeSchema>['kind']>

const dataType = (kind: Init): DataType => create(DataTypeSchema, { kind })

/** A type as the protocol says it. */
export const dataTypeOf = (type: SparkType): DataType => {
  if (typeof type === 'string') return dataType({ case: kinds[type], value: {} } as Init)
  switch (type.kind) {
    case 'decimal':
      return dataType({ case: 'decimal', value: { precision: type.precision, scale: type.scale } })
    case 'char':
      return dataType({ case: 'char', value: { length: type.length } })
    case 'varchar':
      return dataType({ case: 'varChar', value: { length: type.length } })
    case 'array':
      return dataType({ case: 'array', value: { elementType: dataTypeOf(type.of), containsNull: type.nulls } })
    case 'map': {
      const [keyType, valueType] = [dataTypeOf(type.key), dataTypeOf(type.value)]
      return dataType({ case: 'map', value: { keyType, valueType, valueContainsNull: type.nulls } })
    }
    case 'struct': {
      const fields = type.fields.map(({ name, type: of, nullable }) => ({ name, dataType: dataTypeOf(of), nullable }))
      return dataType({ case: 'struct', value: { fields } })
    }
    case 'udt':
      return dataTypeOf(type.of)
    case 'other':
      return dataType({ case: 'unparsed', value: { dataTypeString: type.name } })
  }
}

/** A name as SQL takes it, whatever is in it. */
export const quoted = (name: string): string => '`' + name.replaceAll('`', '``') + '`'

/** A type as SQL writes it: `array<bigint>`. */
export const ddlOf = (type: SparkType): string => {
  if (typeof type === 'string') return type
  switch (type.kind) {
    case 'decimal':
      return `decimal(${type.precision},${type.scale})`
    case 'char':
    case 'varchar':
      return `${type.kind}(${type.length})`
    case 'array':
      return `array<${ddlOf(type.of)}>`
    case 'map':
      return `map<${ddlOf(type.key)},${ddlOf(type.value)}>`
    case 'struct':
      return `struct<${type.fields.map(({ name, type: of }) => `${quoted(name)}:${ddlOf(of)}`).join(',')}>`
    case 'udt':
      return ddlOf(type.of)
    case 'other':
      return type.name
  }
}

/** Columns as SQL declares them. */
export const ddlOfFields = (fields: readonly Field[]): string =>
  fields.map(({ name, type, nullable }) => `${quoted(name)} ${ddlOf(type)}${nullable ? '' : ' NOT NULL'}`).join(', ')
