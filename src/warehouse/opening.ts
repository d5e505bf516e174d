import { existsSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '../std/durable.ts'
import { errnoOf } from '../std/error.ts'
import { lock } from '../std/lock.ts'
import { foreign, lost } from './faults.ts'
import {
  isOurs,
  isParquet,
  lockFile,
  partPath,
  publicPath,
  scratchDir,
  stateDir,
  stateFile,
  tailDir,
} from './layout.ts'
import { placeFiles } from './place.ts'
import { tableNames } from './schema.ts'
import { State } from './state.ts'

/** The right to write, and what is committed. */
export interface Held {
  readonly state: State
  readonly lock: AsyncDisposable
}

const entriesIn = async (path: string) => {
  try {
    return await readdir(path, { withFileTypes: true })
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}

/** Readers of Parquet folders take no notice of these, and programs that write such folders leave them there. */
const isHidden = (name: string) => name.startsWith('.') || name.startsWith('_')
const known = (name: string) =>
  name === '_state' || name.startsWith('.') || (tableNames as readonly string[]).includes(name)

/** Without a state of ours the folder may hold what somebody gathered under the table's name before, and nothing else. */
const refuseForeign = async (dir: string): Promise<void> => {
  if (existsSync(stateFile(dir))) return
  const stranger = (await entriesIn(dir)).find(({ name }) => !known(name))
  if (stranger !== undefined) throw foreign(dir, `it holds "${stranger.name}"`)
  for (const table of tableNames) {
    const other = (await entriesIn(join(dir, table))).find(({ name }) => !isParquet(name) && !isHidden(name))
    if (other !== undefined) throw foreign(dir, `it holds "${table}/${other.name}"`)
  }
}

/** Files under our names that our state does not know would be read as rows by some, and be in the way of ours. */
const refuseUnknown = async (dir: string, state: State): Promise<void> => {
  const ours = new Set(state.publicFiles().map(({ table, name }) => `${table}/${name}`))
  for (const table of tableNames) {
    const names = (await entriesIn(join(dir, table))).map(({ name }) => name).filter(isOurs)
    const unknown = names.find(name => !ours.has(`${table}/${name}`))
    if (unknown !== undefined) throw foreign(dir, `its state does not know of "${table}/${unknown}"`)
  }
}

const refuseLost = (dir: string, state: State): void => {
  const parts = tableNames.flatMap(table => state.partsOf(table)).map(({ part }) => partPath(dir, part))
  const files = state.publicFiles().map(({ table, name }) => publicPath(dir, table, name))
  const gone = [...parts, ...files].find(path => !existsSync(path))
  if (gone !== undefined) throw lost(gone)
}

/** What was written, but never committed; or merged, and not yet removed. */
const removeLeftovers = async (dir: string, state: State): Promise<void> => {
  const parts = tableNames.flatMap(table => state.partsOf(table))
  const kept = new Set(parts.map(({ part }) => `${part}.parquet`))
  for (const { name } of await entriesIn(tailDir(dir))) {
    if (!kept.has(name)) await rm(join(tailDir(dir), name), { recursive: true })
  }
  await rm(scratchDir(dir), { recursive: true, force: true })
}

const open = async (dir: string): Promise<State> => {
  const state = State.open(stateFile(dir))
  try {
    await refuseUnknown(dir, state)
    for (const table of tableNames) await makeFolder(join(dir, table))
    await makeFolder(tailDir(dir))
    await placeFiles(dir, state)
    refuseLost(dir, state)
    await removeLeftovers(dir, state)
    return state
  } catch (error) {
    state[Symbol.dispose]()
    throw error
  }
}

/** Takes the right to write, and finishes or undoes what its last holder left half done. */
export const takeOver = async (dir: string): Promise<Held> => {
  await refuseForeign(dir)
  await makeFolder(stateDir(dir))
  const held = await lock(lockFile(dir))
  try {
    return { state: await open(dir), lock: held }
  } catch (error) {
    await held[Symbol.asyncDispose]()
    throw error
  }
}
