import { readForeign } from './foreign.ts'
import type { Sandbox } from './sandbox.ts'
import { type TableColumn, type TableName, tableNames, tables } from './schema.ts'
import type { Snapshot, TableFiles } from './snapshot.ts'
import { readFiles } from './sql.ts'
import type { Reads } from './statement.ts'
import { isKnown, readsOf, viewsOf } from './views.ts'

const names = (columns: readonly TableColumn[]) => columns.map(({ name }) => `"${name}"`).join(', ')

/** No rows, of the right columns. */
const shapeOf = (columns: readonly TableColumn[], where: string) =>
  `SELECT ${columns.map(({ name, type }) => `NULL::${type} AS "${name}"`).join(', ')} WHERE ${where}`

/** For who only wants to know the columns. To read it would be a mistake of ours, so that fails. */
const unread = `error('bug: a table was read that was not opened')::BOOLEAN`

/** Rows that are not final are copied, as their files may go at any moment. */
const copyTail = async (sandbox: Sandbox, table: TableName, tail: readonly string[]): Promise<string[]> => {
  if (tail.length === 0) return []
  const columns = names(tables[table])
  await sandbox.run(`CREATE TABLE tail."${table}" AS SELECT ${columns} FROM ${readFiles(tail)}`)
  return [`SELECT ${columns} FROM tail."${table}"`]
}

const partsOf = async (sandbox: Sandbox, table: TableName, { files, foreign, tail }: TableFiles): Promise<string[]> => {
  const columns = tables[table]
  const final = files.length === 0 ? [] : [`SELECT ${names(columns)} FROM ${readFiles(files)}`]
  return [...(await readForeign(sandbox, columns, foreign)), ...final, ...(await copyTail(sandbox, table, tail))]
}

const define = async (sandbox: Sandbox, table: TableName, files: TableFiles | undefined): Promise<void> => {
  const parts = files === undefined ? [] : await partsOf(sandbox, table, files)
  const empty = shapeOf(tables[table], files === undefined ? unread : 'false')
  await sandbox.run(`CREATE VIEW stored."${table}" AS ${parts.length === 0 ? empty : parts.join(' UNION ALL ')}`)
}

const neededBy = ({ tables: reads }: Reads): Set<TableName> =>
  new Set([...reads].flatMap(name => (isKnown(name) ? readsOf[name] : [])))

/** Makes the warehouse's tables and views. What is not in `reads` cannot be read, only described. Gives the files that can be. */
export const defineTables = async (sandbox: Sandbox, snapshot: Snapshot, reads: Reads): Promise<readonly string[]> => {
  const needed = neededBy(reads)
  await sandbox.run(`CREATE SCHEMA tail; CREATE SCHEMA stored`)
  for (const table of tableNames) await define(sandbox, table, needed.has(table) ? snapshot.tables[table] : undefined)
  await sandbox.run(viewsOf(reads.uses))
  return [...needed].flatMap(table => [...snapshot.tables[table].files, ...snapshot.tables[table].foreign])
}
