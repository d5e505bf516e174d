import { createHash } from 'node:crypto'
import { lstat, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { zstdCompress, zstdDecompress } from 'node:zlib'
import { makeFolder } from '../std/durable.ts'
import type { Begun, Ended } from './answers.ts'
import type { Borders, Span } from './span.ts'
import { pageBytes } from './taken.ts'

/** Of a hint, unpacked. A larger one is not written, and none of ours. */
const hintBytesMax = 128 * 1024 * 1024
/** In one folder; those that were written first go first. */
export const hintsMax = 64

/** Another number for whatever would be read wrongly by who reads this one. */
const title = 'textstream hint 1'
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

/** The first line of what is packed. */
interface Head extends HintOf {
  readonly span: readonly (readonly [string, Borders])[]
  readonly answers: number
  readonly pages: readonly number[]
}

const sha256 = (...parts: readonly (string | Uint8Array)[]) => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}

const nameOf = ({ topic, url }: HintOf) => `${sha256(JSON.stringify([topic, url]))}${ending}`

const titleOf = (packed: Uint8Array) => Buffer.from(`${title} ${sha256(packed)}\n`)

const jsonLine = (value: unknown) => `${JSON.stringify(value)}\n`

/** Not as one string: that would be one more copy of all of them. */
const linesOf = (answers: readonly (Begun | Ended)[]): Buffer[] => {
  const lines: Buffer[] = []
  for (let at = 0; at < answers.length; at += answersAtOnce)
    lines.push(
      Buffer.from(
        answers
          .slice(at, at + answersAtOnce)
          .map(jsonLine)
          .join(''),
      ),
    )
  return lines
}

const unpackedOf = ({ topic, url, span, answers, pages }: Hint): Buffer => {
  const [all, taken] = [[...answers], [...pages]]
  const head: Head = { topic, url, span: [...span], answers: all.length, pages: taken.map(([number]) => number) }
  return Buffer.concat([Buffer.from(jsonLine(head)), ...linesOf(all), ...taken.map(([, page]) => page)])
}

/** Takes lines of JSON from the start of `bytes`; gives where they end. */
const takeLines = (bytes: Buffer, from: number, lines: number, take: (json: unknown) => void): number => {
  for (; lines > 0; lines--) {
    const to = bytes.indexOf(lineEnd, from)
    take(JSON.parse(bytes.toString('utf8', from, to)))
    from = to + 1
  }
  return from
}

const hintIn = (unpacked: Buffer): Hint => {
  let head: Head | undefined
  const answers: (Begun | Ended)[] = []
  const behindHead = takeLines(unpacked, 0, 1, json => (head = json as Head))
  const { topic, url, span, answers: count, pages } = head!
  const at = takeLines(unpacked, behindHead, count, json => answers.push(json as Begun | Ended))
  const pageAt = (i: number) => unpacked.subarray(at + i * pageBytes, at + (i + 1) * pageBytes)
  return { topic, url, span: new Map(span), answers, pages: pages.map((number, i) => [number, pageAt(i)] as const) }
}

const unpack = async (bytes: Buffer): Promise<Hint | undefined> => {
  const packed = bytes.subarray(titleOf(Buffer.alloc(0)).length)
  if (!bytes.subarray(0, bytes.length - packed.length).equals(titleOf(packed))) return undefined
  return hintIn(await promisify(zstdDecompress)(packed, { maxOutputLength: hintBytesMax }))
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
    const unpacked = unpackedOf(hint)
    if (unpacked.length > hintBytesMax) return false
    const packed = await promisify(zstdCompress)(unpacked)
    await makeFolder(folder)
    await writeFile(`${path}.partial`, Buffer.concat([titleOf(packed), packed]), { mode: 0o600 })
    await rename(`${path}.partial`, path)
    await removeOldest(folder)
    return true
  } catch {
    return false
  }
}
