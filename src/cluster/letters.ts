import { CodePointTable } from './code-point-table.ts'

/** What a code point is to words. */
export const separator = 0
/** A letter or a digit: goes on with the word in front of it. */
export const letter = 1
/** Of a script without spaces between words: begins a word, which nothing but marks goes on with. */
export const alone = 2
/** An accent or a vowel sign: goes on with whatever word is in front of it, and is nothing without one. */
export const mark = 3
/** Joiners, soft hyphens and the like: as if it weren't there. */
export const invisible = 4

const spaceless =
  /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Bopomofo}\p{scx=Yi}\p{scx=Tangut}\p{scx=Nushu}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}\p{scx=Tai_Le}\p{scx=New_Tai_Lue}\p{scx=Tai_Tham}\p{scx=Tai_Viet}\p{scx=Ahom}]/u

const zeroWidthSpace = 0x200b

const kinds = new CodePointTable(codePoint => {
  const character = String.fromCodePoint(codePoint)
  if (/\p{M}/u.test(character)) return mark
  if (/[\p{L}\p{N}]/u.test(character)) return spaceless.test(character) ? alone : letter
  return /\p{Cf}/u.test(character) && codePoint !== zeroWidthSpace ? invisible : separator
})

export const kindOf = (codePoint: number): number => kinds.of(codePoint)
