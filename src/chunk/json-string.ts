/**
 * JSON strings as bytes: what stands between the quotes → its text as UTF-8, without a JavaScript string in between.
 * The bytes must be UTF-8 (`isUtf8`); everything else that JSON asks of a string is checked here.
 */

/**
 * What the last call saw; the next call overwrites it. A half of a surrogate pair that has no partner in its string is
 * written as U+FFFD. At a border its partner may be in the neighbouring chunk: then `joinHalves` writes the character
 * over the six bytes.
 */
export const seen = {
  /** Where reading stopped: at the closing quote for `unescapeQuoted`, at `end` for `unescapeBody`. */
  stop: 0,
  /** The low half that the string begins with, or 0. */
  first: 0,
  /** The high half that the string ends with, or 0. */
  last: 0,
  /** Halves that are neither of those two: nothing can heal them. */
  lone: 0,
}

const quote = 0x22
const backslash = 0x5c
const letterU = 0x75
const replacement = 0xfffd
const invalid = -1

const hexDigits = new Int8Array(256).fill(-1)
for (const [value, digit] of [...'0123456789abcdef'].entries()) {
  hexDigits[digit.charCodeAt(0)] = value
  hexDigits[digit.toUpperCase().charCodeAt(0)] = value
}

const simpleEscapes = new Uint8Array(256)
for (const [letter, byte] of Object.entries({ '"': 34, '\\': 92, '/': 47, b: 8, f: 12, n: 10, r: 13, t: 9 }))
  simpleEscapes[letter.charCodeAt(0)] = byte

/** Negative if one of the four is no hex digit: its sign bits survive the shifts. */
const hexAt = (from: Buffer, at: number) =>
  (hexDigits[from[at]] << 12) |
  (hexDigits[from[at + 1]] << 8) |
  (hexDigits[from[at + 2]] << 4) |
  hexDigits[from[at + 3]]

const isHigh = (unit: number) => (unit & 0xfc00) === 0xd800
const isLow = (unit: number) => (unit & 0xfc00) === 0xdc00

const lowAt = (from: Buffer, at: number, end: number) => {
  if (at + 6 > end || from[at] !== backslash || from[at + 1] !== letterU) return 0
  const unit = hexAt(from, at + 2)
  return isLow(unit) ? unit : 0
}

const writeUnit = (unit: number, to: Buffer, write: number) => {
  if (unit < 0x80) {
    to[write] = unit
    return write + 1
  }
  if (unit < 0x800) {
    to[write] = 0xc0 | (unit >> 6)
    to[write + 1] = 0x80 | (unit & 63)
    return write + 2
  }
  to[write] = 0xe0 | (unit >> 12)
  to[write + 1] = 0x80 | ((unit >> 6) & 63)
  to[write + 2] = 0x80 | (unit & 63)
  return write + 3
}

/** Writes the character of a surrogate pair, four bytes; returns the offset behind it. */
export const joinHalves = (high: number, low: number, to: Buffer, write: number): number => {
  const point = 0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff)
  to[write] = 0xf0 | (point >> 18)
  to[write + 1] = 0x80 | ((point >> 12) & 63)
  to[write + 2] = 0x80 | ((point >> 6) & 63)
  to[write + 3] = 0x80 | (point & 63)
  return write + 4
}

let next = 0

const writeHalf = (from: Buffer, at: number, begin: number, end: number, unit: number, to: Buffer, write: number) => {
  const low = isHigh(unit) ? lowAt(from, at + 6, end) : 0
  if (low !== 0) {
    next = at + 12
    return joinHalves(unit, low, to, write)
  }
  next = at + 6
  if (isHigh(unit) && (next === end || from[next] === quote)) seen.last = unit
  else if (isLow(unit) && at === begin) seen.first = unit
  else seen.lone++
  return writeUnit(replacement, to, write)
}

/** The `\u` escape whose backslash is at `at`; leaves the offset behind it in `next`. */
const unescapeUnit = (from: Buffer, at: number, begin: number, end: number, to: Buffer, write: number): number => {
  const unit = at + 6 <= end ? hexAt(from, at + 2) : invalid
  if (unit < 0) return invalid
  if ((unit & 0xf800) === 0xd800) return writeHalf(from, at, begin, end, unit, to, write)
  next = at + 6
  return writeUnit(unit, to, write)
}

