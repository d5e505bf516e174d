import { CodePointTable } from './code-point-table.ts'
import { bytesBy, codePointAt } from './utf8-code-point.ts'

/**
 * Java writes a capital sigma as a final one if a cased letter stands before it in its word and none behind it. Its words
 * are those of its own BreakIterator, older than Unicode's: letters and digits run together, one mark such as `-`, `'`
 * or `.` between two letters joins them, and what has no width is passed over.
 */

// What a code point is to such a word. Numbers that join letters, digits or both are sums of the two.
const boundary = 0
const passedOver = 1
const letter = 2
const digit = 4
const joinsLetters = 8
const joinsDigits = 16
const cased = 32

const isCased = /[\u0345\p{Lu}\p{Ll}\p{Lt}\u02b0-\u02b8\u02c0\u02c1\u02e0-\u02e4\u037a\u1d2c-\u1d61\u2160-\u217f]/u
const standsAlone = /[\u3005\u3041-\u3094\u3099-\u309e\u30a1-\u30fe\u4e00-\u9fa5\uf900-\ufa2d]/u

const joiningOf = (character: string) => {
  if (standsAlone.test(character)) return boundary
  if (/["'.]/.test(character)) return joinsLetters | joinsDigits
  if (/[\p{Pd}\p{Pc}\u00ad\u2027]/u.test(character)) return joinsLetters
  if (/[,\u066b]/u.test(character)) return joinsDigits
  if (/[\p{Mn}\p{Me}\p{Cf}]/u.test(character)) return passedOver
  if (/[\p{L}\p{Mc}]/u.test(character)) return letter
  return /\p{N}/u.test(character) ? digit : boundary
}

const roles = new CodePointTable(codePoint => {
  const character = String.fromCodePoint(codePoint)
  return joiningOf(character) | (isCased.test(character) ? cased : 0)
})

const roleAt = (utf8: Uint8Array, at: number) => roles.of(utf8[at] < 0x80 ? utf8[at] : codePointAt(utf8, at))
const behind = (utf8: Uint8Array, at: number) => at + (utf8[at] < 0x80 ? 1 : bytesBy(utf8[at]))

const before = (utf8: Uint8Array, at: number) => {
  let start = at - 1
  while ((utf8[start] & 0xc0) === 0x80) start--
  return start
}

/** Walks one word away from its sigma: `meets` is told each role, and says whether to go on. */
class Walk {
  found = false
  #inner = letter
  #joint = 0
  readonly #isBack: boolean
  /** Going back, it met a mark that counts as cased, if something stands before it that it is a mark of. */
  #isMarked = false

  constructor(isBack: boolean) {
    this.#isBack = isBack
  }

  /** Whether the word goes on behind this one, as far as that can be said. */
  meets(role: number): boolean {
    if (role & passedOver) return this.#meetsMark(role)
    if (role & cased && !this.#joint) this.found = true
    if (this.found || role === boundary) return false
    if (role & (letter | digit)) return this.#meetsLetter(role)
    const first = this.#joint === 0
    this.#joint = role
    return first
  }

  #meetsMark(role: number) {
    const counts = (role & cased) !== 0 && this.#joint === 0
    if (this.#isBack) this.#isMarked ||= counts
    else this.found ||= counts
    return !this.found
  }

  #meetsLetter(role: number) {
    if (this.#isMarked) this.found = true
    if (this.#joint !== 0) {
      const kind = role & this.#inner & (letter | digit)
      if (!(this.#joint & (kind << 2))) return false
      this.#joint = 0
      if (role & cased) this.found = true
    }
    this.#inner = role
    return !this.found
  }
}

const casedBefore = (utf8: Uint8Array, from: number, at: number) => {
  const walk = new Walk(true)
  for (let i = at; i > from; ) {
    i = before(utf8, i)
    if (!walk.meets(roleAt(utf8, i))) break
  }
  return walk.found
}

const casedBehind = (utf8: Uint8Array, at: number, to: number) => {
  const walk = new Walk(false)
  for (let i = behind(utf8, at); i < to && walk.meets(roleAt(utf8, i)); ) i = behind(utf8, i)
  return walk.found
}

/** Whether the sigma at `at` is a final one to Java, in the text in `[from, to)`. */
export const isFinalSigma = (utf8: Uint8Array, from: number, at: number, to: number): boolean =>
  casedBefore(utf8, from, at) && !casedBehind(utf8, at, to)
