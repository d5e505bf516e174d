import { Worker } from 'node:worker_threads'
import { StreamError } from '../std/error.ts'
import { stoppedCode } from './turns.ts'

/** What a worker is told to do, and what it answers; both go by structured clone. */
export interface Order {
  readonly phase: string
  readonly task: unknown
}

export interface Answered {
  readonly result?: unknown
  readonly error?: { readonly message: string; readonly stack: string; readonly code: string; readonly stream: boolean }
}

const thrownFrom = ({ message, stack, code, stream }: NonNullable<Answered['error']>): Error => {
  if (stream) return new StreamError(code as `${string}/${string}`, message)
  return Object.assign(new Error(message), { stack, code })
}

/** Errors lose their class and code on the way between threads; this keeps what matters of them. */
export const packError = (thrown: unknown): Answered => {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  const { message, stack = '', code = '' } = error as Error & { code?: string }
  return { error: { message, stack, code, stream: error instanceof StreamError } }
}

type Tick = (slices: number) => void
type Phases = Readonly<Record<string, (task: never, thread: number, tick?: Tick) => unknown>>

const askWorker = (worker: Worker, order: Order): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const onError = (error: Error) => reject(error)
    worker.once('error', onError)
    worker.once('message', ({ result, error }: Answered) => {
      worker.off('error', onError)
      if (error === undefined) resolve(result)
      else reject(thrownFrom(error))
    })
    worker.postMessage(order)
  })

/** Not what this process was started with: it may have been started with a program on the command line. */
const execArgv = ['--disable-warning=ExperimentalWarning']

/**
 * Threads that do one phase after another together, this one among them: it is thread 0, and does its share
 * synchronously. Threads share file descriptors.
 */
export class Crew implements AsyncDisposable {
  readonly size: number
  readonly #workers: Worker[]
  readonly #ended: Promise<unknown>[]
  readonly #phases: Phases

  constructor(size: number, phases: Phases) {
    this.size = size
    this.#phases = phases
    const url = new URL(`./worker${import.meta.url.slice(-3)}`, import.meta.url)
    this.#workers = Array.from(
      { length: size - 1 },
      (_, i) => new Worker(url, { workerData: { thread: i + 1 }, trackUnmanagedFds: false, execArgv }),
    )
    this.#ended = this.#workers.map(worker => new Promise(resolve => worker.once('exit', resolve)))
    for (const worker of this.#workers) worker.on('error', () => {})
  }

  /**
   * Every thread's result, in order of threads. If one fails, all have ended when this rejects with what was wrong: a
   * phase that fails must stop the others itself (`together`), since this thread is busy with its own share. `tick` is
   * called by this thread's share, now and then.
   */
  async run<Result>(phase: string, task: unknown, tick?: Tick): Promise<Result[]> {
    const asked = this.#workers.map(worker => askWorker(worker, { phase, task }))
    const own = new Promise<unknown>(resolve => resolve(this.#phases[phase](task as never, 0, tick)))
    const settled = await Promise.allSettled([own, ...asked])
    const errors = settled.flatMap(one => (one.status === 'rejected' ? [one.reason] : []))
    if (errors.length > 0) throw errors.find(error => error.code !== stoppedCode) ?? errors[0]
    return settled.map(one => (one as PromiseFulfilledResult<Result>).value)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A worker ends by itself once it is told that nothing follows: to end it by force can hang (nodejs/node#54918).
    for (const worker of this.#workers) worker.postMessage({ phase: 'end', task: undefined })
    await Promise.all(this.#ended)
  }
}
