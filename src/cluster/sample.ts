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

/** Whether `a` leaves before `b` does. */
const isAbove = (a: SampledWindow, b: SampledWindow) =>
  a.priority > b.priority || (a.priority === b.priority && a.number > b.number)

/**
 * The windows of lowest priority of all that were offered, at most `max`: each has the same chance to be kept, and which
 * are kept doesn't depend on the order in which they came. Of equal priority, those of lower number stay.
 */
export class Sample {
  readonly #max: number
  /** A heap: nothing is above its parent, so the first one leaves next. */
  readonly #heap: SampledWindow[] = []

  constructor(max: number = sampleWindowsMax) {
    this.#max = max
  }

  get size(): number {
    return this.#heap.length
  }

  /** Whether a window of this priority, and of a higher number than those before it, would be kept. */
  offers(priority: number): boolean {
    return this.#heap.length < this.#max || priority < this.#heap[0].priority
  }

  /** Gives what is not in the sample any more: the window that made way, the new one itself if it is not kept, or nothing. */
  add(window: SampledWindow): SampledWindow | undefined {
    if (this.#heap.length < this.#max) {
      this.#heap.push(window)
      this.#rise(this.#heap.length - 1)
      return undefined
    }
    const first = this.#heap[0]
    if (!isAbove(first, window)) return window
    this.#heap[0] = window
    this.#sink(0)
    return first
  }

  /** By priority, then number. */
  get windows(): readonly SampledWindow[] {
    return [...this.#heap].sort((a, b) => a.priority - b.priority || a.number - b.number)
  }

  #rise(from: number) {
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#swapIfAbove(at, parent)) return
      at = parent
    }
  }

  #sink(from: number) {
    let at = from
    for (;;) {
      const left = 2 * at + 1
      if (left >= this.#heap.length) return
      const right = left + 1
      const highest = right < this.#heap.length && isAbove(this.#heap[right], this.#heap[left]) ? right : left
      if (!this.#swapIfAbove(highest, at)) return
      at = highest
    }
  }

  #swapIfAbove(child: number, parent: number): boolean {
    const heap = this.#heap
    const [a, b] = [heap[child], heap[parent]]
    if (!isAbove(a, b)) return false
    heap[child] = b
    heap[parent] = a
    return true
  }
}