/** Flags in the top bits of four bytes: a quote, a backslash or a control character. The lowest flag is right. */
const specialIn = (word: number) => {
  const q = word ^ 0x22222222
  const b = word ^ 0x5c5c5c5c
  return (((q - 0x01010101) & ~q) | ((b - 0x01010101) & ~b) | ((word - 0x20202020) & ~word)) & 0x80808080
}

const lowestFlag = (flags: number) => (31 - Math.clz32(flags & -flags)) >> 3

const viewOf = (bytes: Buffer) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

let source: Buffer = Buffer.alloc(0)
let sourceView = viewOf(source)
let target = source
let targetView = sourceView

/** Callers work on one pair of buffers for long: a view for each call would cost more than a short string does. */
const remember = (from: Buffer, to: Buffer) => {
  if (from !== source) {
    source = from
    sourceView = viewOf(from)
  }
  if (to !== target) {
    target = to
    targetView = viewOf(to)
  }
}

/**
 * The loop that everything waits for: eight bytes at a time while none is a quote, a backslash or a control character.
 * Both word tests stand in it in full, since the views must stay in registers.
 */
const unescapeUpTo = (from: Buffer, at: number, end: number, to: Buffer, write: number): number => {
  const begin = at
  const lastWord = end - 8
  remember(from, to)
  seen.first = seen.last = seen.lone = 0
  const source = sourceView
  const target = targetView
  for (;;) {
    for (; at <= lastWord; at += 8, write += 8) {
      const a = source.getInt32(at, true)
      const b = source.getInt32(at + 4, true)
      target.setInt32(write, a, true)
      target.setInt32(write + 4, b, true)
      const inA = specialIn(a)
      const inB = specialIn(b)
      if ((inA | inB) === 0) continue
      const plain = inA === 0 ? 4 + lowestFlag(inB) : lowestFlag(inA)
      at += plain
      write += plain
      break
    }
    for (;;) {
      const byte = at < end ? from[at] : quote
      if (byte === backslash) break
      if (byte === quote || byte < 0x20) {
        seen.stop = at
        return write
      }
      to[write++] = byte
      at++
    }
    if (at + 1 >= end) return invalid
    const simple = simpleEscapes[from[at + 1]]
    if (simple !== 0) {
      to[write++] = simple
      at += 2
    } else {
      if (from[at + 1] !== letterU) return invalid
      write = unescapeUnit(from, at, begin, end, to, write)
      if (write === invalid) return invalid
      at = next
    }
  }
}

/** Whether `from[at, end)` is the body of a JSON string: what `unescapeBody` finds out, without writing. */
export const isBody = (from: Buffer, at: number, end: number): boolean => {
  const lastWord = end - 8
  remember(from, target)
  const source = sourceView
  for (;;) {
    for (; at <= lastWord; at += 8) {
      const inA = specialIn(source.getInt32(at, true))
      const inB = specialIn(source.getInt32(at + 4, true))
      if ((inA | inB) === 0) continue
      at += inA === 0 ? 4 + lowestFlag(inB) : lowestFlag(inA)
      break
    }
    for (; at < end && from[at] !== backslash; at++) if (from[at] === quote || from[at] < 0x20) return false
    if (at >= end) return true
    if (at + 1 >= end) return false
    if (simpleEscapes[from[at + 1]] !== 0) at += 2
    else if (from[at + 1] === letterU && at + 6 <= end && hexAt(from, at + 2) >= 0) at += 6
    else return false
  }
}

/**
 * Unescapes the body of a JSON string, `from[at, end)`, to `to[write…]`. Returns the offset behind what it wrote, or -1
 * if this is no body of a JSON string (then some of `to` may be overwritten). `to` needs room for `end - at` bytes: a
 * text is never longer than its escaped form. Surrogate halves: see `seen`.
 */
export const unescapeBody = (from: Buffer, at: number, end: number, to: Buffer, write: number): number => {
  const written = unescapeUpTo(from, at, end, to, write)
  return written !== invalid && seen.stop === end ? written : invalid
}

/** As `unescapeBody`, up to the closing quote, which must lie before `end`; its offset is `seen.stop`. */
export const unescapeQuoted = (from: Buffer, at: number, end: number, to: Buffer, write: number): number => {
  const written = unescapeUpTo(from, at, end, to, write)
  return written !== invalid && seen.stop < end && from[seen.stop] === quote ? written : invalid
}
