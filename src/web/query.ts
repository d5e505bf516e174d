import { type ChildProcess, spawn } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { StreamError } from '../std/error.ts'
import type { HivePlace } from '../warehouse/hive-files.ts'
import { WatchedQuery } from '../warehouse/metrics.ts'
import type { QueryAnswer, QueryRequest } from './api.ts'
import { querySeconds } from './metrics.ts'
import { temporaryFolder } from './temporary.ts'

const queryMsMax = 30_000
/**
 * Of a statement's process: a gigabyte that DuckDB counts, what Node takes, and some for values, which DuckDB does not
 * count. There is room for as much again where the system knows no such limit.
 */
const processBytesMax = 2.5 * 1024 * 1024 * 1024
const heapMegabytesMax = 512

/** Where the tables are: in a folder of ours, or as files of Hive. */
export type Place = { readonly dir: string } | HivePlace

/** What a statement's process is told. */
export interface Asked {
  readonly place: Place
  readonly request: QueryRequest
}

/** What it says, once. */
export type Said =
  | { readonly answer: QueryAnswer }
  | { readonly failed: { readonly code: string; readonly message: string } }

const program = fileURLToPath(new URL(`./query-process${import.meta.url.slice(-3)}`, import.meta.url))
const flags = [`--max-old-space-size=${heapMegabytesMax}`, '--disable-warning=ExperimentalWarning']
/** A lower limit that is there already stays. */
const limited = 'ulimit -S -d "$1" 2>/dev/null; shift; exec "$@"'

const start = (tmp: string): ChildProcess =>
  spawn('/bin/sh', ['-c', limited, 'sh', String(processBytesMax / 1024), process.execPath, ...flags, program], {
    env: { ...process.env, TMPDIR: tmp },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })

const exhausted = () =>
  new StreamError(
    'warehouse/too-large',
    'the statement needed more memory than it may have, and was ended; select less at once, or shorter values',
  )

/** What the process says, or why it said nothing. Once this settles, the process is gone. */
const talk = async (child: ChildProcess, asked: Asked, signal: AbortSignal): Promise<Said> => {
  const kill = () => child.kill('SIGKILL')
  const gone = new Promise<Error | undefined>(resolve => {
    child.once('error', resolve)
    child.once('exit', () => resolve(undefined))
  })
  let said: Said | undefined
  child.once('message', one => {
    said = one as Said
    kill()
  })
  signal.addEventListener('abort', kill)
  if (signal.aborted) kill()
  else child.send(asked, () => {})
  const fault = await gone
  signal.removeEventListener('abort', kill)
  if (fault !== undefined) throw new StreamError('web/query', `start a process for it: ${fault.message}`)
  if (said === undefined)
    throw signal.aborted ? new StreamError('warehouse/interrupted', 'the query was interrupted') : exhausted()
  return said
}

const inProcess = async (asked: Asked, signal: AbortSignal): Promise<QueryAnswer> => {
  const tmp = temporaryFolder()
  try {
    const said = await talk(start(tmp), asked, signal)
    if ('answer' in said) return said.answer
    throw new StreamError(said.failed.code as `${string}/${string}`, said.failed.message)
  } finally {
    await rm(tmp, { recursive: true, force: true }).catch(() => {})
  }
}

const tooSlow = () =>
  new StreamError('web/timeout', `the statement took longer than ${queryMsMax / 1000} s; ask for less`)

/**
 * Runs a statement of people in a process of its own, within limits on time, memory, rows and characters: one that takes
 * all memory, or heeds no interrupt, ends with its process and nothing else.
 */
export const answerTo = async (asked: Asked, signal: AbortSignal): Promise<QueryAnswer> => {
  const timeout = AbortSignal.timeout(queryMsMax)
  const began = performance.now()
  const watched = new WatchedQuery()
  try {
    const answer = await inProcess(asked, AbortSignal.any([signal, timeout]))
    watched.done()
    return answer
  } catch (thrown) {
    watched.failed(thrown instanceof StreamError ? thrown.code : undefined)
    throw timeout.aborted && !signal.aborted ? tooSlow() : thrown
  } finally {
    querySeconds.since(began)
  }
}
