import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeFolder } from '../std/durable.ts'
import { errnoOf, StreamError } from '../std/error.ts'
import type { Folders } from './folders.ts'

/** Lies two folders above `src/stack/` as above `dist/stack/`. */
export const installations = fileURLToPath(new URL('../../installations', import.meta.url))

/** The folders of one part. */
export interface Place {
  readonly part: string
  /** What the project ships for it. */
  readonly installation: string
  readonly root: string
  readonly conf: string
  readonly data: string
  readonly logs: string
  /** Who runs. */
  readonly run: string
}

export const placeOf = ({ state }: Pick<Folders, 'state'>, part: string): Place => {
  const root = join(state, part)
  const [conf, data, logs, run] = ['conf', 'data', 'logs', 'run'].map(name => join(root, name))
  return { part, installation: join(installations, part), root, conf, data, logs, run }
}

export const exists = async (path: string): Promise<boolean> => {
  try {
    await stat(path)
    return true
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT' || errnoOf(thrown) === 'ENOTDIR') return false
    throw thrown
  }
}

export const namesIn = async (folder: string): Promise<string[]> => {
  try {
    return (await readdir(folder)).sort()
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return []
    throw thrown
  }
}

const ours = new Set(['conf', 'data', 'logs', 'run'])

/** Nothing is written to, or removed from, a folder that holds what the stack did not make. */
export const refuseForeign = async ({ root, part }: Place): Promise<void> => {
  const foreign = (await namesIn(root)).filter(name => !ours.has(name))
  if (foreign.length === 0) return
  const message = `folder "${root}" of "${part}" holds "${foreign[0]}", which the stack did not make; move it away, or set TEXTSTREAM_STATE to another folder`
  throw new StreamError('stack/foreign', message)
}

export const makePlace = async (place: Place): Promise<void> => {
  await refuseForeign(place)
  for (const folder of [place.root, place.conf, place.data, place.logs, place.run]) await makeFolder(folder)
}

export const readIfThere = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, 'utf8')
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return undefined
    throw thrown
  }
}
