import { existsSync, statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { compareUtf8 } from '../std/bytes.ts'
import { errnoOf, reasonOf, StreamError } from '../std/error.ts'
import { orDamaged } from './faults.ts'
import { isOurs, isParquet, partPath, publicPath, stateDir, stateFile } from './layout.ts'
import { type TableName, tableNames } from './schema.ts'
import type { Position } from './warehouse.ts'

export type { TableName }

export interface TableFiles {
  /** Final: they stay as they are, and where they are. */
  readonly files: readonly string[]
  /** Parquet files in the table's folder that others put there: of other columns, perhaps all of them STRING. */
  readonly foreign: readonly string[]
  /**
   * Committed, but not final: any of them may be gone a moment later, when a newer snapshot has the same rows
   * elsewhere. Those of `chunks_clustered` may have `privateColumns` too, so name the columns that you read.
   */
  readonly tail: readonly string[]
}

/** All that was committed at one moment: each row is in exactly one of the files. */
export interface Snapshot {
  readonly tables: Readonly<Record<TableName, TableFiles>>
  /** None if nothing was ever committed. */
  readonly position: Position | undefined
}

/** All but the tail. */
export const pathsOf = ({ tables }: Snapshot): string[] =>
  Object.values(tables).flatMap(({ files, foreign }) => [...files, ...foreign])

interface Committed {
  readonly files: readonly { table: TableName; name: string; part: number | null }[]
  readonly parts: readonly { table: TableName; part: number }[]
  readonly position: Position | undefined
}

const nothing: Committed = { files: [], parts: [], position: undefined }

const unreadable = (path: string, cause: unknown) =>
  new StreamError('warehouse/unreadable', `read "${path}": ${reasonOf(cause)}; check its permissions and its disk`, {
    cause,
  })

const isEmpty = (path: string) => !existsSync(path) || statSync(path).size === 0

/** Without the right to write beside the file, SQLite opens it only as one that never changes; which it is, without a log. */
const openState = async (path: string) => {
  const { DatabaseSync } = await import('node:sqlite')
  const open = (from: string | URL) => {
    const database = new DatabaseSync(from, { readOnly: true, timeout: 5000 })
    database.exec('BEGIN; SELECT count(*) FROM sqlite_schema')
    return database
  }
  try {
    return open(path)
  } catch (error) {
    if (!isEmpty(`${path}-wal`)) throw error
    const { pathToFileURL } = await import('node:url')
    return open(new URL('?immutable=1', pathToFileURL(path)))
  }
}

const positionOf = (rows: readonly Record<string, unknown>[]): Position | undefined =>
  rows.length === 0 ? undefined : Object.fromEntries(rows.map(({ partition, next }) => [partition, next]))

const readCommitted = async (dir: string): Promise<Committed> => {
  const path = stateFile(dir)
  if (!existsSync(path)) return nothing
  try {
    using database = await openState(path)
    const all = (sql: string) => database.prepare(sql).all()
    if (all("SELECT 1 FROM sqlite_schema WHERE name = 'commits'").length === 0) return nothing
    const [{ commits }] = all('SELECT commits FROM commits') as { commits: number }[]
    return {
      files: all('SELECT "table", name, part FROM files ORDER BY number') as never,
      parts: all('SELECT "table", part FROM parts ORDER BY place, part') as never,
      position: commits === 0 ? undefined : (positionOf(all('SELECT partition, next FROM position')) ?? {}),
    }
  } catch (error) {
    const fault = orDamaged(path, error)
    throw fault === error ? unreadable(path, error) : fault
  }
}

/** Where the last commit left off; none if nothing was ever committed there. */
export const committedIn = async (dir: string): Promise<Position | undefined> => (await readCommitted(dir)).position

const foreignIn = async (dir: string, table: TableName): Promise<string[]> => {
  const folder = join(dir, table)
  const entries = await readdir(folder, { withFileTypes: true }).catch(error => {
    if (errnoOf(error) === 'ENOENT') return []
    throw unreadable(folder, error)
  })
  return entries
    .filter(entry => entry.isFile() && isParquet(entry.name) && !isOurs(entry.name))
    .map(({ name }) => name)
    .sort(compareUtf8)
    .map(name => join(folder, name))
}

const filesOf = async (dir: string, table: TableName, { files, parts }: Committed): Promise<TableFiles> => {
  const final: string[] = []
  const tail: string[] = []
  for (const { name, part } of files.filter(file => file.table === table)) {
    const path = publicPath(dir, table, name)
    if (part === null || existsSync(path)) final.push(path)
    else tail.push(partPath(dir, part))
  }
  for (const { part } of parts.filter(part => part.table === table)) tail.push(partPath(dir, part))
  return { files: final, foreign: table === 'chunks_clustered' ? await foreignIn(dir, table) : [], tail }
}

const refuseNothing = (dir: string) => {
  if (existsSync(stateDir(dir)) || existsSync(join(dir, 'chunks_clustered'))) return
  const message = `warehouse "${dir}": there is none; is the path right? "textstream consume" makes one`
  throw new StreamError('warehouse/not-found', message)
}

/** What the warehouse in a folder holds now. Code `warehouse/not-found` if there is none. */
export const readSnapshot = async (dir: string): Promise<Snapshot> => {
  refuseNothing(dir)
  const committed = await readCommitted(dir)
  const entries = tableNames.map(async table => [table, await filesOf(dir, table, committed)] as const)
  return { tables: Object.fromEntries(await Promise.all(entries)) as Snapshot['tables'], position: committed.position }
}
