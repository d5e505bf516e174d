import { link, open, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { syncFolder } from '../std/durable.ts'
import { errnoOf, reasonOf, StreamError } from '../std/error.ts'

const exists = (path: string) =>
  new StreamError('warehouse/exists', `"${path}" is there already; remove it, or name another file`)

const unwritable = (path: string, cause: unknown) =>
  new StreamError('warehouse/unwritable', `write "${path}": ${reasonOf(cause)}`, { cause })

/** Fails early where a file could not be published in the end. */
const refuseTaken = async (path: string) => {
  const taken = await open(path, 'r').catch(error => {
    if (errnoOf(error) !== 'ENOENT') throw errnoOf(error) === 'EACCES' ? exists(path) : unwritable(path, error)
  })
  if (taken === undefined) return
  await taken.close()
  throw exists(path)
}

const publish = async (partial: string, path: string) => {
  try {
    await using file = await open(partial)
    await file.sync()
    await link(partial, path)
    await syncFolder(dirname(path))
  } catch (error) {
    throw errnoOf(error) === 'EEXIST' ? exists(path) : unwritable(path, error)
  }
}

/**
 * Lets `write` fill a file beside `path`, which gets that name once it is complete and durable. Nothing is ever
 * replaced: codes `warehouse/exists`, `warehouse/unwritable`. After a failure nothing is left.
 */
export const writeNewFile = async <T>(given: string, write: (partial: string) => Promise<T>): Promise<T> => {
  const path = resolve(given)
  await refuseTaken(path)
  const partial = join(dirname(path), `.${basename(path)}.${process.pid}.partial`)
  try {
    const written = await write(partial)
    await publish(partial, path)
    return written
  } finally {
    await rm(partial, { force: true })
  }
}
