import { lineBytesMax } from '../../chunk/chunk.ts'
import { lineSlack } from '../lines.ts'

const blockBytes = 4 * 1024 * 1024
const newline = 0x0a

/** Told what a part of a file holds, from front to back. */
export interface LineTarget {
  /** Whole lines, the last one perhaps without its end: `bytes[0, to)`, which is at `offset` in the file. */
  block(bytes: Buffer, to: number, offset: number): void
  /** Bytes of a line that is longer than any record may be, which begins at `offset`. */
  giant(offset: number, bytes: Buffer): void
  /** It was `length` bytes long, its line end not counted. */
  giantEnd(offset: number, length: number, terminated: boolean): void
}

/** Bytes that come in pieces → blocks of whole lines, in memory that is bounded by the longest line that is allowed. */
export class SplitLines {
  readonly #target: LineTarget
  #bytes: Buffer = Buffer.allocUnsafeSlow(blockBytes)
  #held = 0
  /** Up to here there is no newline. */
  #searched = 0
  #offset = 0
  #giantBytes = -1

  constructor(target: LineTarget) {
    this.#target = target
  }

  /** The next piece begins at this offset of its file. */
  begin(offset: number): void {
    this.#offset = offset
  }

  add(piece: Buffer): void {
    let from = this.#giantBytes < 0 ? 0 : this.#goOn(piece)
    while (from < piece.length) {
      if (this.#held === this.#bytes.length) this.#makeRoom()
      if (this.#giantBytes >= 0) {
        from += this.#goOn(piece.subarray(from))
        continue
      }
      const copied = piece.copy(this.#bytes, this.#held, from)
      this.#held += copied
      from += copied
    }
  }

  /** No more comes: of a file's last line the end may be missing. */
  end(): void {
    if (this.#giantBytes >= 0) this.#endGiant(false)
    if (this.#held > 0) this.#hand(this.#held)
  }

  #makeRoom() {
    const last = this.#bytes.lastIndexOf(newline, this.#held - 1)
    if (last >= this.#searched) return this.#hand(last + 1)
    this.#searched = this.#held
    if (this.#held > lineBytesMax + lineSlack) {
      this.#giantBytes = 0
      this.#goOn(this.#bytes.subarray(0, this.#held))
      this.#held = this.#searched = 0
      return
    }
    const larger = Buffer.allocUnsafeSlow(Math.min(2 * this.#bytes.length, lineBytesMax + lineSlack + 1))
    this.#bytes.copy(larger, 0, 0, this.#held)
    this.#bytes = larger
  }

  #hand(to: number) {
    this.#target.block(this.#bytes, to, this.#offset)
    this.#bytes.copyWithin(0, to, this.#held)
    this.#held -= to
    this.#offset += to
    this.#searched = 0
  }

  /** Gives how many of these bytes are still of the long line, its end counted. */
  #goOn(bytes: Buffer): number {
    const end = bytes.indexOf(newline)
    const own = end < 0 ? bytes : bytes.subarray(0, end)
    this.#target.giant(this.#offset, own)
    this.#giantBytes += own.length
    if (end < 0) return own.length
    this.#endGiant(true)
    return end + 1
  }

  #endGiant(terminated: boolean) {
    const length = this.#giantBytes
    this.#target.giantEnd(this.#offset, length, terminated)
    this.#offset += length + (terminated ? 1 : 0)
    this.#giantBytes = -1
  }
}
