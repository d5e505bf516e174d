import { seen, unescapeBody } from '../chunk/json-string.ts'

/** What the last call found; the next one overwrites it. */
export const measured = { bytes: 0, characters: 0 }

const backslash = 0x5c
const quote = 0x22
const letterU = 0x75
const simple = new Set([...'"\\/bfnrt'].map(letter => letter.charCodeAt(0)))

const hexAt = (line: Buffer, at: number) => {
  const text = line.toString('latin1', at, at + 4)
  return /^[0-9a-fA-F]{4}$/.test(text) ? Number.parseInt(text, 16) : -1
}

const isLow = (unit: number) => (unit & 0xfc00) === 0xdc00
const isHigh = (unit: number) => (unit & 0xfc00) === 0xd800

/** Of a pair, its high half counts for both. */
const bytesOfUnit = (unit: number) => {
  if (unit < 0x80) return 1
  if (unit < 0x800) return 2
  if (isHigh(unit)) return 4
  return isLow(unit) ? 0 : 3
}

/** How many bytes the escape at `at` takes, 0 if it is none; counts what it stands for. */
const measureEscape = (line: Buffer, at: number, to: number): number => {
  if (at + 1 >= to) return 0
  if (line[at + 1] !== letterU) {
    if (!simple.has(line[at + 1])) return 0
    measured.bytes++
    measured.characters++
    return 2
  }
  const unit = at + 6 <= to ? hexAt(line, at + 2) : -1
  if (unit < 0) return 0
  measured.bytes += bytesOfUnit(unit)
  if (!isLow(unit)) measured.characters++
  return 6
}

/**
 * Whether `line[from, to)` is the body of a JSON string (in UTF-8), and how long its text is. A surrogate pair that was
 * cut in two counts as whole.
 */
export const measureBody = (line: Buffer, from: number, to: number): boolean => {
  measured.bytes = 0
  measured.characters = 0
  let continuations = 0
  let plainFrom = from
  let at = from
  while (at < to) {
    const byte = line[at]
    if (byte >= 0x80) {
      if ((byte & 0xc0) === 0x80) continuations++
      at++
    } else if (byte === backslash) {
      measured.bytes += at - plainFrom
      measured.characters += at - plainFrom
      const length = measureEscape(line, at, to)
      if (length === 0) return false
      at += length
      plainFrom = at
    } else {
      if (byte < 0x20 || byte === quote) return false
      at++
    }
  }
  measured.bytes += at - plainFrom
  measured.characters += at - plainFrom - continuations
  return true
}

export const measureText = (text: string): void => {
  measured.bytes = Buffer.byteLength(text)
  measured.characters = 0
  for (let at = 0; at < text.length; at++) if (!isLow(text.charCodeAt(at))) measured.characters++
}

let scratch = Buffer.allocUnsafeSlow(64 * 1024)

/** The text of a body that was measured; halves of surrogate pairs stay halves. */
export const textOfBody = (line: Buffer, from: number, to: number): string => {
  if (to - from > scratch.length) scratch = Buffer.allocUnsafeSlow(2 * (to - from))
  const end = unescapeBody(line, from, to, scratch, 0)
  if ((seen.first | seen.last | seen.lone) !== 0) return JSON.parse(line.toString('utf8', from - 1, to + 1))
  return scratch.toString('utf8', 0, end)
}
