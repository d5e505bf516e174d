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

/** Not what this process was started with: it may have been started with a program on the command line. */
const execArgv = ['--disable-warning=ExperimentalWarning']

interface Member {
  readonly worker: Worker
  /** Resolves when the thread is gone, with why if it did not end by itself. */
  readonly ended: Promise<Error | undefined>
}

const start = (url: URL, thread: number): Member => {
  const worker = new Worker(url, { workerData: { thread }, trackUnmanagedFds: false, execArgv })
  let why: Error | undefined
  worker.on('error', error => (why = error))
  return { worker, ended: new Promise(resolve => worker.once('exit', () => resolve(why))) }
}

const goneError = (cause: Error | undefined) =>
  new StreamError(
    'refresh/thread',
    `a thread of refresh ended before its work: ${cause?.message ?? 'no reason given'}; try --threads 1`,
    {
      cause,
    },
  )

const ask = ({ worker, ended }: Member, order: Order): Promise<unknown> =>
  new Promise((resolve, reject) => {
    ended.then(why => reject(goneError(why)))
    worker.once('message', ({ result, error }: Answered) => {
      if (error === undefined) resolve(result)
      else reject(thrownFrom(error))
    })
    worker.postMessage(order)
  })

/**
 * Threads that do one phase after another together, this one among them: it is thread 0, and does its share
 * synchronously. Threads share file descriptors.
 */
export class Crew implements AsyncDisposable {
  readonly size: number
  readonly #members: Member[]
  readonly #phases: Phases

  constructor(size: number, phases: Phases) {
    this.size = size
    this.#phases = phases
    const url = new URL(`./worker${import.meta.url.slice(-3)}`, import.meta.url)
    this.#members = Array.from({ length: size - 1 }, (_, i) => start(url, i + 1))
  }

  /**
   * Every thread's result, in order of threads. If one fails, all have ended when this rejects with what was wrong: a
   * phase that fails must stop the others itself (`together`), since this thread is busy with its own share. `tick` is
   * called by this thread's share, now and then.
   */
  async run<Result>(phase: string, task: unknown, tick?: Tick): Promise<Result[]> {
    const asked = this.#members.map(member => ask(member, { phase, task }))
    const own = new Promise<unknown>(resolve => resolve(this.#phases[phase](task as never, 0, tick)))
    const settled = await Promise.allSettled([own, ...asked])
    const errors = settled.flatMap(one => (one.status === 'rejected' ? [one.reason] : []))
    if (errors.length > 0) throw errors.find(error => error.code !== stoppedCode) ?? errors[0]
    return settled.map(one => (one as PromiseFulfilledResult<Result>).value)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A worker ends by itself once it is told that nothing follows: to end it by force can hang (nodejs/node#54918).
    for (const { worker } of this.#members) worker.postMessage({ phase: 'end', task: undefined })
    await Promise.all(this.#members.map(({ ended }) => ended))
  }
}
