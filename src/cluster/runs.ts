import { lowerAscii } from './lower-case.ts'
import { digestOf, hashingSeed, Murmur3, withBlock } from './murmur3.ts'

export const runsAtOnceMax = 64

/** Meanings of bytes that are not their own lower case. */
const separating = 0x80
const notAscii = 0xff

/** What each byte means to runs: a table to share. */
export const meaningsBy = (isSeparator: (byte: number) => boolean): Uint8Array =>
  Uint8Array.from({ length: 256 }, (_, byte) => {
    if (byte >= 0x80) return notAscii
    return isSeparator(byte) ? separating : lowerAscii(byte)
  })

/** Of the runs that were found last, by whomever: to be used before anyone reads on. */
export const digests = new Int32Array(runsAtOnceMax)

/** Finds runs of bytes between separators, and hashes them in lower case. What isn't ASCII is left to who uses it. */
export class Runs {
  /** How many of `digests` are of runs that have ended. */
  found = 0
  /** Of the run that is being read. */
  readonly hash = new Murmur3()
  readonly #meanings: Uint8Array
  readonly #keepEmpty: boolean

  /** With `keepEmpty`, there is an empty run between two separators. */
  constructor(meanings: Uint8Array, keepEmpty: boolean) {
    this.#meanings = meanings
    this.#keepEmpty = keepEmpty
  }

  /** Ends the run that is being read. */
  end(): void {
    digests[this.found++] = this.hash.digest()
    this.hash.reset()
  }

  /**
   * Reads up to the first byte that isn't ASCII, or, once `foundMax` runs are found, up to behind the separator that ended
   * the last: returns where that is, or `to`. The loop that all text goes through: its state is in variables.
   */
  readAscii(utf8: Uint8Array, from: number, to: number, foundMax: number): number {
    const meanings = this.#meanings
    let { hash, tail, length } = this.hash
    let { found } = this
    let at = from
    for (; at < to && found < foundMax; at++) {
      const byte = meanings[utf8[at]]
      if (byte < 0x80) {
        const shift = (length & 3) << 3
        length = (length + 1) | 0
        tail |= byte << shift
        if (shift === 24) {
          hash = withBlock(hash, tail)
          tail = 0
        }
      } else if (byte === notAscii) break
      else if (length !== 0 || this.#keepEmpty) {
        digests[found++] = digestOf(hash, tail, length)
        hash = hashingSeed
        tail = 0
        length = 0
      }
    }
    this.hash.hash = hash
    this.hash.tail = tail
    this.hash.length = length
    this.found = found
    return at
  }
}
