import { closeSync, openSync } from 'node:fs'
import { lineBytesMax } from '../chunk/chunk.ts'
import { readFully } from './files.ts'

const blockBytes = 1024 * 1024
const newline = 0x0a

export interface Line {
  /** Where in the file it begins. */
  readonly offset: number
  /** Without its `\n`; of a line that is too long nothing. Valid until the next line is asked for. */
  readonly bytes: Buffer
  /** Its length, also where `bytes` is left out. */
  readonly length: number
  readonly terminated: boolean
}

const nothing = Buffer.alloc(0)

/** Room for the carriage return and the mark that are not counted into a line's length. */
export const lineSlack = 4

/**
 * The lines of `[from, to)` of an open file, in order, in memory bounded by the longest line that is allowed; the bytes
 * of a longer one are skipped.
 */
export function* linesOf(
  fd: number,
  from: number,
  to: number,
  bytesMax = lineBytesMax + lineSlack,
  bufferBytes = blockBytes,
): Generator<Line> {
  let buffer = Buffer.allocUnsafe(bufferBytes)
  let held = 0
  let skipped = 0
  let lineAt = from
  for (let position = from; position < to; ) {
    if (held === buffer.length) {
      const larger = Buffer.allocUnsafe(buffer.length * 2)
      buffer.copy(larger, 0, 0, held)
      buffer = larger
    }
    const got = readFully(fd, buffer, held, Math.min(buffer.length - held, to - position), position)
    if (got === 0) break
    position += got
    const end = held + got
    let start = 0
    for (let close = buffer.indexOf(newline, held); close >= 0 && close < end; close = buffer.indexOf(newline, start)) {
      const length = skipped + close - start
      yield { offset: lineAt, bytes: skipped > 0 ? nothing : buffer.subarray(start, close), length, terminated: true }
      lineAt += length + 1
      skipped = 0
      start = close + 1
    }
    buffer.copyWithin(0, start, end)
    held = end - start
    if (held > bytesMax) {
      skipped += held
      held = 0
    }
  }
  const length = skipped + held
  if (length > 0)
    yield { offset: lineAt, bytes: skipped > 0 ? nothing : buffer.subarray(0, held), length, terminated: false }
}

/** The lines of a whole file, which is closed again however the reading ends. */
export function* linesIn(path: string, bytesMax?: number, bufferBytes?: number): Generator<Line> {
  const fd = openSync(path, 'r')
  try {
    yield* linesOf(fd, 0, Number.MAX_SAFE_INTEGER, bytesMax, bufferBytes)
  } finally {
    closeSync(fd)
  }
}
