/**
 * Characters that would not be seen, or would move others about: controls, marks of the writing direction, separators,
 * empty and tag characters. Joiners stay: scripts and emoji need them. A line feed and a tab are text.
 */
const hidden =
  /(?![\n\t])[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu

/** What stands for such a character: a picture of it where Unicode has one, else its number. */
export const pictureOf = (character: string): string => {
  const code = character.codePointAt(0)!
  if (code < 0x20) return String.fromCharCode(0x2400 + code)
  if (code === 0x7f) return '␡'
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
}

/** A text of which every character can be seen. For names and excerpts, where a line end is a line end. */
export const visible = (text: string): string => text.replaceAll('\r\n', '\n').replace(hidden, pictureOf)

/** The same in one line. */
export const visibleLine = (text: string): string => visible(text).replace(/[\n\t]/g, pictureOf)

export interface Run {
  readonly text: string
  /** Where `text` is a character that is not seen: what to show for it. */
  readonly picture?: string
}

/** The text in runs that, joined, are exactly it. A CR before its LF is a line end, and needs no picture. */
export const runsOf = (text: string): Run[] => {
  const runs: Run[] = []
  let from = 0
  for (const { 0: character, index } of text.matchAll(hidden)) {
    if (character === '\r' && text[index + 1] === '\n') continue
    if (index > from) runs.push({ text: text.slice(from, index) })
    runs.push({ text: character, picture: pictureOf(character) })
    from = index + character.length
  }
  if (from < text.length) runs.push({ text: text.slice(from) })
  return runs
}
