import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { fileNameOf } from '../../chunk/file-name.ts'
import { StreamError } from '../../std/error.ts'
import { attemptFileOf, type DocumentRow } from '../document.ts'
import { filesIn } from '../files.ts'
import { linesIn } from '../lines.ts'
import { attemptsName } from '../output.ts'

const rowBytesMax = 2 ** 30

interface Text {
  /** Made of names that a record bears, never of what HDFS lists. */
  readonly name: string
  readonly bytes: number
  readonly sha256: string
}

/** What a row tells of, in the order in which the reduce writes it: the document, then attempts if they were asked for. */
const textsOf = ({ uri, bytes, sha256, parts = [] }: DocumentRow): Text[] => [
  { name: fileNameOf(uri), bytes, sha256 },
  ...parts
    .filter(({ file }) => file !== undefined)
    .map(part => ({
      name: join(attemptsName, attemptFileOf(uri, part.response_id ?? '')),
      bytes: part.bytes,
      sha256: part.sha256,
    })),
]

function* textsIn(rows: string): Generator<Text> {
  for (const { bytes } of linesIn(rows, rowBytesMax)) yield* textsOf(JSON.parse(bytes.toString()))
}

const otherThanListed = (what: string) =>
  new StreamError('hadoop/failed', `bring "${what}" here: it is not what the job says of it; nothing was published`)

/** Hands out bytes of a stream by their number. */
class Cutter {
  readonly #pieces: AsyncIterator<Buffer>
  #piece: Buffer = Buffer.alloc(0)

  constructor(pieces: AsyncIterable<Buffer>) {
    this.#pieces = pieces[Symbol.asyncIterator]()
  }

  /** As many as are wanted, in pieces; fewer if there are no more. */
  async *take(bytes: number): AsyncGenerator<Buffer> {
    for (let left = bytes; left > 0; ) {
      if (this.#piece.length === 0 && !(await this.#next())) return
      const piece = this.#piece.subarray(0, left)
      this.#piece = this.#piece.subarray(piece.length)
      left -= piece.length
      yield piece
    }
  }

  async isAtEnd(): Promise<boolean> {
    return this.#piece.length === 0 && !(await this.#next())
  }

  async close(): Promise<void> {
    await this.#pieces.return?.()
  }

  async #next(): Promise<boolean> {
    do {
      const { done, value } = await this.#pieces.next()
      if (done) return false
      this.#piece = value
    } while (this.#piece.length === 0)
    return true
  }
}

/**
 * Cuts a reducer's joined texts into the files that its rows tell of, below the folder `to`; each is held against its
 * digest. `what` is for people.
 */
export const cutTexts = async (
  pieces: AsyncIterable<Buffer>,
  rows: string,
  to: string,
  what: string,
  signal: AbortSignal,
): Promise<void> => {
  const cutter = new Cutter(pieces)
  const open = filesIn(to)
  try {
    for (const { name, bytes, sha256 } of textsIn(rows)) {
      signal.throwIfAborted()
      const hash = createHash('sha256')
      using file = open(name)
      for await (const piece of cutter.take(bytes)) {
        hash.update(piece)
        file.write(piece)
      }
      if (hash.digest('hex') !== sha256) throw otherThanListed(what)
    }
    if (!(await cutter.isAtEnd())) throw otherThanListed(what)
  } finally {
    await cutter.close()
  }
}
