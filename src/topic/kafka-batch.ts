import { promisify } from 'node:util'
import { constants, zstdCompress } from 'node:zlib'
import { crc32c } from '@platformatic/kafka'

/** Bytes of the head of a batch, message format 2. */
export const batchHeadBytes = 61
/** What a record has at most beside its key and value: four numbers, and its own length. */
const recordHeadBytesMax = 32
const formatVersion = 2
const zstd = 4
/** Above 1 the ratio rises by a tenth, and the time doubles. */
const zstdLevel = 1
const bytesMin = 64 * 1024
const newline = 0x0a

const compress = promisify(zstdCompress)
const options = { params: { [constants.ZSTD_c_compressionLevel]: zstdLevel } }

/** How many bytes `n` takes as a signed number of variable length. */
const lengthOf = (n: number): number => {
  let bytes = 1
  for (let rest = n * 2; rest > 0x7f; rest = Math.floor(rest / 128)) bytes++
  return bytes
}

export interface ProducerIdentity {
  readonly id: bigint
  readonly epoch: number
}

/**
 * Records of one partition that are appended together, in Kafka's message format 2. The client library would make
 * objects of each record; this copies lines from buffer to buffer.
 */
export class RecordBatch {
  readonly #bytesMax: number
  #bytes: Buffer
  #used = batchHeadBytes
  #timeMs = 0
  records = 0

  /** It is full beyond `bytesMax`; a single record may be larger. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
    this.#bytes = Buffer.allocUnsafeSlow(Math.min(bytesMin, bytesMax))
  }

  /** Adds the lines of `lines[from, …)` that there is room for; gives the place behind the last one that was taken. */
  add(key: Buffer, lines: Buffer, from: number, nowMs: number): number {
    if (this.records === 0) this.#timeMs = nowMs
    while (from < lines.length) {
      const to = lines.indexOf(newline, from)
      const room = recordHeadBytesMax + key.length + to - from
      if (this.#used + room > this.#bytesMax && this.records > 0) return from
      if (this.#used + room > this.#bytes.length) this.#grow(room)
      this.#put(key, lines, from, to)
      from = to + 1
    }
    return from
  }

  /** Compressed and with its head: as the broker takes it. The batch may be used again after `clear`. */
  async finish({ id, epoch }: ProducerIdentity, sequence: number): Promise<Buffer> {
    const body = await compress(this.#bytes.subarray(batchHeadBytes, this.#used), options)
    const batch = Buffer.allocUnsafe(batchHeadBytes + body.length)
    body.copy(batch, batchHeadBytes)
    batch.writeBigInt64BE(0n, 0)
    batch.writeInt32BE(batch.length - 12, 8)
    batch.writeInt32BE(-1, 12)
    batch.writeInt8(formatVersion, 16)
    batch.writeInt16BE(zstd, 21)
    batch.writeInt32BE(this.records - 1, 23)
    batch.writeBigInt64BE(BigInt(this.#timeMs), 27)
    batch.writeBigInt64BE(BigInt(this.#timeMs), 35)
    batch.writeBigInt64BE(id, 43)
    batch.writeInt16BE(epoch, 51)
    batch.writeInt32BE(sequence, 53)
    batch.writeInt32BE(this.records, 57)
    batch.writeUInt32BE(crc32c(batch.subarray(21)), 17)
    return batch
  }

  clear(): void {
    this.#used = batchHeadBytes
    this.records = 0
    if (this.#bytes.length > this.#bytesMax) this.#bytes = Buffer.allocUnsafeSlow(this.#bytesMax)
  }

  #grow(room: number) {
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#used + room, Math.min(this.#bytesMax, this.#bytes.length * 2)))
    this.#bytes.copy(larger, 0, 0, this.#used)
    this.#bytes = larger
  }

  /** Length, attributes, time (that of the batch) and offset in the batch, key, value, no headers. */
  #put(key: Buffer, lines: Buffer, from: number, to: number) {
    const [keyBytes, valueBytes] = [key.length, to - from]
    const heads = 3 + lengthOf(this.records) + lengthOf(keyBytes) + lengthOf(valueBytes)
    this.#putNumber(heads + keyBytes + valueBytes)
    this.#bytes[this.#used++] = 0
    this.#bytes[this.#used++] = 0
    this.#putNumber(this.records)
    this.#putNumber(keyBytes)
    this.#used += key.copy(this.#bytes, this.#used)
    this.#putNumber(valueBytes)
    this.#used += lines.copy(this.#bytes, this.#used, from, to)
    this.#bytes[this.#used++] = 0
    this.records++
  }

  #putNumber(n: number) {
    let rest = n * 2
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) this.#bytes[this.#used++] = (rest & 0x7f) | 0x80
    this.#bytes[this.#used++] = rest
  }
}
