import { createHash } from 'node:crypto'
import type { Digest } from './files.ts'

/** Digest of bytes as they come. */
export const digestOfStream = async (pieces: AsyncIterable<Uint8Array>): Promise<Digest> => {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const piece of pieces) {
    hash.update(piece)
    bytes += piece.length
  }
  return { bytes, sha256: hash.digest('hex') }
}
