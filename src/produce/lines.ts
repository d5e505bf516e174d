import { isUtf8 } from 'node:buffer'
import { lineBytesMax } from '../chunk/chunk.ts'
import { StreamError } from '../std/error.ts'

const newline = 0x0a
const carryBytesMin = 4096

/** One line, `bytes[from, to)`, without its `\n`. The bytes are valid until it returns. */
export type OnLine = (bytes: Buffer, from: number, to: number) => void

/** Blocks that end anywhere → whole lines. Holds at most one unfinished line, and none longer than `lineBytesMax`. */
export class Lines {
  readonly #onLine: OnLine
  #carry: Buffer = Buffer.alloc(0)
  #carried = 0

  constructor(onLine: OnLine) {
    this.#onLine = onLine
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
    const take = isUtf8(bytes.subarray(at, Math.max(at, behind))) ? this.#onLine : this.#onCheckedLine
    while (at < behind) {
      const to = bytes.indexOf(newline, at)
      take(bytes, at, to)
      at = to + 1
    }
    if (at < bytes.length) this.#keep(bytes, at, bytes.length)
  }

  /** There is nothing more to come: hands over an unfinished last line, if there is one. */
  end(): void {
    const [line, bytes] = [this.#carry, this.#carried]
    this.#carried = 0
    if (bytes === 0) return
    this.#onCheckedLine(line, 0, bytes)
    if (line.length > carryBytesMin) this.#carry = Buffer.alloc(0)
  }

  #onCheckedLine: OnLine = (bytes, from, to) => {
    if (!isUtf8(bytes.subarray(from, to))) throw new StreamError('produce/not-utf8', 'a line is not UTF-8')
    this.#onLine(bytes, from, to)
  }

  #keep(bytes: Buffer, from: number, to: number) {
    const needed = this.#carried + to - from
    if (needed > lineBytesMax)
      throw new StreamError('produce/line-too-long', `a line is longer than ${lineBytesMax} bytes`)
    if (needed > this.#carry.length) this.#grow(needed)
    bytes.copy(this.#carry, this.#carried, from, to)
    this.#carried = needed
  }

  #grow(needed: number) {
    const carry = Buffer.allocUnsafeSlow(Math.max(carryBytesMin, Math.min(2 * needed, lineBytesMax)))
    this.#carry.copy(carry, 0, 0, this.#carried)
    this.#carry = carry
  }
}
