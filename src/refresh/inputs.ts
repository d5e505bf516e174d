import { createHash } from 'node:crypto'
import {
  closeSync,
  createReadStream,
  createWriteStream,
  globSync,
  openSync,
  readdirSync,
  realpathSync,
  statSync,
} from 'node:fs'
import { join, normalize } from 'node:path'
import { Readable, type Writable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { compareUtf8 } from '../std/bytes.ts'
import { reasonOf, StreamError } from '../std/error.ts'
import type { Hdfs } from '../wire/hdfs.ts'
import { readFully } from './files.ts'
import { unpackZstd } from './zstd-frames.ts'

/** One log file to read, up to its end as it was when the run began. */
export interface Input {
  /** As it stands in the receipt. */
  readonly name: string
  /** Plain NDJSON: the file itself, or what was unpacked of it. With `hdfs` where it lies there, packed or not. */
  readonly path: string
  readonly size: number
  /** Digest of the file's own bytes where they had to be read already, as of packed ones. */
  readonly packed?: { readonly bytes: number; readonly sha256: string }
  /** Of lines that are no file's: the part of a topic that they are, in offsets of the topic. */
  readonly topic?: TopicPart
  /** Of a file that was not brought here. */
  readonly hdfs?: HdfsPart
}

export interface HdfsPart {
  readonly hdfs: Hdfs
  /** Of the very file: one that takes its place later has another. */
  readonly id: number
  readonly modifiedMs: number
}

export interface TopicPart {
  readonly name: string
  readonly partition: string
  readonly from: number
  readonly to: number
  /** The file that says which line has which offset. */
  readonly offsets: string
}

/** The order of arrival: names in byte order, a topic's partitions by their numbers. */
export const byArrival = (a: Input, b: Input): number =>
  compareUtf8(a.topic?.name ?? a.name, b.topic?.name ?? b.name) ||
  Number(a.topic?.partition ?? 0) - Number(b.topic?.partition ?? 0)

export const isLog = /^(?:[^.].*\.(?:ndjson|jsonl)|logs_.*\.txt)(?:\.gz|\.zst)?$/

const usage = (message: string, cause?: unknown) => new StreamError('refresh/usage', message, { cause })

const inFolder = (folder: string): string[] => {
  const names = readdirSync(folder).filter(name => isLog.test(name))
  const files = names.map(name => join(folder, name)).filter(path => statSync(path).isFile())
  if (files.length > 0) return files
  throw usage(
    `refresh "${folder}": no log in this folder; one is called *.ndjson, *.jsonl or logs_*.txt, with or without .gz or .zst`,
  )
}

const expand = (argument: string): string[] => {
  const stat = statSync(argument, { throwIfNoEntry: false })
  if (stat?.isDirectory()) return inFolder(argument)
  if (stat !== undefined) return [normalize(argument)]
  const found = /[*?[{]/.test(argument) ? globSync(argument) : []
  if (found.length > 0) return found.flatMap(path => (statSync(path).isFile() ? [path] : []))
  throw usage(`refresh "${argument}": no such file or folder`)
}

type Unpack = (packed: AsyncIterable<Buffer>, target: Writable) => Promise<void>
type Packing = Unpack | undefined

export const headBytes = 4

const unpackGzip: Unpack = (packed, target) => pipeline(packed, createGunzip(), target)

/** How a file is packed, by its first bytes. */
export const packedAs = (head: Buffer): 'gzip' | 'zstd' | undefined => {
  if (head.length >= 2 && head.readUInt16BE(0) === 0x1f8b) return 'gzip'
  if (head.length >= 4 && head.readUInt32LE(0) === 0xfd2fb528) return 'zstd'
  return undefined
}

const unpackers = { gzip: unpackGzip, zstd: unpackZstd }

const packingOf = (head: Buffer): Packing => {
  const packing = packedAs(head)
  return packing === undefined ? undefined : unpackers[packing]
}

const headOf = (path: string): Buffer => {
  const fd = openSync(path, 'r')
  try {
    const head = Buffer.alloc(headBytes)
    return head.subarray(0, readFully(fd, head, 0, headBytes, 0))
  } finally {
    closeSync(fd)
  }
}

async function* hashed(bytes: AsyncIterable<Buffer>, done: (packed: { bytes: number; sha256: string }) => void) {
  const hash = createHash('sha256')
  let length = 0
  for await (const piece of bytes) {
    hash.update(piece)
    length += piece.length
    yield piece
  }
  done({ bytes: length, sha256: hash.digest('hex') })
}

/** Streams into a plain file in `scratch`, unpacking where it is packed. */
const spool = async (name: string, stream: Readable, unpack: Packing, path: string): Promise<Input> => {
  let packed = { bytes: 0, sha256: '' }
  const own = (bytes: AsyncIterable<Buffer>) => hashed(bytes, result => (packed = result))
  try {
    const file = createWriteStream(path)
    if (unpack === undefined) await pipeline(own(stream), file)
    else await unpack(own(stream), file)
    await finished(file)
  } catch (cause) {
    if (cause instanceof StreamError) throw cause
    throw new StreamError(
      'refresh/unpack',
      `unpack "${name}": ${reasonOf(cause)}; it is damaged or not whole: copy it anew, or unpack by hand what can be had`,
      { cause },
    )
  }
  return { name, path, size: statSync(path).size, packed }
}

async function* fromStdin(): AsyncGenerator<Buffer> {
  for await (const piece of process.stdin) yield piece
}

/** What can be read once, as a plain file at `path`, unpacked where it is packed. */
export const spoolStream = async (name: string, pieces: AsyncGenerator<Buffer>, path: string): Promise<Input> => {
  let head = Buffer.alloc(0)
  while (head.length < headBytes) {
    const { done, value } = await pieces.next()
    if (done) break
    head = Buffer.concat([head, value])
  }
  async function* all() {
    yield head
    yield* pieces
  }
  return spool(name, Readable.from(all()), packingOf(head), path)
}

/**
 * The files that the arguments mean, in byte order of their names: a file, a folder's logs, a glob, or `-` for standard
 * input. What is packed, or cannot be read twice, is put as a plain file into the folder `scratch`.
 */
export const openInputs = async (argv: readonly string[], scratch: string): Promise<Input[]> => {
  const byFile = new Map<string, string>()
  for (const path of argv.filter(a => a !== '-').flatMap(expand)) {
    const real = realpathSync(path)
    if (!byFile.has(real)) byFile.set(real, path)
  }
  const inputs: Input[] = argv.includes('-') ? [await spoolStream('-', fromStdin(), join(scratch, 'stdin'))] : []
  for (const path of byFile.values()) {
    const stat = statSync(path)
    const unpack = stat.isFile() ? packingOf(headOf(path)) : undefined
    if (stat.isFile() && unpack === undefined) inputs.push({ name: path, path, size: stat.size })
    else {
      const stream = stat.size > 0 ? createReadStream(path, { end: stat.size - 1 }) : createReadStream(path)
      inputs.push(await spool(path, stream, unpack, join(scratch, `unpacked-${inputs.length}`)))
    }
  }
  return inputs.sort(byArrival)
}
