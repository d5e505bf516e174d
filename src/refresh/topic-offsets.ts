import { closeSync, fstatSync, openSync } from 'node:fs'
import { FileWriter, readFully } from './files.ts'

/** Each so many lines the place of one is written down, so that no more than these are counted to find another. */
const linesMax = 4096
const pairBytes = 16
const blockBytes = 64 * 1024
const newline = 0x0a

/** Where in a spool which offset of the topic lies: pairs of numbers in a file, one for each run of offsets. */
export class OffsetsFile implements Disposable {
  readonly #file: FileWriter
  readonly #pair = Buffer.alloc(pairBytes)
  #expected = -1
  #lines = 0

  constructor(path: string) {
    this.#file = new FileWriter(path)
  }

  /** The record of this offset begins at this byte. */
  add(byte: number, offset: number): void {
    if (offset !== this.#expected || this.#lines === linesMax) {
      this.#pair.writeDoubleLE(byte, 0)
      this.#pair.writeDoubleLE(offset, 8)
      this.#file.write(this.#pair)
      this.#lines = 0
    }
    this.#expected = offset + 1
    this.#lines++
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]()
  }
}

/** The last pair that is not behind `byte`. */
const pairBefore = (fd: number, byte: number): readonly [byte: number, offset: number] => {
  const pair = Buffer.alloc(pairBytes)
  const read = (index: number) => readFully(fd, pair, 0, pairBytes, index * pairBytes)
  let low = 0
  for (let high = fstatSync(fd).size / pairBytes - 1; low < high; ) {
    const middle = (low + high + 1) >>> 1
    read(middle)
    if (pair.readDoubleLE(0) <= byte) low = middle
    else high = middle - 1
  }
  read(low)
  return [pair.readDoubleLE(0), pair.readDoubleLE(8)]
}

const linesBetween = (fd: number, from: number, to: number): number => {
  const block = Buffer.allocUnsafe(blockBytes)
  let lines = 0
  for (let at = from; at < to; ) {
    const got = readFully(fd, block, 0, Math.min(blockBytes, to - at), at)
    if (got === 0) break
    for (let i = block.indexOf(newline); i >= 0 && i < got; i = block.indexOf(newline, i + 1)) lines++
    at += got
  }
  return lines
}

/** The topic's offset of the line that begins at `byte` of the spool. */
export const offsetAt = (spool: string, offsets: string, byte: number): number => {
  const [pairs, lines] = [openSync(offsets, 'r'), openSync(spool, 'r')]
  try {
    const [from, offset] = pairBefore(pairs, byte)
    return offset + linesBetween(lines, from, byte)
  } finally {
    closeSync(pairs)
    closeSync(lines)
  }
}
