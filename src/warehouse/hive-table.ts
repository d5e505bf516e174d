import type { HiveName } from './hive-name.ts'

export interface HiveColumn {
  readonly name: string
  /** As Spark's SQL calls it, in lower case: `string`, `timestamp`, `bigint`. */
  readonly type: string
}

export interface HiveTable {
  readonly path: HiveName
  /** A URL: `file:/…`, `hdfs://host:port/…`. */
  readonly location: string
  /** In the order of the table. */
  readonly columns: readonly HiveColumn[]
}

export interface HiveTables {
  /**
   * The five first: agent_id, destination_uri, event_time, chunk, cluster; then response_id, seq, end_reason, model,
   * extra; then those of the schema file that are none of these.
   */
  readonly chunks: HiveTable
  /** As `warehouse/schema.ts` has them, in the same database: `openings`, or `<name>_openings` beside a table of another name. */
  readonly openings: HiveTable
  readonly endings: HiveTable
  readonly rejected: HiveTable
  readonly clusters: HiveTable
  /** The table was there before us, with five columns of STRING, and is written so. */
  readonly isLegacy: boolean
}
