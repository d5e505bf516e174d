const stepMs = 250
const steps = 8

/** How many of something come in a second, over the last two. */
export class Rate {
  readonly #counts = new Float64Array(steps + 1)
  #step = 0

  add(count: number, nowMs: number): void {
    this.#turnTo(nowMs)
    this.#counts[this.#step % this.#counts.length] += count
  }

  perSecond(nowMs: number): number {
    this.#turnTo(nowMs)
    const whole = this.#counts.reduce((sum, count) => sum + count, 0)
    const seconds = ((steps + (nowMs % stepMs) / stepMs) * stepMs) / 1000
    return Math.round((whole / seconds) * 10) / 10
  }

  #turnTo(nowMs: number) {
    const step = Math.floor(nowMs / stepMs)
    const { length } = this.#counts
    for (let at = Math.max(this.#step + 1, step - length + 1); at <= step; at++) this.#counts[at % length] = 0
    if (step > this.#step) this.#step = step
  }
}
