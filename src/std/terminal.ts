/**
 * Controls, marks that turn the writing direction, separating and empty characters (not the joiners, which scripts and emoji need), halves of surrogate pairs:
 * whatever could move a cursor, ring, colour, or make a line read as something else.
 */
const harmful =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu

const pictureOf = (character: string) => {
  const code = character.codePointAt(0)!
  if (code === 0x0a) return '⏎'
  if (code < 0x20) return String.fromCharCode(0x2400 + code)
  if (code === 0x7f) return '␡'
  return `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`
}

/** A text as one line that is safe to show on a terminal, whatever it holds. Nothing of it is left out. */
export const harmless = (text: string): string => text.replace(harmful, pictureOf)
