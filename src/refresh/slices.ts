import { closeSync, openSync } from 'node:fs'
import { lineBytesMax } from '../chunk/chunk.ts'
import { readFully } from './files.ts'
import type { Input } from './inputs.ts'
import { lineSlack } from './lines.ts'

/** Part of an input: the lines that begin in `[from, to)`. */
export interface Slice {
  readonly input: number
  readonly from: number
  readonly to: number
}

const newline = 0x0a
const marginBytes = 256 * 1024

/** All inputs in order of arrival, cut into slices of at most `bytesMax`. */
export const slicesOf = (inputs: readonly Input[], bytesMax: number): Slice[] =>
  inputs.flatMap(({ size }, input) =>
    Array.from({ length: Math.ceil(size / bytesMax) }, (_, i) => {
      return { input, from: i * bytesMax, to: Math.min(size, (i + 1) * bytesMax) }
    }),
  )

/** A line that is longer than any record may be, so that it was not read whole. */
export interface Giant {
  readonly offset: number
  readonly length: number
  readonly terminated: boolean
}

/** Reads slices into one buffer that grows to the longest line that is allowed beyond the slice. */
export class SliceReader {
  bytes: Buffer
  /** The whole lines of the slice that was loaded last: `bytes[from, to)`, which is at `offset` in the input. */
  from = 0
  to = 0
  offset = 0
  giant: Giant | undefined
  readonly #inputs: readonly Input[]
  readonly #fds: number[] = []

  constructor(inputs: readonly Input[], sliceBytesMax: number) {
    this.#inputs = inputs
    this.bytes = Buffer.allocUnsafeSlow(1 + sliceBytesMax + marginBytes)
  }

  close(): void {
    for (const fd of this.#fds) if (fd !== undefined) closeSync(fd)
    this.#fds.length = 0
  }

  #fd(input: number): number {
    if (this.#fds[input] !== undefined) return this.#fds[input]
    this.close()
    this.#fds[input] = openSync(this.#inputs[input].path, 'r')
    return this.#fds[input]
  }

  load({ input, from, to }: Slice): void {
    const fd = this.#fd(input)
    const { size } = this.#inputs[input]
    const base = from === 0 ? 0 : from - 1
    const wanted = Math.min(size, to + marginBytes) - base
    let held = readFully(fd, this.bytes, 0, wanted, base)
    this.giant = undefined
    this.offset = base
    this.from = from === 0 ? 0 : this.#find(0, held) + 1
    this.to = this.from
    if ((from > 0 && this.from === 0) || this.from + base >= to) return

    let searched = to - 1 - base
    for (;;) {
      const end = this.#find(searched, held)
      if (end >= 0) {
        this.to = end + 1
        return
      }
      if (base + held >= size) {
        this.to = held
        return
      }
      const lastLine = this.bytes.subarray(0, to - 1 - base).lastIndexOf(newline) + 1
      if (held - lastLine > lineBytesMax + lineSlack) {
        this.to = Math.max(this.from, lastLine)
        this.giant = this.#measure(fd, base + this.to, base + held, size)
        return
      }
      searched = held
      held = this.#readOn(fd, held, base, size)
    }
  }

  /** The first newline in `[at, end)`, or −1. */
  #find(at: number, end: number): number {
    const found = this.bytes.indexOf(newline, at)
    return found < end ? found : -1
  }

  #readOn(fd: number, held: number, base: number, size: number): number {
    if (held === this.bytes.length) {
      const larger = Buffer.allocUnsafeSlow(this.bytes.length + lineBytesMax / 4)
      this.bytes.copy(larger, 0, 0, held)
      this.bytes = larger
    }
    return held + readFully(fd, this.bytes, held, Math.min(this.bytes.length, size - base) - held, base + held)
  }

  #measure(fd: number, offset: number, at: number, size: number): Giant {
    const piece = Buffer.allocUnsafe(marginBytes)
    while (at < size) {
      const got = readFully(fd, piece, 0, Math.min(piece.length, size - at), at)
      if (got === 0) break
      const end = piece.subarray(0, got).indexOf(newline)
      if (end >= 0) return { offset, length: at + end - offset, terminated: true }
      at += got
    }
    return { offset, length: at - offset, terminated: false }
  }
}
