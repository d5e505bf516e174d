/** The warehouse's tables as they lie in Parquet files, private and public ones. */

export type TableName = 'chunks_clustered' | 'openings' | 'endings' | 'rejected' | 'clusters'

export interface TableColumn {
  readonly name: string
  /** As DuckDB's SQL calls it. */
  readonly type: string
}

const columnsOf = (list: string): readonly TableColumn[] =>
  list
    .trim()
    .split('\n')
    .map(line => line.trim())
    .map(line => ({ name: line.slice(0, line.indexOf(' ')), type: line.slice(line.indexOf(' ') + 1) }))

/**
 * Columns in the order in which files have them. Times are instants (Parquet: `isAdjustedToUTC`), which Spark reads as
 * its TIMESTAMP, pyarrow as `timestamp[us, tz=UTC]`, and DuckDB as TIMESTAMPTZ, whatever the reader's own time zone.
 */
export const tables: Readonly<Record<TableName, readonly TableColumn[]>> = {
  chunks_clustered: columnsOf(`
    agent_id VARCHAR
    destination_uri VARCHAR
    event_time TIMESTAMPTZ
    chunk VARCHAR
    cluster INTEGER
    response_id VARCHAR
    seq BIGINT
    end_reason VARCHAR
    model INTEGER
    extra VARCHAR`),
  openings: columnsOf(`
    agent_id VARCHAR
    destination_uri VARCHAR
    response_id VARCHAR
    url VARCHAR
    file VARCHAR
    supersedes VARCHAR
    requested_time TIMESTAMPTZ
    partition VARCHAR
    topic_offset BIGINT`),
  endings: columnsOf(`
    agent_id VARCHAR
    destination_uri VARCHAR
    response_id VARCHAR
    seq BIGINT
    event_time TIMESTAMPTZ
    reason VARCHAR
    chunks BIGINT
    bytes BIGINT
    sha256 VARCHAR
    partition VARCHAR
    topic_offset BIGINT`),
  rejected: columnsOf(`
    partition VARCHAR
    topic_offset BIGINT
    reason VARCHAR
    line BLOB`),
  clusters: columnsOf(`
    model INTEGER
    cluster INTEGER
    change VARCHAR
    parents INTEGER[]
    label VARCHAR
    terms VARCHAR[]
    size BIGINT
    share DOUBLE
    windows BIGINT
    nearest STRUCT(destination_uri VARCHAR, response_id VARCHAR, seq BIGINT, excerpt VARCHAR)[]`),
}

export const tableNames = Object.keys(tables) as readonly TableName[]

/**
 * What files of `chunks_clustered` in the tail have beside the public columns: where a row came from, and the window
 * that it waits for (−1: none).
 */
export const privateColumns: readonly TableColumn[] = columnsOf(`
    _partition VARCHAR
    _offset BIGINT
    _waits_for INTEGER`)
