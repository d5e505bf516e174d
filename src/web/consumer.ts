import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import type { Progress } from '../consume/consume.ts'
import { newProgress } from '../consume/consume.ts'
import type { Settings } from '../consume/settings.ts'
import { watchThread } from '../metrics/metrics.ts'
import { StreamError } from '../std/error.ts'

export interface ConsumerOptions {
  /** The topic, as `openTopic` takes it. */
  readonly from: string
  readonly warehouse: string
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
  readonly ended?: true
  readonly failed?: { readonly code: string; readonly message: string }
}

/**
 * Clusters what the topic holds, in a thread of its own: to fit a model takes longer than who watches should wait.
 * Resolves after `signal`, with everything committed; rejects with what `consume` rejects with.
 */
export const runConsumer = async (options: ConsumerOptions, progress: Progress, signal: AbortSignal): Promise<void> => {
  const url = new URL(`./consumer-worker${import.meta.url.slice(-3)}`, import.meta.url)
  const { port1, port2: metrics } = new MessageChannel()
  const given: Given = { ...options, metrics }
  const worker = new Worker(url, { workerData: given, transferList: [metrics] })
  using _ = watchThread(port1)
  const over = Promise.withResolvers<void>()
  const stop = () => worker.postMessage('stop')
  worker.on('message', ({ progress: said, ended, failed }: Said) => {
    Object.assign(progress, said)
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
