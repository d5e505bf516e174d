import { createHash, type Hash } from 'node:crypto'
import { joinHalves, seen, unescapeBody } from '../chunk/json-string.ts'

const scratchBytes = 256 * 1024
const replacement = Buffer.from('\ufffd')

/** All digests unescape into this one, in turn: each empties it (`flush`) before another may use it. */
let scratch = Buffer.allocUnsafeSlow(scratchBytes)

/** Length and SHA-256 of a text as UTF-8, fed with the bodies of JSON strings; split surrogate pairs heal. */
export class TextDigest {
  #hash: Hash = createHash('sha256')
  #hashed = 0
  #filled = 0
  /** A high half at the end of the text so far: its U+FFFD is not hashed yet, for the next chunk may begin with its partner. */
  #half = 0

  /** Adds `from[at, end)`, a body of a JSON string; false, and nothing added, if it is none. Call `flush` soon. */
  add(from: Buffer, at: number, end: number): boolean {
    if (this.#filled + end - at + replacement.length > scratch.length) this.#makeRoom(end - at)
    if (this.#filled === 0 && this.#half !== 0) this.#filled = replacement.copy(scratch)
    const start = this.#filled
    const written = unescapeBody(from, at, end, scratch, start)
    if (written === -1) return false
    if (written > start) this.#append(start, written)
    return true
  }

  #append(start: number, written: number) {
    if (this.#half !== 0 && seen.first !== 0) {
      const joined = joinHalves(this.#half, seen.first, scratch, start - replacement.length)
      scratch.copyWithin(joined, start + replacement.length, written)
      written -= start + replacement.length - joined
    }
    this.#half = seen.last
    this.#filled = written
  }

  #makeRoom(bytes: number) {
    this.flush()
    const needed = bytes + 2 * replacement.length
    if (needed > scratch.length) scratch = Buffer.allocUnsafeSlow(needed)
  }

  /** Hashes what was added. Until then no other digest may be added to. */
  flush(): void {
    const to = this.#half === 0 ? this.#filled : this.#filled - replacement.length
    if (to > 0) {
      this.#hash.update(scratch.subarray(0, to))
      this.#hashed += to
    }
    this.#filled = 0
  }

  /** As of the last flush; adding may go on. */
  result(): { bytes: number; sha256: string } {
    const hash = this.#hash.copy()
    if (this.#half === 0) return { bytes: this.#hashed, sha256: hash.digest('hex') }
    return { bytes: this.#hashed + replacement.length, sha256: hash.update(replacement).digest('hex') }
  }
}
