import { invisible, kindOf, letter, mark, separator } from './letters.ts'
import { lowerAscii, lowerOf } from './lower-case.ts'
import { Murmur3, runEnd } from './murmur3.ts'
import { bytesBy, codePointAt } from './utf8-code-point.ts'

const isAsciiLetter = (byte: number) => /[0-9a-z]/.test(String.fromCharCode(lowerAscii(byte)))
const asciiWord = Uint8Array.from({ length: 256 }, (_, byte) => (isAsciiLetter(byte) ? lowerAscii(byte) : runEnd))

const sigma = 0x3c3
const finalSigma = 0x3c2

/** The form that a letter is hashed in: cases of a word are one word, and so are both forms of sigma. */
const folded = (codePoint: number) => {
  const lower = lowerOf(codePoint)
  return lower === finalSigma ? sigma : lower
}

/**
 * Finds the words of a text that comes in pieces, and hashes them. A word is a run of letters, digits and marks, in lower
 * case; in scripts without spaces (Han, kana, Thai, …) it is one character with its marks. An apostrophe or a hyphen
 * separates. A word has ended once the character behind it is there, so where pieces are cut makes no difference.
 */
export class Words {
  /** Hash of the last word that ended. */
  word = 0
  /** What the word that is being read is: `letter`, `alone`, or `separator` between words. */
  kind = separator
  /** Of the word that is being read. */
  readonly hash = new Murmur3()

  /**
   * Reads well-formed UTF-8 from `from` on. Returns where the next word ended (`word` is its hash then), to go on from
   * there; `to` if none has ended before.
   */
  next(utf8: Uint8Array, from: number, to: number): number {
    let at = from
    while (at < to) {
      const byte = utf8[at]
      if (byte >= 0x80) {
        if (this.#takeWide(codePointAt(utf8, at))) at += bytesBy(byte)
        else return this.#end(at)
      } else if (asciiWord[byte] !== runEnd) {
        if (this.kind > letter) return this.#end(at)
        this.kind = letter
        at = this.hash.pushRun(utf8, at, to, asciiWord)
      } else if (this.kind === separator) at++
      else return this.#end(at)
    }
    return to
  }

  /** Whether the code point was taken; otherwise the word ends before it. */
  #takeWide(codePoint: number): boolean {
    const kind = kindOf(codePoint)
    if (kind === invisible || (kind === mark && this.kind === separator)) return true
    if (kind !== mark) {
      if (this.kind !== separator && !(kind === letter && this.kind === letter)) return false
      this.kind = kind
    }
    if (kind !== separator) this.hash.pushCodePoint(folded(codePoint))
    return true
  }

  #end(at: number): number {
    this.word = this.hash.digest()
    this.hash.reset()
    this.kind = separator
    return at
  }
}
