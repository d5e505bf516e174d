import { expressionOf, type Term } from './expression.ts'
import type { Expression, Relation } from './proto.ts'
import { type Options, relation } from './relation.ts'
import { quoted } from './type.ts'

/** Parameters of a statement by name (`:id`), or in the order of its `?`. */
export type Parameters = Readonly<Record<string, Term>> | readonly Term[]

const isOrdered = (parameters: Parameters): parameters is readonly Term[] => Array.isArray(parameters)

const byName = (parameters: Readonly<Record<string, Term>>): Record<string, Expression> =>
  Object.fromEntries(Object.entries(parameters).map(([name, term]) => [name, expressionOf(term)]))

/**
 * What a statement answers. Values go in as parameters, which are a `lit`; names of tables and columns too:
 * `IDENTIFIER(:name)`. A statement that changes something belongs in `runSql`.
 */
export const sql = (query: string, parameters: Parameters = []): Relation =>
  isOrdered(parameters)
    ? relation({ case: 'sql', value: { query, posArguments: parameters.map(expressionOf) } })
    : relation({ case: 'sql', value: { query, namedArguments: byName(parameters) } })

/** A table or view by its name, or below its namespaces: `table('logs', 'chunks')`. */
export const table = (...path: readonly string[]): Relation => {
  const unparsedIdentifier = path.map(quoted).join('.')
  return relation({ case: 'read', value: { readType: { case: 'namedTable', value: { unparsedIdentifier } } } })
}

export interface Source {
  /** Such as `parquet` or `json`. */
  readonly format: string
  readonly options?: Options
  readonly paths?: readonly string[]
  /** Columns as SQL declares them; absent: as Spark finds them. */
  readonly schema?: string
}

export const read = ({ format, options = {}, paths = [], schema }: Source): Relation => {
  const value = { format, options, paths: [...paths], ...(schema !== undefined && { schema }) }
  return relation({ case: 'read', value: { readType: { case: 'dataSource', value } } })
}

/** The numbers from `start` on, below `end`, as the column `id` of the type bigint. */
export const range = (start: bigint, end: bigint, { step = 1n, partitions = 0 } = {}): Relation =>
  relation({ case: 'range', value: { start, end, step, ...(partitions > 0 && { numPartitions: partitions }) } })

/** An offset for each partition, by its number. */
export type KafkaOffsets = Readonly<Record<number, number | bigint>>

export interface KafkaRange {
  /** `host:port`, several with commas between. */
  readonly brokers: string
  readonly topic: string
  /** The first record of each partition, and the one behind the last. Both name the same partitions. */
  readonly from: KafkaOffsets
  readonly to: KafkaOffsets
  /** Of the client that Spark reads with, such as `kafka.security.protocol`; or of its source. */
  readonly options?: Options
}

/** As Spark's source wants it. By hand, since JSON has no bigint. */
const offsetsJson = (topic: string, offsets: KafkaOffsets): string => {
  const members = Object.entries(offsets).map(([partition, offset]) => `"${partition}":${offset}`)
  return `{${JSON.stringify(topic)}:{${members.join(',')}}}`
}

/**
 * The records of a topic between offsets, with the columns key, value, topic, partition, offset, timestamp,
 * timestampType. Records that are gone fail the query, and those of transactions that were given up are left out, unless
 * the options say otherwise. The server needs Spark's Kafka source.
 */
export const kafkaRange = ({ brokers, topic, from, to, options }: KafkaRange): Relation =>
  read({
    format: 'kafka',
    options: {
      failOnDataLoss: 'true',
      'kafka.isolation.level': 'read_committed',
      ...options,
      'kafka.bootstrap.servers': brokers,
      assign: `{${JSON.stringify(topic)}:[${Object.keys(from).join(',')}]}`,
      startingOffsets: offsetsJson(topic, from),
      endingOffsets: offsetsJson(topic, to),
    },
  })
