import { accessSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { access, constants } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { reasonOf, StreamError } from './error.ts'

const sqliteBusy = 5

/** Who holds a lock, as they said when they took it: `pid 4711 on "ada"`. */
const holderOf = (path: string): string => {
  try {
    const { pid, host } = JSON.parse(readFileSync(`${path}-holder`, 'utf8'))
    return `pid ${Number(pid)} on ${JSON.stringify(host)}`
  } catch {
    return 'another process'
  }
}

/** Only for people to read: the lock holds without it. */
const noteHolder = (path: string) => {
  try {
    writeFileSync(`${path}-holder`, `${JSON.stringify({ pid: process.pid, host: hostname() })}\n`)
  } catch {}
}

const forgetHolder = (path: string) => {
  try {
    rmSync(`${path}-holder`, { force: true })
  } catch {}
}

const unusable = async (path: string, thrown: unknown): Promise<StreamError> => {
  const denied = await access(dirname(path), constants.W_OK).then(
    () => undefined,
    error => error,
  )
  const cause = denied ?? thrown
  return new StreamError('lock/unusable', `lock "${path}": ${reasonOf(cause)}; is it writable, on a local disk?`, {
    cause,
  })
}

const refused = async (path: string, thrown: unknown): Promise<StreamError> => {
  if ((thrown as { errcode?: number }).errcode !== sqliteBusy) return unusable(path, thrown)
  const message = `lock "${path}": held by ${holderOf(path)}; wait until it ends, or stop it`
  return new StreamError('lock/held', message, { cause: thrown })
}

/**
 * Takes the lock that the file `path` stands for (made if absent, always empty), or is refused at once with code
 * `lock/held`. The operating system holds it: it is free as soon as its holder ends, however that ends, and stays taken
 * while the holder is paused. It holds between processes of one machine and within one process.
 *
 * POSIX drops a process's locks on a file when it closes any descriptor of it: nobody may open `path` but this function.
 */
export const lock = async (path: string): Promise<AsyncDisposable> => {
  const { DatabaseSync } = await import('node:sqlite')
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { timeout: 0 })
    // SQLite would open it to read, and then pass for an exclusive transaction one that excludes nobody.
    accessSync(path, constants.W_OK)
    // It never writes, so its journal needs no file.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (error) {
    if (database?.isOpen) database.close()
    throw await refused(path, error)
  }
  noteHolder(path)
  return {
    [Symbol.asyncDispose]: async () => {
      if (!database?.isOpen) return
      forgetHolder(path)
      database.close()
    },
  }
}
