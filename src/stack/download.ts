import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { StreamError } from '../std/error.ts'
import { harmless } from '../std/terminal.ts'

const keptLinesMax = 2_000

/** A registry's own client, at work. */
export interface Downloading {
  readonly path: string
  readonly arguments: readonly string[]
  readonly environment: NodeJS.ProcessEnv
  readonly msMax: number
  /** Without a line from it. */
  readonly idleMsMax: number
  readonly onLine: (line: string) => void
}

export interface Downloaded {
  /** Why it failed, if it did. */
  readonly why: string | undefined
  /** Its last ones. */
  readonly lines: readonly string[]
}

/** Runs the client to its end. */
export const runClient = async (downloading: Downloading): Promise<Downloaded> => {
  const { path, environment, msMax, idleMsMax, onLine } = downloading
  const child = spawn(path, [...downloading.arguments], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: msMax,
  })
  const closed = once(child, 'close')
  const idle = setTimeout(() => child.kill(), idleMsMax)
  const kept: string[] = []
  const keep = (line: string) => {
    idle.refresh()
    if (kept.push(line) > keptLinesMax) kept.shift()
  }
  createInterface({ input: child.stderr }).on('line', keep)
  for await (const line of createInterface({ input: child.stdout })) {
    keep(line)
    onLine(line)
  }
  clearTimeout(idle)
  const [code, signal] = await closed
  if (code === 0) return { why: undefined, lines: kept }
  return { why: signal === null ? `it ended with ${code}` : 'it took too long, and was ended', lines: kept }
}

const noNetwork =
  /unknown host|UnknownHostException|connection refused|connect timed out|read timed out|timeout|network is unreachable|no route to host|temporary failure in name resolution|name or service not known|connection reset|failed to resolve|failed to establish a new connection/i
const diskFull = /no space left on device|disk quota exceeded/i

export interface Failure {
  /** As in `download jars by Maven`. */
  readonly what: string
  readonly code: `${string}/${string}`
  readonly why: string
  /** The client's complaints, without those that tell nothing. */
  readonly errors: readonly string[]
  /** Where a mirror is set. */
  readonly mirror: string
}

/** A client's words about a failure, as an error that says what to do. */
export const failure = ({ what, code, why, errors, mirror }: Failure): StreamError => {
  const telling = errors.find(line => diskFull.test(line)) ?? errors.find(line => noNetwork.test(line)) ?? errors[0]
  const says = harmless(telling ?? 'nothing')
  if (diskFull.test(says)) return new StreamError('stack/disk-full', `${what}: ${says}; make room and start again`)
  if (!noNetwork.test(says)) return new StreamError(code, `${what}: ${why}: ${says}`)
  const whatToDo = `is there internet? a proxy or a mirror is set in ${mirror}; once it is here, the network is not needed any more`
  return new StreamError('stack/unreachable', `${what}: ${says}; ${whatToDo}`)
}
