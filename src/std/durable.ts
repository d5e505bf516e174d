import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:fs'
import { mkdir, open, readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { errnoOf } from './error.ts'

const syncPath = async (path: string) => {
  await using handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  await handle.sync()
}

/** After this the names in the folder survive a power cut; what the files hold is another matter. */
export const syncFolder = syncPath

const isFolder = async (path: string) => (await stat(path)).isDirectory()

/** False if it is there already. */
const makeOne = async (path: string): Promise<boolean> => {
  try {
    await mkdir(path)
    return true
  } catch (error) {
    if (errnoOf(error) === 'EEXIST' && (await isFolder(path))) return false
    throw error
  }
}

/**
 * Makes the folder and those above it, durably: after a power cut they are still there. Level by level, as Node's
 * recursive mkdir never returns where a folder that is there says ENOENT for whatever is made in it, as /proc does.
 */
export const makeFolder = async (path: string): Promise<void> => {
  try {
    if (!(await makeOne(path))) return
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' || dirname(path) === path) throw error
    await makeFolder(dirname(path))
    await makeOne(path)
  }
  await syncFolder(dirname(path))
}

/** Locks are lost when their file is opened and closed again (std/lock.ts); they hold nothing to keep, either. */
const isLock = (name: string) => name.endsWith('.lock')

/** Syncs every file and folder below `path`, one after another. */
export const syncTree = async (path: string): Promise<void> => {
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await syncTree(join(path, entry.name))
    else if (entry.isFile() && !isLock(entry.name)) await syncPath(join(path, entry.name))
  }
  await syncFolder(path)
}

const syncfs = async (path: string): Promise<boolean> => {
  const child = spawn('sync', ['-f', '--', path], { stdio: 'ignore' })
  return once(child, 'close').then(
    ([code]) => code === 0,
    () => false,
  )
}

/**
 * Makes everything below the folder `path` durable: one sync of its whole file system, which beats an fsync per file as
 * soon as there are many; file by file where coreutils' `sync -f` is missing or failed (then the fsync says why).
 */
export const syncFileSystem = async (path: string): Promise<void> => {
  if (!(await syncfs(path))) await syncTree(path)
}
