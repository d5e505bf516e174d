import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { compressionsAlgorithmsByBitmask, crc32c } from '@platformatic/kafka'
import { reasonOf } from '../std/error.ts'
import { batchHeadBytes } from './kafka-batch.ts'
import type { Entry } from './topic.ts'

/** A batch that claims to unpack to more is refused: one that is made to do harm could fill the memory. */
export const unpackedBytesMax = 256 * 1024 * 1024

const formatVersion = 2
const lengthEnd = 12
const compressionBits = 0b111
const transactionalBit = 1 << 4
const controlBit = 1 << 5
const abortMarker = 0
const gzip = 1
const zstd = 4
const newline = 0x0a
const carriageReturn = 0x0d
/** What a message without a value is handed on as: no record, so that readers set it aside. */
const nullLine = Buffer.from('null')

/** A transaction that was given up: its records from `first` on are nobody's. */
export interface Aborted {
  readonly producerId: bigint
  readonly first: number
}

/** A whole batch: a view, with what its head says. */
export interface PackedBatch {
  readonly bytes: Buffer
  readonly first: number
  /** Behind its last offset, also where records were compacted away. */
  readonly next: number
}

/** The whole batches of a fetch's answer; the last one may be cut off, and is left out then. */
export const batchesOf = (records: Buffer): PackedBatch[] => {
  const batches: PackedBatch[] = []
  for (let at = 0; at + batchHeadBytes <= records.length; ) {
    const to = at + lengthEnd + records.readInt32BE(at + 8)
    if (to > records.length || to <= at) break
    const bytes = records.subarray(at, to)
    const first = Number(bytes.readBigInt64BE(0))
    batches.push({ bytes, first, next: first + bytes.readInt32BE(23) + 1 })
    at = to
  }
  return batches
}

const unpack = (bytes: Buffer, attributes: number): Buffer => {
  const body = bytes.subarray(batchHeadBytes)
  const kind = attributes & compressionBits
  if (kind === 0) return body
  if (kind === zstd) return zstdDecompressSync(body, { maxOutputLength: unpackedBytesMax })
  if (kind === gzip) return gunzipSync(body, { maxOutputLength: unpackedBytesMax })
  const other = compressionsAlgorithmsByBitmask[kind]
  if (other === undefined) throw new Error(`compression ${kind} is not known`)
  return other.decompressSync(body)
}

/** Reads numbers of variable length one after another. */
class Cursor {
  readonly bytes: Buffer
  at = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  number(): number {
    let shift = 1
    let n = 0
    for (;;) {
      const byte = this.bytes[this.at++]
      n += (byte & 0x7f) * shift
      if (byte < 0x80) break
      if (byte === undefined || shift > 2 ** 42) throw new Error('a record is damaged')
      shift *= 128
    }
    return n % 2 === 0 ? n / 2 : -(n + 1) / 2
  }

  skipNumber(): void {
    while (this.bytes[this.at++] >= 0x80);
  }
}

/** A line holds no line end. A carriage return is what a line feed is to JSON: nothing between its parts, a fault in a text. */
const withoutNewlines = (value: Buffer): Buffer => {
  const line = Buffer.from(value)
  for (let at = line.indexOf(newline); at !== -1; at = line.indexOf(newline, at + 1)) line[at] = carriageReturn
  return line
}

const recordsOf = (body: Buffer, first: number, count: number, from: number, until: number): Entry[] => {
  const cursor = new Cursor(body)
  const entries: Entry[] = []
  let newlineAt = body.indexOf(newline)
  for (let i = 0; i < count; i++) {
    const bytes = cursor.number()
    const end = cursor.at + bytes
    if (bytes < 0 || end > body.length) throw new Error('a record is damaged')
    cursor.at++
    cursor.skipNumber()
    const offset = first + cursor.number()
    const keyBytes = cursor.number()
    if (keyBytes > 0) cursor.at += keyBytes
    const valueBytes = cursor.number()
    const to = cursor.at + valueBytes
    if (to > end) throw new Error('a record is damaged')
    if (offset >= from && offset < until) {
      if (newlineAt !== -1 && newlineAt < cursor.at) newlineAt = body.indexOf(newline, cursor.at)
      const value = valueBytes < 0 ? nullLine : body.subarray(cursor.at, to)
      const hasNewline = newlineAt !== -1 && newlineAt < to && valueBytes > 0
      entries.push({ offset, next: offset + 1, line: hasNewline ? withoutNewlines(value) : value })
    }
    cursor.at = end
  }
  return entries
}

/** Leaves out what transactions that were given up wrote, over the batches of one fetch's answer, in their order. */
export class AbortedFilter {
  readonly #ahead: Aborted[]
  readonly #producers = new Set<bigint>()

  constructor(aborted: readonly Aborted[]) {
    this.#ahead = aborted.toSorted((a, b) => a.first - b.first)
  }

  /** Whether the batch's records are to be read; also false for those that only mark the end of a transaction. */
  takes({ bytes, next }: PackedBatch): boolean {
    const attributes = bytes.readInt16BE(21)
    const producer = bytes.readBigInt64BE(43)
    while (this.#ahead.length > 0 && this.#ahead[0].first < next) this.#producers.add(this.#ahead.shift()!.producerId)
    if ((attributes & controlBit) === 0) return (attributes & transactionalBit) === 0 || !this.#producers.has(producer)
    if (isAbort(bytes)) this.#producers.delete(producer)
    return false
  }
}

/** The key of a control record is its version and its kind. */
const isAbort = (bytes: Buffer): boolean => {
  const cursor = new Cursor(bytes.subarray(batchHeadBytes))
  cursor.number()
  cursor.at++
  cursor.skipNumber()
  cursor.skipNumber()
  cursor.number()
  return cursor.bytes.readInt16BE(cursor.at + 2) === abortMarker
}

/** The records of a batch with offsets in `[from, until)`. Throws, without saying where, if it is damaged. */
export const entriesOf = ({ bytes, first }: PackedBatch, from: number, until: number): Entry[] => {
  const version = bytes.readInt8(16)
  if (version !== formatVersion) throw new Error(`messages of format ${version}, as Kafka before 0.11 wrote them`)
  if (crc32c(bytes.subarray(21)) !== bytes.readUInt32BE(17)) throw new Error('its checksum does not match')
  try {
    const body = unpack(bytes, bytes.readInt16BE(21))
    return recordsOf(body, first, bytes.readInt32BE(57), from, until)
  } catch (cause) {
    throw new Error(`it cannot be unpacked: ${reasonOf(cause)}`, { cause })
  }
}
