import { join } from 'node:path'
import type { Daemon, Part, Ports } from './part.ts'
import { partNamed } from './parts.ts'
import { exists, type Place, placeOf } from './place.ts'
import { isAlive, isPaused } from './process.ts'
import { type RunRecord, recorded } from './record.ts'
import type { Stack } from './stack.ts'
import { whyNotReady } from './waiting.ts'

/** For one daemon to say that it is ready. */
const askMsMax = 3_000

/** `died`: it was started, was not ended by us, and is gone. `unready`: it runs, and doesn't do its work (yet). */
export type State = 'down' | 'ready' | 'unready' | 'died'

export interface DaemonStatus {
  readonly part: string
  readonly daemon: string
  readonly state: State
  readonly pid: number | null
  /** Those that it listens on; while it is down, those that it would take. */
  readonly ports: Ports
  /** When it was started, in ISO 8601. */
  readonly since: string | null
  /** Why it isn't ready. */
  readonly why: string | null
  /** Whether there is data of an earlier run. */
  readonly data: boolean
}

const ownPorts = (daemon: Daemon, ports: Ports): Ports =>
  Object.fromEntries(daemon.ports.map(name => [name, ports[name]]))

const stateOf = async (daemon: Daemon, record: RunRecord): Promise<[State, string | null]> => {
  if (!(await isAlive(record))) return ['died', `pid ${record.pid} is gone, and the stack did not end it`]
  if (await isPaused(record)) return ['unready', 'it was stopped by a signal (SIGSTOP)']
  const why = await whyNotReady(daemon, record.ports, askMsMax)
  return why === undefined ? ['ready', null] : ['unready', why]
}

const statusOfDaemon = async (part: Part, place: Place, daemon: Daemon): Promise<DaemonStatus> => {
  const known = { part: part.name, daemon: daemon.name, data: await exists(join(place.data, daemon.name)) }
  const record = await recorded(place, daemon.name)
  if (record === undefined)
    return { ...known, state: 'down', pid: null, ports: ownPorts(daemon, part.ports), since: null, why: null }
  const [state, why] = await stateOf(daemon, record)
  const { pid, ports, since } = record
  return { ...known, state, pid: state === 'died' ? null : pid, ports: ownPorts(daemon, ports), since, why }
}

/** How these parts are, or all; asks each daemon that runs. */
export const status = async ({ parts, folders }: Stack, names: readonly string[] = []): Promise<DaemonStatus[]> => {
  const wanted = names.length === 0 ? [...parts.values()] : names.map(name => partNamed(parts, name))
  const each = wanted.flatMap(part =>
    part.daemons.map(daemon => statusOfDaemon(part, placeOf(folders, part.name), daemon)),
  )
  return Promise.all(each)
}
