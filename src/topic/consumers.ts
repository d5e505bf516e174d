import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, readdir, rename, rm, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { compareUtf8 } from '../std/bytes.ts'
import { syncFolder } from '../std/durable.ts'
import { errnoOf, reasonOf, StreamError } from '../std/error.ts'
import { parseJson } from '../std/json.ts'
import { unreadable } from './folder.ts'

/** A longer entry is none of ours. */
const entryBytesMax = 64 * 1024

/** Somebody who reads the log to its end, and keeps how far it is in its own place. */
export interface Consumer {
  /** Absolute path. */
  readonly warehouse: string
}

/** Something among the entries that names no consumer: one may be missing. */
export interface DamagedEntry {
  readonly path: string
  readonly why: string
}

export interface Consumers {
  /** In byte order of their paths. */
  readonly known: readonly Consumer[]
  readonly damaged: readonly DamagedEntry[]
}

export type Noted = { readonly noted: true } | { readonly noted: false; readonly reason: string }

const folderOf = (dir: string) => join(dir, '.consumers')

const nameOf = (warehouse: string) => `${createHash('sha256').update(warehouse).digest('hex')}.json`

const entryOf = ({ warehouse }: Consumer) => `${JSON.stringify({ warehouse })}\n`

const openPlain = (path: string): Promise<FileHandle> =>
  open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)

const readEntry = async (path: string): Promise<string> => {
  await using handle = await openPlain(path)
  const stat = await handle.stat()
  if (!stat.isFile()) throw new Error('it is no plain file')
  if (stat.size > entryBytesMax) throw new Error(`it is longer than ${entryBytesMax} bytes`)
  return handle.readFile('utf8')
}

const consumerIn = (json: string, name: string): Consumer => {
  const warehouse = (parseJson(json) as { warehouse?: unknown } | null | undefined)?.warehouse
  if (typeof warehouse !== 'string') throw new Error('it names no warehouse')
  if (nameOf(warehouse) !== name) throw new Error(`it names "${warehouse}", which has an entry of another name`)
  return { warehouse }
}

/** A link could lead to what is no part of the log; false if there is nothing. */
const isFolder = async (path: string): Promise<boolean> => {
  const stat = await lstat(path).catch(error => {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw unreadable(path, error)
  })
  if (stat === undefined || stat.isDirectory()) return stat !== undefined
  throw unreadable(path, new Error('it is no folder'))
}

/** What is hidden was left by a writer of entries that was killed; its own place is not taken by it. */
const namesIn = async (folder: string): Promise<string[]> => {
  if (!(await isFolder(folder))) return []
  const names = await readdir(folder).catch(error => {
    throw unreadable(folder, error)
  })
  return names.filter(name => !name.startsWith('.')).sort(compareUtf8)
}

/**
 * The warehouses that were ever filled from this log, as far as somebody noted it; how far each is, only its warehouse
 * knows. Rejects with `topic/unreadable` if that cannot be found out.
 */
export const consumersOf = async (dir: string): Promise<Consumers> => {
  const folder = folderOf(dir)
  const known: Consumer[] = []
  const damaged: DamagedEntry[] = []
  for (const name of await namesIn(folder)) {
    const path = join(folder, name)
    try {
      known.push(consumerIn(await readEntry(path), name))
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') damaged.push({ path, why: reasonOf(error) })
    }
  }
  return { known: known.sort((a, b) => compareUtf8(a.warehouse, b.warehouse)), damaged }
}

const makeFolder = async (dir: string) => {
  const folder = folderOf(dir)
  if (await isFolder(folder)) return
  await mkdir(folder).catch(error => {
    if (errnoOf(error) !== 'EEXIST') throw error
  })
  await syncFolder(dir)
}

const writeEntry = async (folder: string, name: string, text: string) => {
  const written = join(folder, `.${name}-${process.pid}`)
  await rm(written, { force: true })
  {
    await using handle = await open(written, 'wx')
    await handle.writeFile(text)
    await handle.sync()
  }
  await rename(written, join(folder, name))
}

/**
 * Leaves in the log that `consumer` reads it, durably, so that whoever frees disk knows whom to ask. A hint of where to
 * look and nothing else: doing it again changes nothing. Not noted, and why, where the log cannot be written to.
 */
export const noteConsumer = async (dir: string, consumer: Consumer): Promise<Noted> => {
  const folder = folderOf(dir)
  const name = nameOf(consumer.warehouse)
  const text = entryOf(consumer)
  try {
    await makeFolder(dir)
    if ((await readEntry(join(folder, name)).catch(() => '')) !== text) await writeEntry(folder, name, text)
    await syncFolder(folder)
    return { noted: true }
  } catch (error) {
    return { noted: false, reason: reasonOf(error) }
  }
}

/** Takes the note away, durably; false if there was none. A consumer that still runs notes itself again when it starts. */
export const forgetConsumer = async (dir: string, { warehouse }: Consumer): Promise<boolean> => {
  const folder = folderOf(dir)
  if (!(await isFolder(folder))) return false
  const path = join(folder, nameOf(warehouse))
  try {
    await unlink(path)
    await syncFolder(folder)
    return true
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false
    const message = `forget "${warehouse}": remove "${path}": ${reasonOf(error)}; remove it by hand`
    throw new StreamError('topic/unwritable', message, { cause: error })
  }
}
