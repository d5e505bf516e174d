/**
 * A value of Spark as plain JavaScript:
 *
 * | Spark | here |
 * | --- | --- |
 * | void, and every null | `null` |
 * | boolean | `boolean` |
 * | tinyint, smallint, int, float, double | `number` |
 * | bigint | `bigint` |
 * | decimal | `string`, with all digits of its scale: `'12.30'` |
 * | string, char, varchar | `string` |
 * | binary | `Uint8Array` |
 * | date | `number`: days since 1970-01-01 |
 * | time | `bigint`: nanoseconds since midnight |
 * | timestamp, timestamp_ntz | `bigint`: microseconds since 1970-01-01, in UTC or in no zone |
 * | interval year to month | `number`: months |
 * | interval day to second | `bigint`: microseconds |
 * | interval | `{ months, days, nanoseconds }` |
 * | array | an array |
 * | struct, and what is one below (vectors of ML, variant) | an object by the names of its members |
 * | map | a `Map` |
 */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Value[]
  | { readonly [name: string]: Value }
  | ReadonlyMap<Value, Value>

/** By the names of the columns. */
export type Row = Readonly<Record<string, Value>>
