import type { FileHandle } from 'node:fs/promises'
import { reasonOf, StreamError } from '../std/error.ts'
import { type Version, versionOf } from './content.ts'
import { Cutter } from './cutter.ts'

/** What a stream holds in memory: a piece of the text, and a block of its NDJSON. */
const textBytesMax = 128 * 1024
const blockBytesMax = 64 * 1024
const blockBytesMin = 1024

export interface Piece {
  /** For messages. */
  readonly what: string
  /** Called when the reading begins, so that a stream which nobody reads holds nothing. */
  readonly open: () => Promise<FileHandle>
  readonly version: Version
  /** The byte to begin at. */
  readonly from: number
  readonly chunkSize: number
  readonly signal: AbortSignal | undefined
}

const cut = (what: string, why: string, cause?: unknown) => new StreamError('source/cut', `${what}: ${why}`, { cause })

/** Reads that are cut off fail as `source/cut`, whatever cut them. */
const orCut = <T>(what: string, doing: Promise<T>): Promise<T> =>
  doing.catch(thrown => {
    throw cut(what, reasonOf(thrown), thrown)
  })

/** What is read is handed on only if the file is found unchanged behind the read: a stream is of one version. */
async function* textOf({ what, open, version, from, signal }: Piece): AsyncGenerator<Buffer> {
  await using file = await orCut(what, open())
  const text = Buffer.allocUnsafeSlow(Math.min(textBytesMax, version.size - from))
  for (let offset = from; offset < version.size; ) {
    signal?.throwIfAborted()
    const { bytesRead } = await orCut(what, file.read(text, 0, text.length, offset))
    if (bytesRead === 0 || versionOf(file).key !== version.key) throw cut(what, 'the file changed while it was read')
    yield text.subarray(0, bytesRead)
    offset += bytesRead
  }
}

/** The text from `from` on as NDJSON. A block is valid until the next one is asked for. */
export async function* blocksOf(piece: Piece): AsyncGenerator<Uint8Array> {
  const { version, from, chunkSize } = piece
  if (from >= version.size) return
  const block = Buffer.allocUnsafeSlow(Math.min(blockBytesMax, blockBytesMin + 2 * (version.size - from)))
  const cutter = new Cutter(chunkSize, block)
  for await (const text of textOf(piece)) {
    for (let at = cutter.take(text, 0, text.length); at < text.length; at = cutter.take(text, at, text.length)) {
      yield block.subarray(0, cutter.length)
      cutter.length = 0
    }
  }
  cutter.end()
  yield block.subarray(0, cutter.length)
}
