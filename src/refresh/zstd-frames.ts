import type { Writable } from 'node:stream'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createZstdDecompress } from 'node:zlib'

/** RFC 8878, section 3.1. */
const frameMagic = 0xfd2fb528
const skippableMagic = 0x184d2a50
const dictionaryIdBytes = [0, 1, 2, 4]
const contentSizeBytes = [0, 2, 4, 8]
const rleBlock = 1

/** Bytes of a stream by number, whatever pieces they come in. */
class ByteReader {
  readonly #pieces: AsyncIterator<Buffer>
  #piece: Buffer = Buffer.alloc(0)

  constructor(pieces: AsyncIterable<Buffer>) {
    this.#pieces = pieces[Symbol.asyncIterator]()
  }

  async isAtEnd(): Promise<boolean> {
    while (this.#piece.length === 0) {
      const { done, value } = await this.#pieces.next()
      if (done) return true
      this.#piece = value
    }
    return false
  }

  /** The next `length` bytes, in pieces. */
  async *pieces(length: number): AsyncGenerator<Buffer> {
    for (let left = length; left > 0; ) {
      if (await this.isAtEnd()) throw new Error('the last frame is cut short')
      const piece = this.#piece.subarray(0, left)
      this.#piece = this.#piece.subarray(piece.length)
      left -= piece.length
      yield piece
    }
  }

  async take(length: number): Promise<Buffer> {
    return Buffer.concat(await Array.fromAsync(this.pieces(length)))
  }
}

const headerBytesAfter = (descriptor: number): number => {
  const isSingleSegment = ((descriptor >> 5) & 1) === 1
  const sizeFlag = descriptor >> 6
  const sizeBytes = sizeFlag === 0 && isSingleSegment ? 1 : contentSizeBytes[sizeFlag]
  return (isSingleSegment ? 0 : 1) + dictionaryIdBytes[descriptor & 3] + sizeBytes
}

/** All bytes of one frame, found by its blocks' own lengths: nothing is unpacked for it. */
async function* frameOf(magic: Buffer, bytes: ByteReader): AsyncGenerator<Buffer> {
  yield magic
  const descriptor = await bytes.take(1)
  yield descriptor
  yield await bytes.take(headerBytesAfter(descriptor[0]))
  for (let isLast = false; !isLast; ) {
    const header = await bytes.take(3)
    yield header
    const word = header.readUIntLE(0, 3)
    isLast = (word & 1) === 1
    yield* bytes.pieces(((word >> 1) & 3) === rleBlock ? 1 : word >> 3)
  }
  if ((descriptor[0] >> 2) & 1) yield await bytes.take(4)
}

/**
 * Unpacks all frames of a zstd stream into `target`, and ends it. Node's own unpacking stops behind the first frame
 * without a word, but files that were joined, or packed by several threads, have many.
 */
export const unpackZstd = async (packed: AsyncIterable<Buffer>, target: Writable): Promise<void> => {
  const bytes = new ByteReader(packed)
  while (!(await bytes.isAtEnd())) {
    const magic = await bytes.take(4)
    const number = magic.readUInt32LE(0)
    if ((number & 0xfffffff0) >>> 0 === skippableMagic) {
      for await (const _ of bytes.pieces((await bytes.take(4)).readUInt32LE(0)));
    } else if (number === frameMagic) {
      await pipeline(Readable.from(frameOf(magic, bytes)), createZstdDecompress(), target, { end: false })
    } else throw new Error('something that is no zstd frame follows a frame')
  }
  target.end()
}
