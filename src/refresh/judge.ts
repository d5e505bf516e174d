import { type Chunk, lineBytesMax } from '../chunk/chunk.ts'
import { decode, isMalformed, type Malformed } from '../chunk/codec.ts'
import { type Line, lineSlack } from './lines.ts'

export const tooLong = `longer than ${lineBytesMax} bytes`

/** A record, or why it is none. `open` is a last line without its end: somebody may still be writing it. */
export type Verdict = Chunk | Malformed | 'blank' | 'open'

/** What a line of a log is; every runner asks this, or `FastLine`, which accepts nothing that this does not. */
export const judge = ({ bytes, length, terminated }: Omit<Line, 'offset'>): Verdict => {
  const decoded = length > lineBytesMax + lineSlack ? { malformed: tooLong } : decode(bytes)
  if (decoded === undefined) return 'blank'
  return isMalformed(decoded) && !terminated ? 'open' : decoded
}
