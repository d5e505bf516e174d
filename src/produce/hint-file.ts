import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { lstat, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { createZstdCompress, zstdDecompress } from 'node:zlib'
import { makeFolder } from '../std/durable.ts'
import type { Begun, Ended } from './answers.ts'
import type { Borders, Span } from './span.ts'
import { pageBytes } from './taken.ts'

/** Of a hint, unpacked: some 300,000 answers. A larger one is not written, and none of ours. */
const hintBytesMax = 128 * 1024 * 1024
/** In one folder; those that were written first go first. */
export const hintsMax = 64

/** Another number for whatever would be read wrongly by who reads this one. */
const title = Buffer.from('textstream hint 1\n')
const digestBytes = 32
const ending = '.hint'
const lineEnd = 0x0a
const answersAtOnce = 1000

/** What the first pass over a topic learned, as of the end of `span`. */
export interface Hint {
  /** Whose it is. */
  readonly topic: string
  readonly url: string
  readonly span: Span
  readonly answers: Iterable<Begun | Ended>
  /** Of the names that are taken. */
  readonly pages: Iterable<readonly [number: number, page: Uint8Array]>
}

export type HintOf = Pick<Hint, 'topic' | 'url'>

/** The first line of what is packed. The answers follow, a line each, then a blank line, then the pages. */
interface Head extends HintOf {
  readonly span: readonly (readonly [string, Borders])[]
  readonly pages: readonly number[]
}

const nameOf = ({ topic, url }: HintOf) =>
  `${createHash('sha256')
    .update(JSON.stringify([topic, url]))
    .digest('hex')}${ending}`

const jsonLine = (value: unknown) => `${JSON.stringify(value)}\n`

/** In pieces, so that there is never one more copy of all of it. */
function* unpackedOf({ topic, url, span, answers, pages }: Hint): Generator<Buffer> {
  const taken = [...pages]
  const head: Head = { topic, url, span: [...span], pages: taken.map(([number]) => number) }
  let lines = [jsonLine(head)]
  for (const answer of answers) {
    if (lines.push(jsonLine(answer)) < answersAtOnce) continue
    yield Buffer.from(lines.join(''))
    lines = []
  }
  yield Buffer.from(`${lines.join('')}\n`)
  for (const [, page] of taken) yield Buffer.from(page)
}

function* limited(pieces: Iterable<Buffer>): Generator<Buffer> {
  let bytes = 0
  for (const piece of pieces) {
    bytes += piece.length
    if (bytes > hintBytesMax) throw new Error(`more than ${hintBytesMax} bytes`)
    yield piece
  }
}

/** Between the title and the digest of all before it. */
async function* sealed(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const hash = createHash('sha256').update(title)
  yield title
  for await (const piece of packed) {
    hash.update(piece)
    yield piece
  }
  yield hash.digest()
}

const unsealed = (bytes: Buffer): Buffer | undefined => {
  const to = bytes.length - digestBytes
  if (to < title.length || !bytes.subarray(0, title.length).equals(title)) return undefined
  const digest = createHash('sha256').update(bytes.subarray(0, to)).digest()
  return digest.equals(bytes.subarray(to)) ? bytes.subarray(title.length, to) : undefined
}

const lineFrom = (bytes: Buffer, from: number) => bytes.subarray(from, bytes.indexOf(lineEnd, from))

function* linesFrom(bytes: Buffer, from: number): Generator<Buffer> {
  for (let line = lineFrom(bytes, from); line.length > 0; line = lineFrom(bytes, from)) {
    yield line
    from += line.length + 1
  }
}

/** Its answers are made as they are asked for, each time. */
const hintIn = (unpacked: Buffer): Hint => {
  const head = lineFrom(unpacked, 0)
  const { topic, url, span, pages } = JSON.parse(head.toString()) as Head
  const answers = {
    *[Symbol.iterator](): Generator<Begun | Ended> {
      for (const line of linesFrom(unpacked, head.length + 1)) yield JSON.parse(line.toString())
    },
  }
  const pagesFrom = unpacked.length - pages.length * pageBytes
  const pageAt = (i: number) => unpacked.subarray(pagesFrom + i * pageBytes, pagesFrom + (i + 1) * pageBytes)
  return { topic, url, span: new Map(span), answers, pages: pages.map((number, i) => [number, pageAt(i)] as const) }
}

const unpack = async (bytes: Buffer): Promise<Hint | undefined> => {
  const packed = unsealed(bytes)
  return packed && hintIn(await promisify(zstdDecompress)(packed, { maxOutputLength: hintBytesMax }))
}

const readAll = async (path: string): Promise<Buffer | undefined> => {
  const file = await lstat(path)
  return file.isFile() && file.size <= hintBytesMax ? readFile(path) : undefined
}

/** The hint that was written last; `undefined` if there is none, or one that is damaged or not ours, for whatever reason. */
export const readHint = async (folder: string, of: HintOf): Promise<Hint | undefined> => {
  try {
    const bytes = await readAll(join(folder, nameOf(of)))
    const hint = bytes && (await unpack(bytes))
    return hint?.topic === of.topic && hint.url === of.url ? hint : undefined
  } catch {
    return undefined
  }
}

const removeOldest = async (folder: string): Promise<void> => {
  const names = (await readdir(folder)).filter(name => name.endsWith(ending))
  if (names.length <= hintsMax) return
  const files = await Promise.all(names.map(async name => ({ name, at: (await stat(join(folder, name))).mtimeMs })))
  files.sort((one, other) => other.at - one.at)
  for (const { name } of files.slice(hintsMax)) await rm(join(folder, name), { force: true })
}

/**
 * Replaces the hint as a whole. Not synced: what a power cut leaves of it, its digest tells. A process that is killed
 * leaves one partial file at most, which the next one overwrites. False if it could not be written: nobody needs it.
 */
export const writeHint = async (folder: string, hint: Hint): Promise<boolean> => {
  const path = join(folder, nameOf(hint))
  try {
    await makeFolder(folder)
    const file = createWriteStream(`${path}.partial`, { mode: 0o600 })
    await pipeline(Readable.from(limited(unpackedOf(hint))), createZstdCompress(), sealed, file)
    await rename(`${path}.partial`, path)
    await removeOldest(folder)
    return true
  } catch {
    return false
  }
}
