import type { MessagePort } from 'node:worker_threads'
import { type Said, saidHere } from './said.ts'

/** A thread that is busy, as with fitting a model, is not waited for any longer: what it said last counts. */
const answerMsMax = 1_500

/** In a thread: lets the one that has the other end of the port ask what the rooms here count. */
export const answerMetrics = (port: MessagePort): void => {
  port.on('message', async () => port.postMessage(await saidHere(answerMsMax)))
  port.unref()
}

class Thread implements Disposable {
  readonly #port: MessagePort
  #last: readonly Said[] = []
  #answer = Promise.withResolvers<void>()
  #asking: Promise<void> | undefined

  constructor(port: MessagePort) {
    this.#port = port
    port.on('message', (said: readonly Said[]) => {
      this.#last = said
      this.#answer.resolve()
    })
    port.unref()
  }

  /** Whoever asks while it is asked gets that answer. */
  async ask(): Promise<readonly Said[]> {
    this.#asking ??= this.#ask()
    await this.#asking
    return this.#last
  }

  async #ask(): Promise<void> {
    this.#answer = Promise.withResolvers()
    const timer = setTimeout(this.#answer.resolve, answerMsMax)
    this.#port.postMessage('ask')
    await this.#answer.promise
    clearTimeout(timer)
    this.#asking = undefined
  }

  [Symbol.dispose](): void {
    threads.delete(this)
    this.#answer.resolve()
    this.#port.close()
  }
}

const threads = new Set<Thread>()

/** What a thread counts is added to what is counted here, until this is disposed of. */
export const watchThread = (port: MessagePort): Disposable => {
  const thread = new Thread(port)
  threads.add(thread)
  return thread
}

export const saidInThreads = async (): Promise<readonly Said[]> =>
  (await Promise.all([...threads].map(thread => thread.ask()))).flat()
