/** Murmur3_x86_32, as Spark's HashingTF (3.0 and later) hashes the UTF-8 of a term. Hashes are signed numbers of 32 bits. */

/** The seed that Spark's HashingTF uses. */
export const hashingSeed = 42

const mixed = (block: number) => {
  const k = Math.imul(block, 0xcc9e2d51)
  return Math.imul((k << 15) | (k >>> 17), 0x1b873593)
}

const avalanche = (hash: number) => {
  let h = hash
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/** `hash` with the next four bytes, the first one lowest. */
export const withBlock = (hash: number, block: number): number => {
  const h = hash ^ mixed(block)
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0
}

/** Ends a hash: with the bytes behind its last block, the first one lowest, and the number of all bytes. */
export const digestOf = (hash: number, tail: number, length: number): number => avalanche(hash ^ mixed(tail) ^ length)

const blockAt = (bytes: Uint8Array, at: number) =>
  bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)

/** Of the bytes in `[from, to)`. */
export const murmur3 = (bytes: Uint8Array, from: number, to: number, seed: number): number => {
  let hash = seed
  let at = from
  for (; at + 4 <= to; at += 4) hash = withBlock(hash, blockAt(bytes, at))
  let tail = 0
  for (let shift = 0; at < to; at++, shift += 8) tail |= bytes[at] << shift
  return digestOf(hash, tail, to - from)
}

/** Hashes bytes as they come. Its three numbers are all its state: with the same three, another one goes on the same. */
export class Murmur3 {
  hash = hashingSeed
  /** Bytes that wait for a block of four to be full; the first one lowest. */
  tail = 0
  /** Bytes so far, modulo 2^32. */
  length = 0

  reset(): void {
    this.hash = hashingSeed
    this.tail = 0
    this.length = 0
  }

  push(byte: number): void {
    const shift = (this.length & 3) << 3
    this.tail |= byte << shift
    this.length = (this.length + 1) | 0
    if (shift === 24) this.#block()
  }

  /** The UTF-8 of one code point. */
  pushCodePoint(codePoint: number): void {
    if (codePoint < 0x80) this.push(codePoint)
    else {
      this.#pushLeads(codePoint)
      this.push(0x80 | (codePoint & 0x3f))
    }
  }

  /** Of the bytes so far. More may follow. */
  digest(): number {
    return digestOf(this.hash, this.tail, this.length)
  }

  #pushLeads(codePoint: number) {
    if (codePoint >= 0x10000) {
      this.push(0xf0 | (codePoint >>> 18))
      this.push(0x80 | ((codePoint >>> 12) & 0x3f))
    } else if (codePoint >= 0x800) this.push(0xe0 | (codePoint >>> 12))
    this.push(codePoint < 0x800 ? 0xc0 | (codePoint >>> 6) : 0x80 | ((codePoint >>> 6) & 0x3f))
  }

  #block() {
    this.hash = withBlock(this.hash, this.tail)
    this.tail = 0
  }
}
