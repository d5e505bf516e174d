import type { Place, SampledWindow } from '../cluster/cluster.ts'
import { StreamError } from '../std/error.ts'
import { parseJson } from '../std/json.ts'

interface Head extends Place {
  readonly number: number
  readonly priority: number
  readonly terms: number
}

const lengthBytes = 4

/** A window as bytes: a head as JSON, its terms and counts as 16-bit numbers, its excerpt. */
export const saveWindow = ({ number, priority, place, index, count, excerpt }: SampledWindow): Uint8Array => {
  const head = Buffer.from(JSON.stringify({ number, priority, terms: index.length, ...place } satisfies Head))
  const length = Buffer.alloc(lengthBytes)
  length.writeUInt32LE(head.length)
  const bytesOf = (column: Uint16Array) => Buffer.from(column.buffer, column.byteOffset, column.byteLength)
  return Buffer.concat([length, head, bytesOf(index), bytesOf(count), excerpt])
}

const isHead = (head: unknown): head is Head =>
  typeof head === 'object' && head !== null && Number.isInteger((head as Head).terms)

const column = (bytes: Buffer, from: number, length: number): Uint16Array => {
  const copy = new Uint16Array(length)
  new Uint8Array(copy.buffer).set(bytes.subarray(from, from + length * 2))
  return copy
}

export const loadWindow = (saved: Uint8Array): SampledWindow => {
  const bytes = Buffer.from(saved.buffer, saved.byteOffset, saved.byteLength)
  const headEnd = lengthBytes + bytes.readUInt32LE(0)
  const head = parseJson(bytes.toString('utf8', lengthBytes, headEnd))
  if (!isHead(head)) throw new StreamError('consume/state', 'a sampled window is damaged; begin a new warehouse')
  const { number, priority, terms, ...place } = head
  return {
    number,
    priority,
    place,
    index: column(bytes, headEnd, terms),
    count: column(bytes, headEnd + terms * 2, terms),
    excerpt: bytes.subarray(headEnd + terms * 4),
  }
}
