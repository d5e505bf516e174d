/** Murmur3_x86_32, as Spark's HashingTF (3.0 and later) hashes the UTF-8 of a term. */

/** The seed that Spark's HashingTF uses. */
export const hashingSeed = 42

/** In a map of bytes: here a run ends. */
export const runEnd = 0xff

const mixed = (block: number) => {
  const k = Math.imul(block, 0xcc9e2d51)
  return Math.imul((k << 15) | (k >>> 17), 0x1b873593)
}

const withBlock = (hash: number, block: number) => {
  const h = hash ^ mixed(block)
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0
}

const avalanche = (hash: number) => {
  let h = hash
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/** Hashes bytes as they come. Its three numbers are all its state: with the same three, another one goes on the same. */
export class Murmur3 {
  hash = hashingSeed
  /** Bytes that wait for a block of four to be full; the first one lowest. */
  tail = 0
  /** Bytes so far, modulo 2^32. */
  length = 0

  reset(seed = hashingSeed): void {
    this.hash = seed
    this.tail = 0
    this.length = 0
  }

  push(byte: number): void {
    const shift = (this.length & 3) << 3
    this.tail |= byte << shift
    this.length = (this.length + 1) | 0
    if (shift === 24) this.#block()
  }

  /** Takes bytes, each as `map` has it, up to the first that it maps to `runEnd`. Returns where that is, or `to`. */
  pushRun(bytes: Uint8Array, from: number, to: number, map: Uint8Array): number {
    let { hash, tail, length } = this
    let at = from
    for (; at < to; at++) {
      const byte = map[bytes[at]]
      if (byte === runEnd) break
      const shift = (length++ & 3) << 3
      tail |= byte << shift
      if (shift === 24) {
        hash = withBlock(hash, tail)
        tail = 0
      }
    }
    this.hash = hash
    this.tail = tail
    this.length = length | 0
    return at
  }

  /** The UTF-8 of one code point. */
  pushCodePoint(codePoint: number): void {
    if (codePoint < 0x80) this.push(codePoint)
    else {
      if (codePoint < 0x800) this.push(0xc0 | (codePoint >>> 6))
      else this.#pushLeads(codePoint)
      this.push(0x80 | (codePoint & 0x3f))
    }
  }

  /** Of the bytes so far, as a signed number of 32 bits. More may follow. */
  digest(): number {
    return avalanche(this.hash ^ mixed(this.tail) ^ this.length)
  }

  #pushLeads(codePoint: number) {
    if (codePoint < 0x10000) this.push(0xe0 | (codePoint >>> 12))
    else {
      this.push(0xf0 | (codePoint >>> 18))
      this.push(0x80 | ((codePoint >>> 12) & 0x3f))
    }
    this.push(0x80 | ((codePoint >>> 6) & 0x3f))
  }

  #block() {
    this.hash = withBlock(this.hash, this.tail)
    this.tail = 0
  }
}

const asItIs = Uint8Array.from({ length: 256 }, (_, byte) => byte)

/** Of the bytes in `[from, to)`, as a signed number of 32 bits. */
export const murmur3 = (bytes: Uint8Array, from: number, to: number, seed: number): number => {
  const hash = new Murmur3()
  hash.reset(seed)
  for (let at = from; at < to; at++) {
    at = hash.pushRun(bytes, at, to, asItIs)
    if (at < to) hash.push(runEnd)
  }
  return hash.digest()
}
