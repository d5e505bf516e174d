import { harmless } from '../std/terminal.ts'

/** Two columns of a terminal each, by Unicode's East Asian Width; emoji beside them. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1aff0}-\u{1b2ff}\u{1f1e6}-\u{1f1ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u
const zero = /^[\p{Mn}\p{Me}\p{Cf}]+$/u
const plain = /^[\x20-\x7e]*$/

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

const widthOfOne = (grapheme: string) => (zero.test(grapheme) ? 0 : wide.test(grapheme) ? 2 : 1)

/** How many columns of a terminal a line takes. */
export const widthOf = (line: string): number => {
  if (plain.test(line)) return line.length
  let width = 0
  for (const { segment } of graphemes.segment(line)) width += widthOfOne(segment)
  return width
}

/** The beginning of a line that fits into so many columns, with a mark where more follows. */
export const fit = (line: string, width: number): string => {
  if (plain.test(line)) return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`
  if (line.length <= 2 * width && widthOf(line) <= width) return line
  let fitting = ''
  let used = 0
  for (const { segment } of graphemes.segment(line)) {
    used += widthOfOne(segment)
    if (used >= width) return `${fitting}…`
    fitting += segment
  }
  return fitting
}

export const pad = (line: string, width: number, isRight: boolean): string => {
  const space = ' '.repeat(Math.max(0, width - widthOf(line)))
  return isRight ? space + line : line + space
}

/** Of a long text no more than this is looked at to be shown. */
const shownCharactersMax = 4096

/** One line that is safe to show, of a text that may be long. */
export const shown = (text: string): string => {
  if (text.length > shownCharactersMax) return `${harmless(text.slice(0, shownCharactersMax).toWellFormed())}…`
  return plain.test(text) ? text : harmless(text)
}
