/**
 * Tables of Hive that `consume --engine spark` fills and everybody reads. Rows come as Parquet files that are renamed
 * into a table's location; nothing is inserted.
 */

export interface HiveColumn {
  readonly name: string
  /** As Spark's SQL calls it, in lower case: `string`, `timestamp`, `bigint`. */
  readonly type: string
}

export interface HiveTable {
  /** Database and name. */
  readonly path: readonly [database: string, name: string]
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
  /** As `warehouse/schema.ts` has them: `<name>_openings` and so on, in the same database. */
  readonly openings: HiveTable
  readonly endings: HiveTable
  readonly rejected: HiveTable
  readonly clusters: HiveTable
  /** The table was there before us, with five columns of STRING, and is written so. */
  readonly isLegacy: boolean
}
