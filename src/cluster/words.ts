import { alone, invisible, kindOf, letter, mark, separator } from './letters.ts'
import { lowerAscii, lowerOf } from './lower-case.ts'
import { meaningsBy, Runs } from './runs.ts'
import { bytesBy, codePointAt } from './utf8-code-point.ts'

const sigma = 0x3c3
const finalSigma = 0x3c2

/** The form that a letter is hashed in: cases of a word are one word, and so are both forms of sigma. */
const folded = (codePoint: number) => {
  const lower = lowerOf(codePoint)
  return lower === finalSigma ? sigma : lower
}

const isSeparator = (byte: number) => !/[0-9a-z]/.test(String.fromCharCode(lowerAscii(byte)))
const meanings = meaningsBy(isSeparator)

/**
 * Finds the words of a text that comes in pieces, and hashes them. A word is a run of letters, digits and marks, in lower
 * case; in scripts without spaces (Han, kana, Thai, …) it is one character with its marks. An apostrophe or a hyphen
 * separates. A word has ended once the character behind it is there, so where pieces are cut makes no difference.
 */
export class Words {
  /** What the word that is being read is: `letter`, `alone`, or `separator` between words. */
  kind = separator
  readonly runs = new Runs(meanings, false)

  /**
   * Reads well-formed UTF-8 until `foundMax` words have ended; `digests` has them. Returns where the last of them ended, or
   * `to`.
   */
  read(utf8: Uint8Array, from: number, to: number, foundMax: number): number {
    const runs = this.runs
    runs.found = 0
    let at = from
    while (at < to && runs.found < foundMax) {
      if (utf8[at] >= 0x80) {
        if (this.#takes(codePointAt(utf8, at))) at += bytesBy(utf8[at])
        else this.#end()
      } else if (this.kind === alone) this.#end()
      else at = this.#readAscii(utf8, at, to, foundMax)
    }
    return at
  }

  #readAscii(utf8: Uint8Array, from: number, to: number, foundMax: number): number {
    const at = this.runs.readAscii(utf8, from, to, foundMax)
    this.kind = this.runs.hash.length === 0 ? separator : letter
    return this.runs.found === foundMax ? at - 1 : at
  }

  /** Whether the code point was taken; otherwise the word ends before it. */
  #takes(codePoint: number): boolean {
    const kind = kindOf(codePoint)
    if (kind === invisible || (kind === mark && this.kind === separator)) return true
    if (kind !== mark) {
      if (this.kind !== separator && !(kind === letter && this.kind === letter)) return false
      this.kind = kind
    }
    if (kind !== separator) this.runs.hash.pushCodePoint(folded(codePoint))
    return true
  }

  #end() {
    this.runs.end()
    this.kind = separator
  }
}
