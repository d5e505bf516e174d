import { setTimeout as wait } from 'node:timers/promises'
import { type Again, HdfsFault } from './webhdfs-fault.ts'
import type { HdfsLimits } from './webhdfs-limits.ts'

const isAgain = (thrown: unknown, hopeful: readonly Again[]): thrown is HdfsFault =>
  thrown instanceof HdfsFault && hopeful.includes(thrown.again)

/** Says how long to go on trying. */
export class Patience {
  readonly #limits: HdfsLimits
  readonly #msMax: number
  #since = performance.now()
  #pauseMs: number

  constructor(limits: HdfsLimits, msMax: number = limits.againMsMax) {
    this.#limits = limits
    this.#msMax = msMax
    this.#pauseMs = limits.pauseMsMin
  }

  /** Something went forward. */
  renew(): void {
    this.#since = performance.now()
    this.#pauseMs = this.#limits.pauseMsMin
  }

  /** Resolves when it is time to try again; throws what was thrown if that has no use, or has lasted long enough. */
  async pause(thrown: unknown, hopeful: readonly Again[]): Promise<void> {
    if (!isAgain(thrown, hopeful)) throw thrown
    const msMax = thrown.again === 'broken' ? this.#limits.brokenMsMax : this.#msMax
    if (performance.now() - this.#since + this.#pauseMs > msMax) throw thrown
    await wait(this.#pauseMs)
    this.#pauseMs = Math.min(this.#limits.pauseMsMax, this.#pauseMs * 2)
  }
}
