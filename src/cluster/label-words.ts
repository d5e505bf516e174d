const lettersMin = 2
const wordCharsMax = 40

/** Joiners, soft hyphens and marks of direction are in a word as if they weren't there; the zero-width space ends one. */
const wordsOf = /(?:[\p{L}\p{M}\p{N}]|(?!\u200b)\p{Cf})+/gu
const invisible = /\p{Cf}/gu
const letter = /\p{L}/gu
/** Scripts that put no spaces between words. */
const unspaced = /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]/u
const byDictionary = new Intl.Segmenter('und', { granularity: 'word' })

/** Gets a word, lower-cased, and where in the text it stood. */
export type OnWord = (word: string, from: number, to: number) => void

const isPlain = (unit: number) =>
  (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a) || (unit >= 0x30 && unit <= 0x39)
const isCandidate = (unit: number) => unit >= 0x80 || isPlain(unit)

const hasLetters = (word: string) => (word.match(letter)?.length ?? 0) >= lettersMin

/** Whether at least two of the units in `[from, to)`, all plain, are letters. */
const hasPlainLetters = (text: string, from: number, to: number): boolean => {
  let letters = 0
  for (let at = from; at < to && letters < lettersMin; at++) if (text.charCodeAt(at) > 0x39) letters++
  return letters === lettersMin
}

const isApostrophe = (character: string | undefined) => character === "'" || character === '’'

/** Halves of contractions: `don` and `t`, `ll`, `ve`. */
const isFragment = (text: string, from: number, to: number): boolean =>
  (to - from <= 2 && isApostrophe(text[from - 1])) ||
  (isApostrophe(text[to]) && /^n.t(?![\p{L}\p{M}\p{N}])/iu.test(text.slice(to - 1, to + 3)))

const plainRun = (text: string, from: number, to: number, onWord: OnWord) => {
  if (to - from > wordCharsMax || !hasPlainLetters(text, from, to) || isFragment(text, from, to)) return
  onWord(text.slice(from, to).toLowerCase(), from, to)
}

const foreignWord = (text: string, from: number, to: number, onWord: OnWord) => {
  const word = text.slice(from, to).replace(invisible, '').normalize('NFC').toLowerCase()
  if (word.length <= wordCharsMax && hasLetters(word) && !isFragment(text, from, to)) onWord(word, from, to)
}

const foreignRun = (text: string, start: number, end: number, onWord: OnWord) => {
  for (const { 0: run, index } of text.slice(start, end).matchAll(wordsOf)) {
    const from = start + index
    if (!unspaced.test(run)) foreignWord(text, from, from + run.length, onWord)
    else
      for (const { segment, index: at } of byDictionary.segment(run))
        foreignWord(text, from + at, from + at + segment.length, onWord)
  }
}

/**
 * The words of a text that a person can be shown as what it is about: letters, marks and digits only, at least two of
 * them letters, lower-cased, of bounded length. Where a script has no spaces, a dictionary finds the words.
 */
export const eachLabelWord = (text: string, onWord: OnWord): void => {
  for (let at = 0; at < text.length; ) {
    const from = at
    let isForeign = false
    for (; at < text.length && isCandidate(text.charCodeAt(at)); at++) isForeign ||= text.charCodeAt(at) >= 0x80
    if (at > from) (isForeign ? foreignRun : plainRun)(text, from, at, onWord)
    else at++
  }
}
