import { lineBytesMax } from '../chunk/chunk.ts'
import { StreamError } from '../std/error.ts'
import type { Entry } from './topic.ts'

const lineEnd = 0x0a

/**
 * Cuts the whole lines of `block` into `entries` and says how many bytes they took; what is left is the beginning of a
 * line. The block's first byte lies at `offset`. Lines are views of the block.
 */
export const cutLines = (block: Buffer, offset: number, entries: Entry[]): number => {
  let from = 0
  for (let to = block.indexOf(lineEnd); to !== -1; to = block.indexOf(lineEnd, from)) {
    entries.push({ offset: offset + from, next: offset + to + 1, line: block.subarray(from, to) })
    from = to + 1
  }
  return from
}

/** Of whole lines. */
export const hasLineLongerThan = (lines: Uint8Array, bytesMax: number): boolean => {
  if (lines.length <= bytesMax) return false
  for (let from = 0; from < lines.length; ) {
    const to = lines.indexOf(lineEnd, from)
    if (to - from > bytesMax) return true
    from = to + 1
  }
  return false
}

/** Why `lines` may not be appended, if so: every topic refuses the same. */
export const faultInLines = (lines: Uint8Array): StreamError | undefined => {
  if (lines.length > 0 && lines[lines.length - 1] !== lineEnd) {
    return new StreamError(
      'topic/line',
      `append of ${lines.length} bytes: the last line has no line end; append whole lines`,
    )
  }
  if (!hasLineLongerThan(lines, lineBytesMax)) return undefined
  return new StreamError(
    'topic/line',
    `append of ${lines.length} bytes: a line is longer than ${lineBytesMax} bytes; cut the text smaller`,
  )
}
