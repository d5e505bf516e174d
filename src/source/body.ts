import { errnoOf, reasonOf, StreamError } from '../std/error.ts'
import type { Answer } from './asker.ts'
import { discard } from './garbage.ts'

const cut = (what: string, why: string, cause?: unknown) => new StreamError('source/cut', `${what}: ${why}`, { cause })
const tooEarly = 'the connection was closed before the end'

/** Node calls it "aborted", as if we had done it. */
const whyCut = (thrown: unknown) => (errnoOf(thrown) === 'ECONNRESET' ? tooEarly : reasonOf(thrown))

/** Ends the body if nothing comes for too long while it is waited for; a consumer may take its time. */
class Patience {
  #isWaiting = false
  readonly #timer: NodeJS.Timeout

  constructor({ body, silenceMsMax }: Answer) {
    const silent = () => {
      if (this.#isWaiting) body.destroy(new Error(`nothing came for ${silenceMsMax} ms`))
    }
    this.#timer = setTimeout(silent, silenceMsMax)
  }

  async while<T>(coming: Promise<T>): Promise<T> {
    this.#isWaiting = true
    this.#timer.refresh()
    try {
      return await coming
    } finally {
      this.#isWaiting = false
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
  }
}

/** The body as it comes; fails with code `source/cut` if it does not come to its end. */
export async function* bodyOf(answer: Answer, what: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  using patience = new Patience(answer)
  const blocks: AsyncIterator<Uint8Array> = answer.body[Symbol.asyncIterator]()
  try {
    for (;;) {
      const { done, value } = await patience.while(blocks.next())
      if (done) break
      yield value
      discard(value.length)
    }
  } catch (thrown) {
    signal?.throwIfAborted()
    throw cut(what, whyCut(thrown), thrown)
  } finally {
    await blocks.return?.()
  }
  if (!answer.body.complete) throw cut(what, tooEarly)
}

export const wholeBody = async (answer: Answer, bytesMax: number, signal?: AbortSignal): Promise<Buffer> => {
  const blocks: Uint8Array[] = []
  let bytes = 0
  for await (const block of bodyOf(answer, 'answer', signal)) {
    bytes += block.length
    if (bytes > bytesMax) throw new StreamError('source/unreachable', `the answer is longer than ${bytesMax} bytes`)
    blocks.push(block)
  }
  return Buffer.concat(blocks)
}
