const bytesOf = (text: string) => new Uint8Array(Buffer.from(text))

const head = bytesOf('{"chunk":"')
const tail = bytesOf('"}\n')
const border = bytesOf('"}\n{"chunk":"')

/** One step writes at most this: a border between two chunks and `\u00XX`; and the last chunk must be closed. */
const roomMin = border.length + 6 + tail.length

const backslash = 0x5c
/** Per byte: what stands behind the backslash that escapes it, or 0. */
const letters = new Uint8Array(256)
for (const [byte, letter] of ['\bb', '\tt', '\nn', '\ff', '\rr', '""', '\\\\'].map(bytesOf)) letters[byte] = letter

const isEscaped = (byte: number) => byte < 0x20 || letters[byte] !== 0
const isContinuation = (byte: number) => (byte & 0xc0) === 0x80

const escaped = 2
/** Per byte of UTF-8: how many characters it begins (0 or 1), or that JSON must escape it. */
const kinds = Uint8Array.from({ length: 256 }, (_, byte) => (isContinuation(byte) ? 0 : isEscaped(byte) ? escaped : 1))

const ones = 0x01010101
const highs = 0x80808080 | 0

/** The high bit of the first of four bytes that must be escaped (below 0x20, quote, backslash); maybe bits above it. */
const escapedIn = (word: number) => {
  const quotes = word ^ (0x22 * ones)
  const backslashes = word ^ (backslash * ones)
  return ((word - 0x20 * ones) | (quotes - ones) | (backslashes - ones)) & ~word & highs
}

const bytesBefore = (bit: number) => (31 - Math.clz32(bit & -bit)) >>> 3

/** How many of the four bytes begin a character. */
const charactersIn = (word: number) => 4 - (Math.imul((word >>> 7) & (~word >>> 6) & ones, ones) >>> 24)

const copy = (from: Uint8Array, to: Uint8Array, at: number) => {
  for (let i = 0; i < from.length; i++) to[at + i] = from[i]
  return at + from.length
}

const writeEscape = (byte: number, to: Uint8Array, at: number) => {
  if (letters[byte] === 0) return copy(bytesOf(`\\u${byte.toString(16).padStart(4, '0')}`), to, at)
  to[at] = backslash
  to[at + 1] = letters[byte]
  return at + 2
}

/**
 * Valid UTF-8, in pieces that may end anywhere, → NDJSON with `chunkSize` characters (code points) in each line's `chunk`.
 * Works on bytes alone: nothing is decoded, so that whatever the text holds comes out as it went in.
 */
export class Cutter {
  /** NDJSON lies in `out` from 0 to `length`; set it to 0 to use `out` again. */
  length = 0
  readonly #out: Uint8Array
  readonly #outWords: DataView
  readonly #chunkSize: number
  readonly #toMax: number
  #isOpen = false
  /** Characters that the open chunk still takes. */
  #left = 0

  constructor(chunkSize: number, out: Uint8Array) {
    this.#chunkSize = chunkSize
    this.#out = out
    this.#outWords = new DataView(out.buffer, out.byteOffset, out.byteLength)
    this.#toMax = out.length - roomMin
  }

  /** Takes `text` from `at` to `end` until `out` is full; returns where it stopped. */
  take(text: Uint8Array, at: number, end: number): number {
    const words = new DataView(text.buffer, text.byteOffset, text.byteLength)
    const outWords = this.#outWords
    const out = this.#out
    const toMax = this.#toMax
    let to = this.length
    let left = this.#left
    while (at < end && to <= toMax) {
      // Four bytes at a time, as long as all of them belong to the open chunk.
      while (at <= end - 4 && to <= toMax) {
        const word = words.getInt32(at, true)
        const mask = escapedIn(word)
        if (mask === 0) {
          const characters = (word & highs) === 0 ? 4 : charactersIn(word)
          if (characters > left) break
          outWords.setInt32(to, word, true)
          at += 4
          to += 4
          left -= characters
        } else {
          const plain = bytesBefore(mask)
          const letter = letters[(word >>> (plain << 3)) & 0xff]
          if ((word & highs) !== 0 || plain >= left || letter === 0) break
          outWords.setInt32(to, word, true)
          to += plain
          out[to++] = backslash
          out[to++] = letter
          at += plain + 1
          left -= plain + 1
        }
      }
      for (const stop = Math.min(end, at + 4); at < stop && to <= toMax; at++) {
        const byte = text[at]
        const kind = kinds[byte]
        if (kind !== 0 && left-- === 0) {
          to = copy(this.#isOpen ? border : head, out, to)
          this.#isOpen = true
          left = this.#chunkSize - 1
        }
        if (kind === escaped) to = writeEscape(byte, out, to)
        else out[to++] = byte
      }
    }
    this.#left = left
    this.length = to
    return at
  }

  /** Closes the last chunk; there is always room for that. */
  end(): void {
    if (this.#isOpen) this.length = copy(tail, this.#out, this.length)
    this.#isOpen = false
    this.#left = 0
  }
}
