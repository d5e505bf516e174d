import { isUtf8 } from 'node:buffer'
import { lineBytesMax } from '../chunk/chunk.ts'
import { StreamError } from '../std/error.ts'

const newline = 0x0a
const carryBytesMin = 4096

/** One line, `bytes[from, to)`, without its `\n`. The bytes are valid until it returns. */
export type OnLine = (bytes: Buffer, from: number, to: number) => void

/**
 * What is done about a line that is not UTF-8 or too long: `refuse` throws; `pass` hands it on as it is, but not more
 * of it than shows that it is too long.
 */
export type FaultyLines = 'refuse' | 'pass'

/** Blocks that end anywhere → whole lines. Holds at most one unfinished line, and none longer than `lineBytesMax`. */
export class Lines {
  /** Of the line that is handed over: its place among the lines, from 1, and the offset of its first byte. */
  number: number
  offset = 0
  readonly #onLine: OnLine
  readonly #faulty: FaultyLines
  #carry: Buffer = Buffer.alloc(0)
  #carried = 0
  #dropped = 0

  constructor(onLine: OnLine, faulty: FaultyLines = 'refuse', before = 0) {
    this.#onLine = onLine
    this.#faulty = faulty
    this.number = before
  }

  push(block: Uint8Array): void {
    const bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength)
    let at = 0
    if (this.#carried > 0) {
      const to = bytes.indexOf(newline)
      this.#keep(bytes, 0, to === -1 ? bytes.length : to)
      if (to === -1) return
      this.end()
      at = to + 1
    }
    const behind = bytes.lastIndexOf(newline) + 1
    if (at < behind) this.#take(bytes, at, behind)
    if (behind < bytes.length) this.#keep(bytes, Math.max(at, behind), bytes.length)
  }

  #take(bytes: Buffer, at: number, behind: number) {
    const isChecked = this.#faulty === 'pass' || isUtf8(bytes.subarray(at, behind))
    while (at < behind) {
      const to = bytes.indexOf(newline, at)
      this.#hand(bytes, at, to, isChecked)
      at = to + 1
    }
  }

  #hand(bytes: Buffer, from: number, to: number, isChecked: boolean) {
    this.number++
    if (!isChecked && !isUtf8(bytes.subarray(from, to)))
      throw new StreamError('produce/not-utf8', `line ${this.number} is not UTF-8`)
    this.#onLine(bytes, from, to)
    this.offset += to - from + 1
  }

  /** There is nothing more to come: hands over an unfinished last line, if there is one. */
  end(): void {
    const [line, bytes] = [this.#carry, this.#carried]
    if (bytes === 0) return
    this.#carried = 0
    if (line.length > carryBytesMin) this.#carry = Buffer.alloc(0)
    this.#hand(line, 0, bytes, this.#faulty === 'pass')
    this.offset += this.#dropped
    this.#dropped = 0
  }

  #keep(bytes: Buffer, from: number, to: number) {
    const excess = this.#carried + to - from - (lineBytesMax + 1)
    if (excess > 0) this.#tooLong()
    const kept = Math.max(from, excess > 0 ? to - excess : to)
    this.#dropped += to - kept
    if (this.#carried + kept - from > this.#carry.length) this.#grow(this.#carried + kept - from)
    bytes.copy(this.#carry, this.#carried, from, kept)
    this.#carried += kept - from
  }

  #tooLong() {
    if (this.#faulty === 'pass') return
    throw new StreamError('produce/line-too-long', `line ${this.number + 1} is longer than ${lineBytesMax} bytes`)
  }

  #grow(needed: number) {
    const carry = Buffer.allocUnsafeSlow(Math.max(carryBytesMin, Math.min(2 * needed, lineBytesMax + 1)))
    this.#carry.copy(carry, 0, 0, this.#carried)
    this.#carry = carry
  }
}
