/** Heights of many blocks one below the other, of which most are only guessed. */
export class Heights {
  readonly #heights: number[] = []
  /** Where each block begins; valid up to `#valid`. */
  readonly #tops: number[] = [0]
  #valid = 0

  get count(): number {
    return this.#heights.length
  }

  height(index: number): number {
    return this.#heights[index]
  }

  set(index: number, height: number): void {
    if (this.#heights[index] === height) return
    this.#heights[index] = height
    this.#valid = Math.min(this.#valid, index)
  }

  truncate(count: number): void {
    this.#heights.length = Math.min(this.#heights.length, count)
    this.#valid = Math.min(this.#valid, count)
  }

  /** Where block `index` begins; for `count`, where all end. */
  top(index: number): number {
    for (; this.#valid < index; this.#valid++) {
      this.#tops[this.#valid + 1] = this.#tops[this.#valid] + this.#heights[this.#valid]
    }
    return this.#tops[index]
  }

  /** The block at a height, of the first `count`. */
  at(top: number, count = this.count): number {
    let low = 0
    let high = count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.top(middle) <= top) low = middle + 1
      else high = middle
    }
    return Math.max(0, low - 1)
  }
}
