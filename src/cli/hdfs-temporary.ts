import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { errnoOf } from '../std/error.ts'
import type { Hdfs } from '../wire/hdfs.ts'

/** What another machine left unfinished is taken for given up after a day. */
const givenUpMs = 24 * 60 * 60 * 1000

const host = hostname()
  .replace(/[^\w-]/g, '_')
  .slice(0, 60)

/** Hadoop's own readers take no file whose name begins with a dot. */
const prefix = '.textstream-put-'

const mine = new RegExp(`^\\${prefix}(?<host>[\\w-]+)\\.(?<pid>\\d+)\\.[0-9a-f]{12}$`)

/** A name that nobody else has, in the folder that is written to: HDFS renames only within itself. */
export const temporaryIn = (folder: string): string =>
  `${folder === '/' ? '' : folder}/${prefix}${host}.${process.pid}.${randomBytes(6).toString('hex')}`

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (thrown) {
    return errnoOf(thrown) === 'EPERM'
  }
}

const isLeft = (name: string, modifiedMs: number): boolean => {
  const of = mine.exec(name)?.groups
  if (of === undefined) return false
  return of.host === host ? !isAlive(Number(of.pid)) : Date.now() - modifiedMs > givenUpMs
}

/** Removes what was being written when a `put` was killed. */
export const removeLeft = async (hdfs: Hdfs, folder: string): Promise<void> => {
  const left: string[] = []
  for await (const { name, path, modifiedMs } of hdfs.list(folder)) if (isLeft(name, modifiedMs)) left.push(path)
  for (const path of left) await hdfs.remove(path)
}
