import { isUtf8 } from 'node:buffer'
import { asBuffer } from '../std/bytes.ts'
import { parseJson } from '../std/json.ts'
import { type Chunk, type End, lineBytesMax, type StreamRef } from './chunk.ts'
import { extrasOf, joinNested, joinObjects } from './extra.ts'
import { faultInRecord, isObject, isRenamed, repeatIn } from './faults.ts'
import { membersOf } from './json-members.ts'

/** A line that is no record, and why: stable words that a person can act on. */
export interface Malformed {
  readonly malformed: string
}

export const isMalformed = (decoded: Chunk | Malformed | undefined): decoded is Malformed =>
  decoded !== undefined && 'malformed' in decoded

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** Only text may hold half a surrogate pair (its other half may be in the next chunk); names may not. */
const wellFormed = <T extends string | undefined>(name: T) => name?.toWellFormed() as T

const streamOf = ({ url, file, etag, chunk_size, requested_at }: StreamRef): StreamRef => {
  const stream: Mutable<StreamRef> = { url: wellFormed(url), file: wellFormed(file) }
  if (etag !== undefined) stream.etag = wellFormed(etag)
  if (chunk_size !== undefined) stream.chunk_size = chunk_size
  if (requested_at !== undefined) stream.requested_at = wellFormed(requested_at)
  return stream
}

const plus0 = (count: number) => count + 0 // -0 is 0

const endOf = ({ reason, chunks, bytes, sha256 }: End): End => {
  return { reason: wellFormed(reason), chunks: plus0(chunks), bytes: plus0(bytes), sha256 }
}

const chunkOf = (json: Chunk & { timestamp?: string }): Chunk => {
  const { agent_id, event_time = json.timestamp, response_id, seq, source, supersedes, end } = json
  const chunk: Mutable<Chunk> = { chunk: json.chunk ?? '', destination_uri: wellFormed(json.destination_uri) }
  if (agent_id !== undefined) chunk.agent_id = wellFormed(agent_id)
  if (event_time !== undefined) chunk.event_time = wellFormed(event_time)
  if (response_id !== undefined) chunk.response_id = wellFormed(response_id)
  if (seq !== undefined) chunk.seq = plus0(seq)
  if (source !== undefined) chunk.source = streamOf(source)
  if (supersedes !== undefined) chunk.supersedes = wellFormed(supersedes)
  if (end !== undefined) chunk.end = endOf(end)
  return chunk
}

const withoutLineEnd = (line: Buffer): number => {
  const to = line.at(-1) === 0x0a ? line.length - 1 : line.length
  return line[to - 1] === 0x0d ? to - 1 : to
}

const hasByteOrderMark = (line: Buffer) => line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf

const isSpace = (byte: number) => byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d

const isBlank = (bytes: Buffer) => {
  for (let at = 0; at < bytes.length; at++) if (!isSpace(bytes[at])) return false
  return true
}

const decodeText = (text: string): Chunk | Malformed => {
  const json = parseJson(text)
  if (json === undefined) return { malformed: 'not JSON' }
  if (!isObject(json)) return { malformed: 'not a JSON object' }
  const members = membersOf(text)
  const malformed = repeatIn(text, members) ?? faultInRecord(json)
  if (malformed !== undefined) return { malformed }
  const extras = extrasOf(text, members, isRenamed(json))
  const chunk = chunkOf(json as unknown as Chunk)
  return extras === undefined ? chunk : { ...chunk, ...extras }
}

/**
 * One line of a log → its record, why it is malformed, or `undefined` for a blank line. Accepts a byte-order mark at
 * its start, and `\n`, `\r\n`, a `\r` that is left of that, or nothing at its end. What it refuses is what PROTOCOL.md calls malformed.
 */
export const decode = (line: Uint8Array): Chunk | Malformed | undefined => {
  const whole = asBuffer(line)
  const to = withoutLineEnd(whole)
  if (to > lineBytesMax) return { malformed: `longer than ${lineBytesMax} bytes` }
  const bytes = whole.subarray(hasByteOrderMark(whole) ? 3 : 0, to)
  if (isBlank(bytes)) return undefined
  return isUtf8(bytes) ? decodeText(bytes.toString()) : { malformed: 'not UTF-8' }
}

/** The record in a line; none in a line that is blank or malformed. */
export const recordIn = (line: Uint8Array): Chunk | undefined => {
  const decoded = decode(line)
  return decoded === undefined || isMalformed(decoded) ? undefined : decoded
}

/** The record as one line of JSON, its line end included; `decode` gives the same record back. */
export const encode = (record: Chunk): Buffer => {
  const { chunk, agent_id, destination_uri, event_time, response_id, seq, supersedes } = record
  const source = record.sourceExtra === undefined ? record.source : undefined
  const end = record.endExtra === undefined ? record.end : undefined
  const fields = { chunk, agent_id, destination_uri, event_time, response_id, seq, source, supersedes, end }
  const json = joinObjects(JSON.stringify(fields), record.extra)
  const withSource = joinNested(json, 'source', record.source, record.sourceExtra)
  return Buffer.from(`${joinNested(withSource, 'end', record.end, record.endExtra)}\n`)
}
