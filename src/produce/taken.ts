const bits = 2 ** 27
const probes = 4

/**
 * The names that are taken, in 16 MiB however many they are (a Bloom filter; the system gives it pages as they are
 * touched). A taken name is always known as such. A free one may be refused, 1 in 250 of them at ten million taken
 * ones: that costs another draw, nothing else.
 */
export class Taken {
  readonly #bits = new Uint8Array(bits / 8)
  #a = 0
  #b = 0

  /** `name[from, to)` is taken from now on. */
  add(name: Uint8Array, from = 0, to = name.length): void {
    this.#hash(name, from, to)
    for (let probe = 0; probe < probes; probe++) {
      const bit = this.#bit(probe)
      this.#bits[bit >>> 3] |= 1 << (bit & 7)
    }
  }

  has(name: Uint8Array): boolean {
    this.#hash(name, 0, name.length)
    for (let probe = 0; probe < probes; probe++) {
      const bit = this.#bit(probe)
      if ((this.#bits[bit >>> 3] & (1 << (bit & 7))) === 0) return false
    }
    return true
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
