import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { compareUtf8 } from '../std/bytes.ts'
import { errnoOf, StreamError } from '../std/error.ts'
import { queryOn } from './query.ts'
import { type TableName, tableNames } from './schema.ts'
import type { Snapshot, TableFiles } from './snapshot.ts'
import { isMissingFile } from './sql-error.ts'
import type { QueryOptions, QueryResult, Warehouse } from './warehouse.ts'

/** How often a statement is begun anew because a file that it was reading had become part of another. */
const attemptsMax = 4

/** Where the files of each table lie, as paths of this machine. */
export type HiveFolders = Readonly<Record<TableName, string>>

/** Names that `consume --engine spark` gives; other files of a table may have other columns, or other types. */
const isOurs = (name: string) => /^(?:batch|merged)-\d{10,}-\d+\.parquet$/.test(name)
/** Neither Hive nor Spark reads these. */
const isHidden = (name: string) => /^[._]/.test(name)

const unreadable = (folder: string, cause: unknown) =>
  new StreamError('warehouse/unreadable', `read "${folder}": ${errnoOf(cause) ?? cause}; check its permissions`, {
    cause,
  })

const filesIn = async (folder: string): Promise<TableFiles> => {
  const entries = await readdir(folder, { withFileTypes: true }).catch(error => {
    if (errnoOf(error) === 'ENOENT') return []
    throw unreadable(folder, error)
  })
  const names = entries.filter(entry => entry.isFile() && !isHidden(entry.name)).map(({ name }) => name)
  const [ours, others] = [names.filter(isOurs), names.filter(name => !isOurs(name))]
  const paths = (some: string[]) => some.sort(compareUtf8).map(name => join(folder, name))
  return { files: paths(ours), foreign: paths(others), tail: [] }
}

const snapshotOf = async (folders: HiveFolders): Promise<Snapshot> => {
  const entries = tableNames.map(async table => [table, await filesIn(folders[table])] as const)
  return { tables: Object.fromEntries(await Promise.all(entries)) as Snapshot['tables'], position: undefined }
}

const isMoved = (thrown: unknown) =>
  isMissingFile(thrown) || (thrown instanceof StreamError && thrown.cause !== undefined && isMissingFile(thrown.cause))

/** The rows of a result; of one that is begun anew, if a file goes before the first of them is there. */
async function* rowsOf(first: QueryResult, again: () => Promise<QueryResult>): QueryResult['rows'] {
  let result = first
  for (let attempt = 1; ; attempt++) {
    let isBegun = false
    try {
      for await (const some of result.rows) {
        isBegun = true
        yield some
      }
      return
    } catch (thrown) {
      if (isBegun || attempt === attemptsMax || !isMoved(thrown)) throw thrown
    }
    result = await again()
  }
}

const run = async (folders: HiveFolders, sql: string, options?: QueryOptions): Promise<QueryResult> => {
  const open = () => queryOn(() => snapshotOf(folders), sql, options)
  const first = await open()
  let latest = first
  const again = async () => {
    await latest[Symbol.asyncDispose]()
    latest = await open()
    return latest
  }
  return {
    columns: first.columns,
    rows: rowsOf(first, again),
    toParquet: path => first.toParquet(path),
    [Symbol.asyncDispose]: () => latest[Symbol.asyncDispose](),
  }
}

/**
 * Tables of Hive whose files lie on this machine, read without Hive and Spark, in the SQL of the embedded engine and
 * with all of its views. Each statement reads the files that are there when it starts. While small files are merged it
 * may miss their rows, as every reader of the table does; it never sees one twice.
 */
export const hiveFiles = (name: string, folders: HiveFolders): Pick<Warehouse, 'name' | 'query'> => ({
  name,
  query: (sql, options) => run(folders, sql, options),
})
