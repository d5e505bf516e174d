import { closeSync, openSync } from 'node:fs'
import { FileWriter, readFully } from './files.ts'
import type { Input } from './inputs.ts'
import { offsetAt } from './topic-offsets.ts'

/** A multiple of three, so that base64 of the pieces joins to base64 of the whole. */
export const pieceBytesMax = 3 * 256 * 1024

/** A malformed line: where it lies, and why it is none. */
export interface MalformedLine {
  readonly input: Input
  readonly offset: number
  readonly length: number
  readonly reason: string
}

/** What stands before the bytes of a malformed line, which are in base64, and behind them. */
export const malformedHead = (input: string, offset: number, reason: string): Buffer =>
  Buffer.from(`{"input":${JSON.stringify(input)},"offset":${offset},"reason":${JSON.stringify(reason)},"bytes":"`)
export const malformedTail = Buffer.from('"}\n')

/** 1 if the line end is `\r\n`, for then its `\r` is none of the line. */
const carriageReturnAt = (fd: number, last: number): number => {
  const byte = Buffer.alloc(1)
  return readFully(fd, byte, 0, 1, last) === 1 && byte[0] === 0x0d ? 1 : 0
}

/** Writes `_malformed.ndjson`, or a part of it; the raw bytes are read again from the input, piece by piece. */
export class MalformedFile implements Disposable {
  readonly #file: FileWriter
  count = 0

  constructor(path: string) {
    this.#file = new FileWriter(path)
  }

  get length(): number {
    return this.#file.length
  }

  add({ input: { name, path, topic }, offset, length, reason }: MalformedLine): void {
    this.count++
    const place = topic === undefined ? offset : offsetAt(path, topic.offsets, offset)
    this.#file.write(malformedHead(name, place, reason))
    this.#base64(path, offset, length)
    this.#file.write(malformedTail)
  }

  flush(): void {
    this.#file.flush()
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]()
  }

  #base64(path: string, offset: number, lineLength: number) {
    const fd = openSync(path, 'r')
    try {
      const length = lineLength - carriageReturnAt(fd, offset + lineLength - 1)
      const piece = Buffer.allocUnsafe(Math.min(pieceBytesMax, length))
      for (let done = 0; done < length; ) {
        const got = readFully(fd, piece, 0, Math.min(piece.length, length - done), offset + done)
        if (got === 0) break
        this.#file.write(Buffer.from(piece.toString('base64', 0, got)))
        done += got
      }
    } finally {
      closeSync(fd)
    }
  }
}
