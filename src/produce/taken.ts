const bits = 2 ** 27
const pageBits = 2 ** 16
const probes = 4

export const pageBytes = pageBits / 8

/**
 * The names that are taken, in at most 16 MiB however many they are (a Bloom filter, whose pages are made as they are
 * needed). A taken name is always known as such. A free one may be refused, 1 in 250 of them at ten million taken
 * ones: that costs another draw, nothing else.
 */
export class Taken {
  readonly #pages: (Uint8Array | undefined)[] = []
  #a = 0
  #b = 0

  /** `name[from, to)` is taken from now on. */
  add(name: Uint8Array, from = 0, to = name.length): void {
    this.#hash(name, from, to)
    for (let probe = 0; probe < probes; probe++) {
      const bit = this.#bit(probe)
      this.#page(bit)[(bit % pageBits) >>> 3] |= 1 << (bit & 7)
    }
  }

  has(name: Uint8Array): boolean {
    this.#hash(name, 0, name.length)
    for (let probe = 0; probe < probes; probe++) {
      const bit = this.#bit(probe)
      const page = this.#pages[Math.floor(bit / pageBits)]
      if (page === undefined || (page[(bit % pageBits) >>> 3] & (1 << (bit & 7))) === 0) return false
    }
    return true
  }

  /** All that is known, as pages by their numbers. */
  *pages(): Generator<readonly [number: number, page: Uint8Array]> {
    for (const [number, page] of this.#pages.entries()) if (page !== undefined) yield [number, page]
  }

  /** What was taken when `pages` gave this one is taken here, too. */
  addPage(number: number, page: Uint8Array): void {
    const own = this.#pages[number]
    if (own === undefined) this.#pages[number] = new Uint8Array(page)
    else for (let at = 0; at < own.length; at++) own[at] |= page[at]
  }

  #page(bit: number): Uint8Array {
    const number = Math.floor(bit / pageBits)
    this.#pages[number] ??= new Uint8Array(pageBytes)
    return this.#pages[number]
  }

  #bit(probe: number) {
    return (this.#a + Math.imul(probe, this.#b)) & (bits - 1)
  }

  #hash(name: Uint8Array, from: number, to: number) {
    let a = 0x811c9dc5
    let b = 0x9e3779b9
    for (let at = from; at < to; at++) {
      a = Math.imul(a ^ name[at], 0x01000193)
      b = Math.imul(b ^ name[at], 0x85ebca6b)
      b ^= b >>> 15
    }
    this.#a = a ^ (a >>> 13)
    this.#b = b | 1
  }
}
