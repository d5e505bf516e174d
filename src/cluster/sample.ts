import type { SampledWindow } from './cluster.ts'

/** Windows that a model is fitted on, at most. */
export const sampleWindowsMax = 4096

/** Mixes the bits of a 32-bit number so that each depends on all (the finaliser of MurmurHash3, which is a bijection). */
const mixed = (bits: number) => {
  let h = bits
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/** Where an answer's window stands, as 32 bits that look like chance: the same for the same answer and window, always. */
export const priorityOf = (answerHash: number, window: number): number =>
  mixed(mixed(answerHash ^ 0x9e3779b9) + Math.imul(window, 0x9e3779b1)) >>> 0

/**
 * The windows of lowest priority of all that were offered, at most `max`: each has the same chance to be kept, and which
 * are kept doesn't depend on the order in which they came. Of equal priority, those of lower number stay.
 */
export class Sample {
  readonly #max: number
  /** A heap: none is above its parent, so the first one leaves next. */
  readonly #heap: SampledWindow[] = []
  /** Theirs, side by side: to look into windows all over the memory would take longer than all the rest. */
  readonly #priorities: Float64Array

  constructor(max: number = sampleWindowsMax) {
    this.#max = max
    this.#priorities = new Float64Array(max)
  }

  get size(): number {
    return this.#heap.length
  }

  /** Whether a window of this priority, and of a higher number than those before it, would be kept. */
  offers(priority: number): boolean {
    return this.#heap.length < this.#max || priority < this.#priorities[0]
  }

  /** Gives what is not in the sample any more: the window that made way, the new one itself if it is not kept, or nothing. */
  add(window: SampledWindow): SampledWindow | undefined {
    const size = this.#heap.length
    if (size < this.#max) {
      this.#put(size, window)
      this.#rise(size)
      return undefined
    }
    const first = this.#heap[0]
    if (first.priority < window.priority || (first.priority === window.priority && first.number < window.number))
      return window
    this.#put(0, window)
    this.#sink()
    return first
  }

  /** By priority, then number. */
  get windows(): readonly SampledWindow[] {
    return [...this.#heap].sort((a, b) => a.priority - b.priority || a.number - b.number)
  }

  #put(at: number, window: SampledWindow) {
    this.#heap[at] = window
    this.#priorities[at] = window.priority
  }

  /** Whether the one at `a` leaves before the one at `b`. */
  #isAbove(a: number, b: number): boolean {
    const gap = this.#priorities[a] - this.#priorities[b]
    return gap === 0 ? this.#heap[a].number > this.#heap[b].number : gap > 0
  }

  #rise(from: number) {
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#isAbove(at, parent)) return
      this.#swap(at, parent)
      at = parent
    }
  }

  #sink() {
    const size = this.#heap.length
    for (let at = 0, child = 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && this.#isAbove(child + 1, child)) child++
      if (!this.#isAbove(child, at)) return
      this.#swap(child, at)
      at = child
    }
  }

  #swap(a: number, b: number) {
    const window = this.#heap[a]
    this.#put(a, this.#heap[b])
    this.#put(b, window)
  }
}
