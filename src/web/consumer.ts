import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import type { Progress } from '../consume/consume.ts'
import { newProgress } from '../consume/consume.ts'
import type { Settings } from '../consume/settings.ts'
import { watchThread } from '../metrics/metrics.ts'
import { StreamError } from '../std/error.ts'
import type { HiveTables } from '../warehouse/hive.ts'

/** A table of Hive that Spark fills, instead of a folder that this process does. */
export interface HiveWanted {
  /** `name` or `db.name`. */
  readonly table: string
  /** `sc://host:port`; absent: the stack's. */
  readonly spark?: string | undefined
  /** The brokers as Spark reaches them, if that is otherwise than here. */
  readonly sparkKafka?: string | undefined
}

export interface ConsumerOptions {
  /** The topic, as `openTopic` takes it. */
  readonly from: string
  readonly warehouse: string
  readonly hive?: HiveWanted | undefined
  readonly settings: Partial<Settings>
}

/** What the thread is given. */
export interface Given extends ConsumerOptions {
  /** Where it is asked what it counts. */
  readonly metrics: MessagePort
}

/** What the thread says, from time to time and at its end. */
export interface Said {
  readonly progress: Progress
  /** Where the tables lie, as soon as Spark has said it. */
  readonly tables?: HiveTables
  readonly ended?: true
  readonly failed?: { readonly code: string; readonly message: string }
}

interface Watching {
  readonly progress: Progress
  readonly onTables: (tables: HiveTables) => void
}

/**
 * Clusters what the topic holds, in a thread of its own: to fit a model takes longer than who watches should wait.
 * Resolves after `signal`, with everything committed; rejects with what `consume` rejects with.
 */
export const runConsumer = async (
  options: ConsumerOptions,
  { progress, onTables }: Watching,
  signal: AbortSignal,
): Promise<void> => {
  const url = new URL(`./consumer-worker${import.meta.url.slice(-3)}`, import.meta.url)
  const { port1, port2: metrics } = new MessageChannel()
  const given: Given = { ...options, metrics }
  const worker = new Worker(url, { workerData: given, transferList: [metrics] })
  using _ = watchThread(port1)
  const over = Promise.withResolvers<void>()
  const stop = () => worker.postMessage('stop')
  worker.on('message', ({ progress: said, tables, ended, failed }: Said) => {
    Object.assign(progress, said)
    if (tables !== undefined) onTables(tables)
    if (ended) over.resolve()
    if (failed !== undefined) over.reject(new StreamError(failed.code as `${string}/${string}`, failed.message))
  })
  worker.on('error', cause => over.reject(new StreamError('consume/failed', `consume: ${cause.message}`, { cause })))
  worker.on('exit', () => over.reject(new StreamError('consume/failed', 'consume: its thread ended')))
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop)
  try {
    await over.promise
  } finally {
    signal.removeEventListener('abort', stop)
    await worker.terminate()
  }
}

export { newProgress }
