/** Where a text stops being UTF-8: the first byte of the ill-formed sequence. */
export interface Utf8Fault {
  readonly offset: number
  readonly byte: number
}

const isContinuation = (byte: number) => (byte & 0xc0) === 0x80
const isBetween = (byte: number, min: number, max: number) => byte >= min && byte <= max

const lengthBy = (lead: number) => (lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4)

/** RFC 3629: what may stand second forbids overlong forms, surrogates, and all behind U+10FFFF. */
const isSecond = (lead: number, byte: number) => {
  if (lead === 0xe0) return isBetween(byte, 0xa0, 0xbf)
  if (lead === 0xed) return isBetween(byte, 0x80, 0x9f)
  if (lead === 0xf0) return isBetween(byte, 0x90, 0xbf)
  if (lead === 0xf4) return isBetween(byte, 0x80, 0x8f)
  return isContinuation(byte)
}

/** Length of the well-formed character at `at`, or 0. */
const wellFormed = (text: Uint8Array, at: number, end: number) => {
  const lead = text[at]
  if (lead < 0x80) return 1
  const length = lengthBy(lead)
  if (!isBetween(lead, 0xc2, 0xf4) || at + length > end || !isSecond(lead, text[at + 1])) return 0
  for (let i = 2; i < length; i++) if (!isContinuation(text[at + i])) return 0
  return length
}

/** The first ill-formed byte before `end`, or `end`. Slow and exact; `isUtf8` is fast and only says whether. */
export const firstFault = (text: Uint8Array, end: number): number => {
  let at = 0
  for (let length = 1; at < end && length > 0; at += length) length = wellFormed(text, at, end)
  return at
}

/** How many bytes at the end may begin a character that goes on behind `end`. */
export const unfinished = (text: Uint8Array, end: number): number => {
  for (let back = 1; back <= Math.min(3, end); back++) {
    const byte = text[end - back]
    if (!isContinuation(byte)) return lengthBy(byte) > back ? back : 0
  }
  return 0
}

const ones = 0x01010101

/** Characters that begin before `end`: bytes that are no continuation, counted four at a time. */
export const countCharacters = (text: Uint8Array, end: number): number => {
  const words = new DataView(text.buffer, text.byteOffset, end)
  let continuations = 0
  let at = 0
  for (; at <= end - 4; at += 4) {
    const word = words.getInt32(at, true)
    continuations += Math.imul((word >>> 7) & (~word >>> 6) & ones, ones) >>> 24
  }
  for (; at < end; at++) if (isContinuation(text[at])) continuations++
  return end - continuations
}

/** Where the character with this number (0: the first) begins; `end` if it does not begin before. */
export const offsetOfCharacter = (text: Uint8Array, end: number, character: number): number => {
  for (let at = 0; at < end; at++) if (!isContinuation(text[at]) && character-- === 0) return at
  return end
}
