import { randomUUID } from 'node:crypto'
import { type FileHandle, link, open, readdir, readFile, rm, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeFolder, syncFolder } from '../std/durable.ts'
import { errnoOf, reasonOf, StreamError } from '../std/error.ts'
import { lock } from '../std/lock.ts'
import { readBytesMax, type TableFile, type TableFiles, type TableLock } from './table-files.ts'

const isLocal = (location: string) => /^file:\/(?:\/\/)?(?!\/)/.test(location) || location.startsWith('/')

const pathOf = (location: string): string => {
  if (!isLocal(location)) throw new StreamError('table/usage', `"${location}" is no folder of this machine`)
  return location.replace(/^file:\/+/, '/')
}

const unlessAbsent = (thrown: unknown): undefined => {
  if (errnoOf(thrown) !== 'ENOENT') throw thrown
}

const syncFile = async (path: string) => {
  await using handle: FileHandle = await open(path, 'r')
  await handle.sync()
}

const writeWhole = async (path: string, bytes: Uint8Array) => {
  await using handle = await open(path, 'wx')
  await handle.writeFile(bytes)
  await handle.sync()
}

/** Never over another file, as a plain rename would. A kill in between leaves the file under both names. */
const linkTo = async (from: string, to: string): Promise<boolean> => {
  try {
    await link(from, to)
    return true
  } catch (thrown) {
    if (errnoOf(thrown) !== 'EEXIST') throw thrown
    return false
  }
}

const create = async (path: string, bytes: Uint8Array): Promise<boolean> => {
  await makeFolder(dirname(path))
  const draft = join(dirname(path), `.draft-${randomUUID()}`)
  await writeWhole(draft, bytes)
  const isMade = await linkTo(draft, path)
  await unlink(draft)
  if (isMade) await syncFolder(dirname(path))
  return isMade
}

const read = async (path: string): Promise<Buffer | undefined> => {
  const bytes = (await stat(path).catch(unlessAbsent))?.size
  if (bytes === undefined) return undefined
  if (bytes > readBytesMax)
    throw new StreamError('table/damaged', `"${path}" has ${bytes} bytes, at most ${readBytesMax}`)
  return readFile(path).catch(unlessAbsent)
}

const list = async (folder: string): Promise<TableFile[]> => {
  const entries = (await readdir(folder, { withFileTypes: true }).catch(unlessAbsent)) ?? []
  const files = await Promise.all(
    entries.map(async entry => {
      const bytes = entry.isDirectory() ? 0 : (await stat(join(folder, entry.name)).catch(unlessAbsent))?.size
      return bytes === undefined ? [] : [{ name: entry.name, isFolder: entry.isDirectory(), bytes }]
    }),
  )
  return files.flat()
}

const rename = async (from: string, to: string): Promise<boolean> => {
  try {
    if (!(await linkTo(from, to))) throw new StreamError('table/exists', `rename "${from}": "${to}" is there already`)
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return false
    throw thrown
  }
  await unlink(from).catch(unlessAbsent)
  return true
}

const take = async (path: string): Promise<TableLock> => {
  await makeFolder(dirname(path))
  try {
    const held = await lock(path)
    return { check: async () => {}, [Symbol.asyncDispose]: () => held[Symbol.asyncDispose]() }
  } catch (cause) {
    if (!(cause instanceof StreamError) || cause.code !== 'lock/held') throw cause
    throw new StreamError('table/locked', reasonOf(cause), { cause })
  }
}

/** Folders of this machine, which Spark reads and writes too. */
export const localFiles = (): TableFiles => ({
  name: 'file:',
  // Hadoop decodes nothing in a path.
  urlOf: path => `file://${path}`,
  pathOf,
  create,
  read,
  list,
  rename,
  async sync(paths) {
    for (const path of paths) await syncFile(path)
    for (const folder of new Set(paths.map(path => dirname(path)))) await syncFolder(folder)
  },
  makeFolder,
  remove: path => rm(path, { recursive: true, force: true }),
  lock: take,
  [Symbol.asyncDispose]: async () => {},
})
