import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { StreamError } from '../../std/error.ts'
import { type Literal, LiteralSchema } from './proto.ts'
import { dataTypeOf, type SparkType } from './type.ts'

const usage = (message: string) => new StreamError('spark/usage', message)

const whole = (value: number, bits: 8 | 16 | 32, type: string): number => {
  const limit = 2 ** (bits - 1)
  if (Number.isInteger(value) && value >= -limit && value < limit) return value
  throw usage(`${value} is no ${type}`)
}

const long = (value: bigint, type: string): bigint => {
  if (BigInt.asIntN(64, value) === value) return value
  throw usage(`${value} is no ${type}`)
}

type Init = NonNullable<MessageInitShape<typeof LiteralSchema>['literalType']>

const literal = (literalType: Init): Literal => Object.freeze(create(LiteralSchema, { literalType }))

/**
 * Values with their types, for parameters and expressions. They go to the server beside the statement, never in it.
 * Throws `spark/usage` for what the type cannot hold.
 */
export const lit = {
  null: (type: SparkType): Literal => literal({ case: 'null', value: dataTypeOf(type) }),
  boolean: (value: boolean): Literal => literal({ case: 'boolean', value }),
  tinyint: (value: number): Literal => literal({ case: 'byte', value: whole(value, 8, 'tinyint') }),
  smallint: (value: number): Literal => literal({ case: 'short', value: whole(value, 16, 'smallint') }),
  int: (value: number): Literal => literal({ case: 'integer', value: whole(value, 32, 'int') }),
  bigint: (value: bigint): Literal => literal({ case: 'long', value: long(value, 'bigint') }),
  float: (value: number): Literal => literal({ case: 'float', value }),
  double: (value: number): Literal => literal({ case: 'double', value }),
  /** Digits, with a point: `'12.30'`. */
  decimal: (value: string, precision: number, scale: number): Literal => {
    if (!/^-?\d+(?:\.\d+)?$/.test(value)) throw usage(`${JSON.stringify(value)} is no decimal; write it as -12.30`)
    return literal({ case: 'decimal', value: { value, precision, scale } })
  },
  string: (value: string): Literal => literal({ case: 'string', value }),
  binary: (value: Uint8Array): Literal => literal({ case: 'binary', value }),
  /** Days since 1970-01-01. */
  date: (days: number): Literal => literal({ case: 'date', value: whole(days, 32, 'date') }),
  /** Microseconds since 1970-01-01 UTC. */
  timestamp: (micros: bigint): Literal => literal({ case: 'timestamp', value: long(micros, 'timestamp') }),
  /** Microseconds since 1970-01-01, in no zone. */
  timestampNtz: (micros: bigint): Literal => literal({ case: 'timestampNtz', value: long(micros, 'timestamp_ntz') }),
  /** Of items that are all of the one type, or null. */
  array: (of: SparkType, items: readonly Literal[]): Literal =>
    literal({ case: 'array', value: { elementType: dataTypeOf(of), elements: [...items] } }),
}
