import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { reasonOf, StreamError } from '../std/error.ts'
import { disguise } from './account.ts'
import type { CommandLine } from './command.ts'
import type { Ports } from './part.ts'
import type { Place } from './place.ts'
import { identify } from './process.ts'
import { type RunRecord, writeRecord } from './record.ts'

/** A program that writes on and on to its standard output gets a new file at its next start; one older is kept. */
const outputBytesMax = 10 * 1024 * 1024
const formatMsMax = 120_000

/** What the daemon prints; those that keep a log of their own write it beside this. */
export const outputOf = ({ logs }: Pick<Place, 'logs'>, daemon: string): string => join(logs, `${daemon}.out`)

const openOutput = async (path: string) => {
  const bytes = await stat(path).then(
    ({ size }) => size,
    () => 0,
  )
  if (bytes > outputBytesMax) await rename(path, `${path}.1`)
  return open(path, 'a')
}

/**
 * Waits for a line, then becomes the program. If whoever should write the line ends before, there is nothing to read,
 * and nothing is started: so no daemon ever runs that has no record.
 */
const gate = 'read -r _ && exec "$@" </dev/null'

const recordOf = async (pid: number, ports: Ports): Promise<RunRecord> => {
  const identity = await identify(pid)
  if (identity === undefined) throw new StreamError('stack/died', `pid ${pid} was gone as soon as it was started`)
  return { ...identity, ports, since: new Date().toISOString() }
}

export interface Launch {
  readonly place: Place
  readonly daemon: string
  readonly ports: Ports
  readonly command: CommandLine
  readonly environment: NodeJS.ProcessEnv
}

/** Starts the daemon in a session and group of its own, so that it outlives the command and its terminal. */
export const launch = async ({ place, daemon, ports, command, environment }: Launch): Promise<RunRecord> => {
  await using output = await openOutput(outputOf(place, daemon))
  await using other = await disguise(command.as?.account, command.as?.folder ?? place.root)
  const child = spawn('/bin/sh', ['-c', gate, 'textstream', command.path, ...command.arguments], {
    cwd: place.root,
    env: { ...environment, ...command.environment },
    detached: true,
    stdio: ['pipe', output.fd, output.fd, ...other.stdio],
    ...other.options,
  })
  await once(child, 'spawn')
  try {
    const record = await recordOf(child.pid!, ports)
    await writeRecord(place, daemon, record)
    child.stdin!.end('go\n')
    await finished(child.stdin!, { readable: false })
    child.unref()
    return record
  } catch (thrown) {
    child.stdin!.destroy()
    throw thrown
  }
}

/** Runs a program to its end; what it printed stands in the daemon's output file. */
export const runOnce = async ({ place, daemon, command, environment }: Omit<Launch, 'ports'>): Promise<void> => {
  const path = outputOf(place, daemon)
  await using output = await openOutput(path)
  await using other = await disguise(command.as?.account, command.as?.folder ?? place.root)
  const child = spawn(command.path, [...command.arguments], {
    cwd: place.root,
    env: { ...environment, ...command.environment },
    stdio: ['ignore', output.fd, output.fd, ...other.stdio],
    timeout: formatMsMax,
    killSignal: 'SIGKILL',
    ...other.options,
  })
  const [code, signal] = await once(child, 'close').catch(thrown => [reasonOf(thrown), null])
  if (code === 0) return
  const how = signal === null ? `it ended with ${code}` : `it was ended by ${signal} (allowed: ${formatMsMax} ms)`
  throw new StreamError('stack/format', `format the data of "${daemon}": ${how}; what it said is in "${path}"`)
}
