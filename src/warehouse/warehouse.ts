import type { Rows, Voice } from './rows.ts'

/**
 * A warehouse: tables that people query, and beside them all that whoever fills them needs to go on.
 *
 * Adapters: `memory` (the reference), `duckdb` (Parquet files, read by DuckDB) and, later, `hive`.
 */
export interface Warehouse {
  /** What a person calls it, for messages: `warehouse/`. */
  readonly name: string

  /**
   * The right to write, made if the warehouse is not there yet. Only one process has it at a time: a second one is
   * refused at once with code `warehouse/locked`. A place that cannot be written to is an error of code
   * `warehouse/unwritable`, one that holds something else of code `warehouse/foreign`.
   */
  writer(): Promise<WarehouseWriter>

  /** Where the last commit left off, without taking the right to write; none if nothing was ever committed. */
  committed(): Promise<Position | undefined>

  /**
   * Runs one statement that only reads, on what was committed when it starts; commits and rolls of others go on
   * meanwhile and are not seen. Codes: `warehouse/sql` for a bad statement, with the position of the fault;
   * `warehouse/refused` for one that would do anything but read the warehouse's tables; `warehouse/not-found` if
   * there is no warehouse; `warehouse/interrupted` after `signal`.
   */
  query(sql: string, options?: QueryOptions): Promise<QueryResult>
}

/** The next offset to read, by partition, as a topic gave it. */
export type Position = Readonly<Record<string, number>>

export interface QueryOptions {
  /** `$name` in the statement; values are text, and become what the statement needs. */
  readonly params?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

export interface Column {
  readonly name: string
  /** As SQL calls it: `VARCHAR`, `BIGINT`, `TIMESTAMP`, `STRUCT(…)`. */
  readonly type: string
}

export interface QueryResult extends AsyncDisposable {
  readonly columns: readonly Column[]
  /**
   * Rows as they come, many at a time, in columns' order. Values: null, boolean, string (exact, with NUL and a leading
   * byte-order mark), number (also for integers that are exact in a double), bigint (for others), Uint8Array (BLOB),
   * `Date`-free times as ISO 8601 text, arrays and plain objects for nested types.
   */
  readonly rows: AsyncIterable<readonly (readonly unknown[])[]>
  /** Instead of reading `rows`: all of them into a Parquet file that must not be there yet. Gives their number. */
  toParquet(path: string): Promise<number>
}

/** What a closing record says of its answer; a row of `endings`. */
export interface Ending extends Voice {
  readonly seq: number
  /** Microseconds since 1970. */
  readonly micros?: number | undefined
  readonly reason: string
  readonly chunks: number
  readonly bytes: number
  readonly sha256: string
  readonly partition: string
  readonly offset: number
}

/** What an answer's first record says beyond a row; a row of `openings`. */
export interface Opening extends Voice {
  readonly url?: string | undefined
  readonly file?: string | undefined
  readonly supersedes?: string | undefined
  /** Microseconds since 1970: when the stream was asked for, if the record says so. */
  readonly requestedMicros?: number | undefined
  readonly partition: string
  readonly offset: number
}

/** A record that became no row, and why; a row of `rejected`. */
export interface Rejected {
  readonly partition: string
  readonly offset: number
  readonly reason: string
  /** As it came. */
  readonly line: Uint8Array
}

/** One cluster of one model; a row of `clusters`. */
export interface ClusterRow {
  readonly model: number
  readonly cluster: number
  readonly change: string
  readonly parents: readonly number[]
  readonly label: string
  readonly terms: readonly string[]
  readonly size: number
  readonly share: number
  readonly windows: number
  readonly nearest: readonly {
    readonly destination_uri: string
    readonly response_id?: string | undefined
    readonly seq?: number | undefined
    readonly excerpt: string
  }[]
}

/** All that changes at once, or not at all. */
export interface Commit {
  /** Up to where the topic has been read, every partition that was ever read. */
  readonly position: Position
  readonly rows: Rows
  readonly openings?: readonly Opening[]
  readonly endings?: readonly Ending[]
  readonly rejected?: readonly Rejected[]
  readonly clusters?: readonly ClusterRow[]
  /** The first model: rows committed earlier that wait for window `n` get the cluster `clusterOf[n]`, as if they had come with it. */
  readonly fill?: { readonly model: number; readonly clusterOf: Int32Array }
  /** What the writer wants to find again; null removes. */
  readonly state?: ReadonlyMap<string, Uint8Array | null>
}

/** Asks for the text of a row. */
export interface RowKey {
  readonly destination_uri: string
  readonly response_id: string
  readonly seq: number
}

export interface WarehouseWriter extends AsyncDisposable {
  /** Of the last commit; none before the first one. */
  readonly position: Position | undefined

  /** From the last commit's `state` and all before it. */
  recall(key: string): Uint8Array | undefined
  /** All entries whose key starts with `prefix`, in byte order of their keys. */
  recallAll(prefix: string): Iterable<readonly [key: string, value: Uint8Array]>

  /**
   * Makes all of it durable and readable at once. Resolves once it survives a power cut; rejects with code
   * `warehouse/commit` if it does not, and then nothing of it is there, and the writer is of no more use. One at a
   * time: the next one waits for it. The rows may be changed again once it has resolved.
   *
   * Rows that wait for a window stay out of the public files until a commit has filled them.
   */
  commit(commit: Commit): Promise<void>

  /** Moves rows into the public files: those that are due by size or time, or, with `all`, every row that waits for nothing. */
  roll(options?: { readonly all?: boolean }): Promise<void>

  /** The texts of committed rows, in the order of the keys: where several rows have a key, the first one's; undefined where none has it. */
  texts(keys: readonly RowKey[]): Promise<(Buffer | undefined)[]>
  /** The same for `endings`. */
  endings(keys: readonly RowKey[]): Promise<(Ending | undefined)[]>

  /** Gives the right to write back. Safe to call twice. */
  [Symbol.asyncDispose](): Promise<void>
}
