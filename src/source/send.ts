import type { ServerResponse } from 'node:http'
import { StreamError } from '../std/error.ts'
import { firstBlockSeconds, sentBytes } from './metrics.ts'

/**
 * A reader that takes nothing for so long is given up. It has to be long: Linux tells us of what was taken only in steps
 * of about a megabyte, so that this bounds how slowly somebody may read (2 kB/s) as well as how long one may stop.
 */
export const readerSilenceMsMax = 600_000

const gone = (why: string) => new StreamError('source/reader-gone', why)

/** One response's body. A write resolves when the system has taken it, so that no more than one block waits in memory. */
class Outlet {
  readonly #response: ServerResponse
  #settle: ((error?: Error | null) => void) | undefined

  constructor(response: ServerResponse, silenceMsMax: number) {
    this.#response = response
    response.on('close', () => this.#settle?.(gone('the reader closed the connection')))
    // Node re-arms this with every byte that the reader takes. Between two writes it is we who are silent.
    response.setTimeout(silenceMsMax, () => {
      if (this.#settle !== undefined) this.#fail(gone(`the reader took nothing for ${silenceMsMax} ms`))
    })
  }

  write(block: Uint8Array): Promise<void> {
    return this.#settled(done => this.#response.write(block, done))
  }

  end(): Promise<void> {
    return this.#settled(done => this.#response.end(done))
  }

  #fail(error: Error): void {
    this.#response.destroy()
    this.#settle?.(error)
  }

  #settled(act: (done: (error?: Error | null) => void) => void): Promise<void> {
    if (this.#response.destroyed) return Promise.reject(gone('the reader closed the connection'))
    return new Promise((resolve, reject) => {
      this.#settle = error => {
        this.#settle = undefined
        if (error) reject(error)
        else resolve()
      }
      act(error => this.#settle?.(error))
    })
  }
}

/**
 * Sends the blocks as the response's body. If they fail, or the reader has gone, the connection is destroyed, so that a
 * client sees the cut, and the reason is thrown. `sinceMs` is when it was asked for.
 */
export const send = async (
  response: ServerResponse,
  blocks: AsyncIterable<Uint8Array>,
  silenceMsMax = readerSilenceMsMax,
  sinceMs = performance.now(),
): Promise<void> => {
  const outlet = new Outlet(response, silenceMsMax)
  let isFirst = true
  try {
    for await (const block of blocks) {
      await outlet.write(block)
      sentBytes.add(block.length)
      if (isFirst) firstBlockSeconds.since(sinceMs)
      isFirst = false
    }
    await outlet.end()
  } catch (thrown) {
    response.destroy()
    throw thrown
  }
}
