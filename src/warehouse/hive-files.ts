import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { compareUtf8 } from '../std/bytes.ts'
import { errnoOf, StreamError } from '../std/error.ts'
import { isOurs, isUnread } from './hive-layout.ts'
import { queryOn } from './query.ts'
import { type TableName, tableNames } from './schema.ts'
import { pathsOf, type Snapshot, type TableFiles } from './snapshot.ts'
import type { QueryOptions, QueryResult, Warehouse } from './warehouse.ts'

/** How often a statement is begun anew because a file that it was reading had become part of another. */
const attemptsMax = 4

/** Where the files of each table lie, as paths of this machine. */
export type HiveFolders = Readonly<Record<TableName, string>>

/** What another process of this machine reads the tables by. Plain data. */
export type HivePlace = { readonly folders: HiveFolders } | { readonly snapshot: Snapshot }

/** What it names stays at least until this is disposed of. */
export interface LentPlace extends AsyncDisposable {
  readonly place: HivePlace
}

/** Tables of Hive that are read without Hive and Spark, in the SQL of the embedded engine and with all of its views. */
export interface HiveFiles extends Pick<Warehouse, 'name' | 'query'>, AsyncDisposable {
  /** Codes of `query`, but for those of a statement. */
  lend(signal?: AbortSignal): Promise<LentPlace>
}

const unreadable = (folder: string, cause: unknown) =>
  new StreamError('warehouse/unreadable', `read "${folder}": ${errnoOf(cause) ?? cause}; check its permissions`, {
    cause,
  })

const filesIn = async (folder: string): Promise<TableFiles> => {
  const entries = await readdir(folder, { withFileTypes: true }).catch(error => {
    if (errnoOf(error) === 'ENOENT') return []
    throw unreadable(folder, error)
  })
  const names = entries.filter(entry => entry.isFile() && !isUnread(entry.name)).map(({ name }) => name)
  const [ours, others] = [names.filter(isOurs), names.filter(name => !isOurs(name))]
  const paths = (some: string[]) => some.sort(compareUtf8).map(name => join(folder, name))
  return { files: paths(ours), foreign: paths(others), tail: [] }
}

const snapshotOf = async (folders: HiveFolders): Promise<Snapshot> => {
  const entries = tableNames.map(async table => [table, await filesIn(folders[table])] as const)
  return { tables: Object.fromEntries(await Promise.all(entries)) as Snapshot['tables'], position: undefined }
}

/** Statements on what is there now. What DuckDB says of a file that has gone differs with the moment, so that is looked up. */
class Attempts {
  readonly #folders: HiveFolders
  #taken: readonly string[] = []
  #left = attemptsMax

  constructor(folders: HiveFolders) {
    this.#folders = folders
  }

  readonly take = async (): Promise<Snapshot> => {
    const snapshot = await snapshotOf(this.#folders)
    this.#taken = pathsOf(snapshot)
    return snapshot
  }

  /** Returns if it failed as files had gone, and may be tried anew. */
  afterFault(thrown: unknown): void {
    if (--this.#left === 0 || this.#taken.every(path => existsSync(path))) throw thrown
  }
}

const open = async (attempts: Attempts, sql: string, options?: QueryOptions): Promise<QueryResult> => {
  for (;;) {
    try {
      return await queryOn(attempts.take, sql, options)
    } catch (thrown) {
      attempts.afterFault(thrown)
    }
  }
}

/** A result that is begun anew, if a file goes before the first of its rows is there. */
class Result implements QueryResult {
  readonly columns: QueryResult['columns']
  readonly #again: () => Promise<QueryResult>
  readonly #attempts: Attempts
  #latest: QueryResult

  constructor(first: QueryResult, attempts: Attempts, again: () => Promise<QueryResult>) {
    this.columns = first.columns
    this.#latest = first
    this.#attempts = attempts
    this.#again = again
  }

  get rows(): QueryResult['rows'] {
    return this.#read()
  }

  async *#read(): AsyncGenerator<readonly (readonly unknown[])[]> {
    for (let isBegun = false; ; ) {
      try {
        for await (const some of this.#latest.rows) {
          isBegun = true
          yield some
        }
        return
      } catch (thrown) {
        if (isBegun) throw thrown
        this.#attempts.afterFault(thrown)
      }
      await this.#latest[Symbol.asyncDispose]()
      this.#latest = await this.#again()
    }
  }

  toParquet(path: string): Promise<number> {
    return this.#latest.toParquet(path)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#latest[Symbol.asyncDispose]()
  }
}

const run = async (folders: HiveFolders, sql: string, options?: QueryOptions): Promise<QueryResult> => {
  const attempts = new Attempts(folders)
  const again = () => open(attempts, sql, options)
  return new Result(await again(), attempts, again)
}

/**
 * Tables whose files lie on this machine. Each statement reads the files that are there when it starts. While small
 * files are merged it may miss their rows, as every reader of the table does; it never sees one twice.
 */
export const hiveFiles = (name: string, folders: HiveFolders): HiveFiles => ({
  name,
  query: (sql, options) => run(folders, sql, options),
  lend: async () => ({ place: { folders }, [Symbol.asyncDispose]: async () => {} }),
  [Symbol.asyncDispose]: async () => {},
})

/** The tables in a place that was lent. */
export const hiveAt = (place: HivePlace): Pick<Warehouse, 'query'> => ({
  query: (sql, options) =>
    'folders' in place ? run(place.folders, sql, options) : queryOn(async () => place.snapshot, sql, options),
})
