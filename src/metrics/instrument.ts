/** What the rooms count with: plain numbers, so that counting costs an addition. They are read when Prometheus asks. */

export class Counter {
  value = 0

  add(n = 1): void {
    this.value += n
  }
}

/** What is the case now. Left out of the answer as long as nobody has said it. */
export class Gauge {
  value: number | undefined

  set(n: number): void {
    this.value = n
  }

  add(n: number): void {
    this.value = (this.value ?? 0) + n
  }
}

/** How often a value fell into each bucket; of durations, in seconds. */
export class Histogram {
  readonly bounds: readonly number[]
  /** One more than there are bounds: the last one has what lies above all of them. */
  readonly counts: Float64Array
  sum = 0

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.counts = new Float64Array(bounds.length + 1)
  }

  observe(value: number): void {
    const { bounds } = this
    let at = 0
    while (at < bounds.length && value > bounds[at]) at++
    this.counts[at]++
    this.sum += value
  }

  /** Seconds since a moment of `performance.now()`. */
  since(ms: number): void {
    this.observe((performance.now() - ms) / 1000)
  }
}
