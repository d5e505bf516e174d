import { existsSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { syncFolder } from '../std/durable.ts'
import { StreamError } from '../std/error.ts'
import { lost } from './faults.ts'
import { partPath, publicPath, rangeName } from './layout.ts'
import type { Range } from './parts.ts'
import type { TableName } from './schema.ts'
import type { PublicFile, State } from './state.ts'

/** Ranges of a partition lie behind one another: a file's begins where that of the one before ends. */
export const nameFile = (
  state: State,
  table: TableName,
  partition: string,
  range: Range,
  after = state.rolledTo(table, partition),
) => {
  const from = after ?? range.from
  const to = Math.max(from, range.to)
  let again = 0
  while (state.has(table, rangeName(partition, from, to, again))) again++
  return { table, name: rangeName(partition, from, to, again), partition, to }
}

const taken = (path: string) => {
  const message = `warehouse file "${path}" is there already, and not ours; move it away, then start again`
  return new StreamError('warehouse/foreign', message)
}

const placeOne = async (dir: string, { table, name, part }: PublicFile): Promise<void> => {
  const from = partPath(dir, part!)
  const to = publicPath(dir, table, name)
  if (!existsSync(from)) {
    if (existsSync(to)) return
    throw lost(to)
  }
  if (existsSync(to)) throw taken(to)
  await rename(from, to)
}

/** Puts committed files where everybody sees them. May be done again at any time, whatever became of it before. */
export const placeFiles = async (dir: string, state: State): Promise<void> => {
  const files = state.unplaced()
  if (files.length === 0) return
  for (const file of files) await placeOne(dir, file)
  for (const table of new Set(files.map(file => file.table))) await syncFolder(join(dir, table))
  state.apply({ placed: files.map(({ part }) => part!) })
}
