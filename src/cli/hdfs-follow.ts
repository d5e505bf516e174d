import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { errnoOf, StreamError } from '../std/error.ts'
import type { Copies } from './hdfs-copies.ts'
import { localFile } from './hdfs-local.ts'
import { copyOf, prepare, type Target } from './hdfs-put.ts'
import { say } from './run.ts'

const pollMs = 500
const segment = /^\d{20}\.ndjson$/

const segmentsIn = async (log: string): Promise<string[]> =>
  (await readdir(log)).filter(name => segment.test(name)).sort()

const checkLog = async (log: string) => {
  const found = await stat(log).catch(() => undefined)
  if (found?.isDirectory()) return
  throw new StreamError('hdfs/usage', `put --follow "${log}": no such folder; give the folder of a log, and only it`)
}

const pruned = (name: string) => say(`textstream: "${name}" was removed from the log before it was copied`)

/** A segment is closed as soon as there is a later one. */
const copyClosed = async (log: string, names: readonly string[], target: Target, copies: Copies) => {
  for (const name of names) {
    try {
      const path = join(log, name)
      await copies.copy(copyOf(localFile(path, name, await stat(path)), target))
    } catch (thrown) {
      if (errnoOf(thrown) !== 'ENOENT') throw thrown
      pruned(name)
    }
  }
}

const pause = (signal: AbortSignal) => wait(pollMs, undefined, { signal }).catch(() => {})

/**
 * Copies each segment of a log once it is closed, in order, until the signal; then those that are closed by then. What
 * is there already stays, so it goes on where an earlier one ended, however that ended.
 */
export const followLog = async (log: string, target: Target, copies: Copies, signal: AbortSignal): Promise<void> => {
  await checkLog(log)
  await prepare(target)
  let last = ''
  for (;;) {
    const isLast = signal.aborted
    const closed = (await segmentsIn(log)).slice(0, -1)
    await copyClosed(
      log,
      closed.filter(name => name > last),
      target,
      copies,
    )
    last = closed.at(-1) ?? last
    if (isLast) return
    await pause(signal)
  }
}
