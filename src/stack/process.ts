import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { errnoOf } from '../std/error.ts'

const pollMs = 50
/** After SIGKILL, for the system to take it away. */
const killMsMax = 10_000
/** For the last threads of a process that is dead already; they still hold its ports. */
const dyingMsMax = 10_000

/** A process, and what tells it from a later one that got its number. */
export interface Identity {
  readonly pid: number
  readonly start: string
}

interface Seen {
  readonly start: string
  /** As `ps` has it: `R`, `S`, `T` stopped, `Z` dead and not yet waited for. */
  readonly state: string
}

const bootId = async () => (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()

/** proc(5): the command stands in brackets and may hold anything; the state follows it, the start is field 22. */
const seenByProc = async (pid: number): Promise<Seen | undefined> => {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0], start: `${fields[19]} ${await bootId()}` }
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT' || errnoOf(thrown) === 'ESRCH') return undefined
    throw thrown
  }
}

const seenByPs = async (pid: number): Promise<Seen | undefined> => {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'state=,lstart=', '-p', String(pid)])
    const [state, ...start] = stdout.trim().split(/\s+/)
    return start.length === 0 ? undefined : { state: state[0], start: start.join(' ') }
  } catch {
    return undefined
  }
}

const seen = process.platform === 'linux' ? seenByProc : seenByPs

const isDead = ({ state }: Seen) => state === 'Z' || state === 'X'

/** Of a process that is there. */
export const identify = async (pid: number): Promise<Identity | undefined> => {
  const found = await seen(pid)
  return found === undefined || isDead(found) ? undefined : { pid, start: found.start }
}

/** Its command line; nothing of one that is gone. */
export const commandOf = async (pid: number): Promise<string> => {
  const asked =
    process.platform === 'linux'
      ? readFile(`/proc/${pid}/cmdline`, 'utf8').then(words => words.replaceAll('\0', ' '))
      : promisify(execFile)('ps', ['-o', 'args=', '-p', String(pid)]).then(({ stdout }) => stdout)
  return (await asked.catch(() => '')).trim()
}

const threadsOf = async (pid: number): Promise<number> =>
  readdir(`/proc/${pid}/task`).then(
    tasks => tasks.length,
    () => 0,
  )

const untilThreadsEnd = async (pid: number) => {
  const until = performance.now() + dyingMsMax
  while ((await threadsOf(pid)) > 1 && performance.now() < until) await sleep(pollMs)
}

/** Of one that is dying, it waits until it is dead. */
export const isAlive = async ({ pid, start }: Identity): Promise<boolean> => {
  const found = await seen(pid)
  if (found === undefined || found.start !== start) return false
  if (!isDead(found)) return true
  await untilThreadsEnd(pid)
  return false
}

/** By SIGSTOP, for example. */
export const isPaused = async ({ pid }: Identity): Promise<boolean> => (await seen(pid))?.state === 'T'

const reached = (target: number, signal: NodeJS.Signals): boolean => {
  try {
    return process.kill(target, signal)
  } catch (thrown) {
    if (errnoOf(thrown) === 'ESRCH') return false
    throw thrown
  }
}

const signalGroup = (pid: number, signal: NodeJS.Signals) => reached(-pid, signal) || reached(pid, signal)

const goneWithin = async (identity: Identity, ms: number): Promise<boolean> => {
  const until = performance.now() + ms
  while (await isAlive(identity)) {
    if (performance.now() > until) return false
    await sleep(pollMs)
  }
  return true
}

export type Ended = 'gone before' | 'terminated' | 'killed'

/**
 * Ends a process and the group that it leads, if it leads one: asks it, and SIGKILL if it is still there after `stopMsMax`.
 * A process that only has the same number is left alone. Rejects if it outlives even that.
 */
export const end = async (
  identity: Identity,
  stopMsMax: number,
  stopSignal: NodeJS.Signals = 'SIGTERM',
): Promise<Ended> => {
  if (!(await isAlive(identity))) return 'gone before'
  signalGroup(identity.pid, stopSignal)
  // One that is paused would not hear it.
  signalGroup(identity.pid, 'SIGCONT')
  if (await goneWithin(identity, stopMsMax)) return 'terminated'
  signalGroup(identity.pid, 'SIGKILL')
  if (await goneWithin(identity, killMsMax)) return 'killed'
  throw new Error(`pid ${identity.pid} is still there ${killMsMax} ms after SIGKILL`)
}
