import { setTimeout as sleep } from 'node:timers/promises'
import { backoffMsMax, backoffMsMin } from './limits.ts'

/** Waits between tries, longer from one to the next, and knows when it was too long. */
export class Patience {
  #since: number | undefined
  #waitMs = backoffMsMin

  /** Something worked. */
  reset(): void {
    this.#since = undefined
    this.#waitMs = backoffMsMin
  }

  /** False if it has not worked for `outageMsMax`, or the signal aborted; otherwise waits a while. */
  async goOn(outageMsMax: number, signal?: AbortSignal): Promise<boolean> {
    const now = performance.now()
    this.#since ??= now
    const leftMs = outageMsMax - (now - this.#since)
    if (leftMs <= 0 || signal?.aborted) return false
    await sleep(Math.min(this.#waitMs, leftMs), undefined, signal === undefined ? {} : { signal }).catch(() => {})
    this.#waitMs = Math.min(this.#waitMs * 2, backoffMsMax)
    return !signal?.aborted
  }
}
