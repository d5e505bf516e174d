import { setTimeout as sleep } from 'node:timers/promises'

/** Sleeps are no longer than this, so that a stream whose reader has gone is noticed. */
const sleepMsMax = 500
/** Who was held up longer than this does not make up for it in a burst: the rest of the stream comes later. */
const lateMsMax = 100
const lineEnd = 0x0a

/** Behind the `lines`-th line end from `at` on, or the end of the block. */
const behindLines = (block: Uint8Array, at: number, lines: number) => {
  for (; lines > 0 && at < block.length; lines--) {
    const end = block.indexOf(lineEnd, at)
    at = end === -1 ? block.length : end + 1
  }
  return at
}

const countLines = (bytes: Uint8Array) => {
  let lines = 0
  for (let at = bytes.indexOf(lineEnd); at !== -1; at = bytes.indexOf(lineEnd, at + 1)) lines++
  return lines
}

/** When lines are due: the n-th at `n / rate` seconds after the first. Not a sum of sleeps, so it does not drift. */
class Schedule {
  readonly #msPerLine: number
  #dueMs = performance.now()

  constructor(rate: number) {
    this.#msPerLine = 1000 / rate
  }

  /** Waits for the next line to be due; returns how many are. */
  async due(signal: AbortSignal): Promise<number> {
    for (let early = this.#dueMs - performance.now(); early > 0; early = this.#dueMs - performance.now()) {
      await sleep(Math.min(Math.ceil(early), sleepMsMax))
      signal.throwIfAborted()
    }
    const lateMs = performance.now() - this.#dueMs
    if (lateMs > lateMsMax) this.#dueMs += lateMs - lateMsMax
    return 1 + Math.floor(Math.min(lateMs, lateMsMax) / this.#msPerLine)
  }

  sent(lines: number): void {
    this.#dueMs += lines * this.#msPerLine
  }
}

/**
 * The same bytes, in pieces that come when they are due: `rate` lines per second, evenly. A line that two blocks share
 * is due once: its second part does not wait, as only a line's end moves the schedule on.
 */
export async function* paced(
  blocks: AsyncIterable<Uint8Array>,
  rate: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const schedule = new Schedule(rate)
  for await (const block of blocks) {
    for (let at = 0, end = 0; at < block.length; at = end) {
      end = behindLines(block, at, await schedule.due(signal))
      const piece = block.subarray(at, end)
      schedule.sent(countLines(piece))
      yield piece
    }
  }
}
