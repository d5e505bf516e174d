import type { Place, SampledWindow } from '../cluster/cluster.ts'
import { damaged, joinHead, splitHead } from './kept.ts'

interface Head extends Place {
  readonly number: number
  readonly priority: number
  readonly terms: number
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Uint16Array) => Buffer.from(buffer, byteOffset, byteLength)

/** A window as bytes: a head as JSON, its terms and counts as 16-bit numbers, its excerpt. */
export const saveWindow = ({ number, priority, place, index, count, excerpt }: SampledWindow): Uint8Array => {
  const head: Head = { number, priority, terms: index.length, ...place }
  return joinHead(head, bytesOf(index), bytesOf(count), excerpt)
}

const isHead = (head: unknown): head is Head =>
  typeof head === 'object' && head !== null && Number.isInteger((head as Head).terms)

const column = (bytes: Buffer, from: number, length: number): Uint16Array => {
  const copy = new Uint16Array(length)
  new Uint8Array(copy.buffer).set(bytes.subarray(from, from + length * 2))
  return copy
}

export const loadWindow = (saved: Uint8Array): SampledWindow => {
  const { head, rest } = splitHead(saved)
  if (!isHead(head)) throw damaged('a sampled window')
  const { number, priority, terms, ...place } = head
  return {
    number,
    priority,
    place,
    index: column(rest, 0, terms),
    count: column(rest, terms * 2, terms),
    excerpt: rest.subarray(terms * 4),
  }
}
