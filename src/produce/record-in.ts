import type { Chunk } from '../chunk/chunk.ts'
import { decode, isMalformed } from '../chunk/codec.ts'

/** The record in a line; none in a line that is blank or malformed. */
export const recordIn = (line: Uint8Array): Chunk | undefined => {
  const decoded = decode(line)
  return decoded === undefined || isMalformed(decoded) ? undefined : decoded
}
