import { isUtf8 } from 'node:buffer'
import { type Chunk, lineBytesMax } from './chunk.ts'
import { type Member, membersOf, repeatedKey } from './json-members.ts'

/** A line that is no record, and why: stable words that a person can act on. */
export interface Malformed {
  readonly malformed: string
}

export const isMalformed = (decoded: Chunk | Malformed | undefined): decoded is Malformed =>
  decoded !== undefined && 'malformed' in decoded

type Json = Record<string, unknown>
type Rule = (value: unknown) => boolean

const isString: Rule = value => typeof value === 'string'
const isCount: Rule = value => Number.isSafeInteger(value) && (value as number) >= 0 && !Object.is(value, -0)
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isDigest: Rule = value => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
const isPositive: Rule = value => isCount(value) && value !== 0

type Field = readonly [name: string, rule: Rule, is: string, required?: boolean]

const streamFields: readonly Field[] = [
  ['url', isString, 'a string', true],
  ['file', isString, 'a string', true],
  ['etag', isString, 'a string'],
  ['chunk_size', isPositive, 'a positive integer'],
]

const endFields: readonly Field[] = [
  ['reason', isString, 'a string', true],
  ['chunks', isCount, 'an integer from 0 to 2^53-1', true],
  ['bytes', isCount, 'an integer from 0 to 2^53-1', true],
  ['sha256', isDigest, '64 lower-case hex digits', true],
]

const recordFields: readonly Field[] = [
  ['chunk', isString, 'a string'],
  ['agent_id', isString, 'a string'],
  ['event_time', isString, 'a string'],
  ['response_id', isString, 'a string'],
  ['seq', isCount, 'an integer from 0 to 2^53-1'],
  ['source', isObject, 'an object'],
  ['supersedes', isString, 'a string'],
  ['end', isObject, 'an object'],
]

const known = new Set(['destination_uri', ...recordFields.map(([name]) => name)])

const faultIn = (fields: readonly Field[], json: Json, path: string): string | undefined => {
  for (const [name, rule, is, required] of fields) {
    const value = json[name]
    if (value === undefined ? required : !rule(value)) return `"${path}${name}" is not ${is}`
  }
  return undefined
}

const faultInRecord = (json: Json): string | undefined => {
  const uri = json.destination_uri
  if (uri === undefined) return 'no "destination_uri"'
  if (typeof uri !== 'string') return '"destination_uri" is not a string'
  if (uri === '') return '"destination_uri" is empty'
  return (
    faultIn(recordFields, json, '') ??
    (json.source === undefined ? undefined : faultIn(streamFields, json.source as Json, 'source.')) ??
    (json.end === undefined ? undefined : faultIn(endFields, json.end as Json, 'end.'))
  )
}

const repeatIn = (bytes: Buffer, members: readonly Member[]): string | undefined => {
  const nested = members.filter(({ key }) => key === 'source' || key === 'end')
  const lists = [members, ...nested.filter(m => bytes[m.valueFrom] === 0x7b).map(m => membersOf(bytes, m.valueFrom))]
  for (const list of lists) {
    const key = repeatedKey(list)
    if (key !== undefined) return `repeats the key ${JSON.stringify(key)}`
  }
  return undefined
}

const extraOf = (bytes: Buffer, members: readonly Member[], renamed: boolean): string | undefined => {
  const unknown = members.filter(({ key }) => !known.has(key) && !(renamed && key === 'timestamp'))
  if (unknown.length === 0) return undefined
  return `{${unknown.map(({ from, to }) => bytes.toString('utf8', from, to)).join(',')}}`
}

const own = (json: Json, name: string): unknown => (Object.hasOwn(json, name) ? json[name] : undefined)

/** Only text may hold half a surrogate pair (its other half may be in the next chunk); names may not. */
const wellFormed = (value: unknown) => (typeof value === 'string' ? value.toWellFormed() : value)

const chunkOf = (json: Json, extra: string | undefined): Chunk => {
  const chunk: Json = { chunk: json.chunk ?? '', destination_uri: wellFormed(json.destination_uri) }
  for (const name of ['agent_id', 'event_time', 'response_id', 'seq', 'source', 'supersedes', 'end']) {
    if (json[name] !== undefined) chunk[name] = wellFormed(json[name])
  }
  if (extra !== undefined) chunk.extra = extra
  return chunk as unknown as Chunk
}

const trim = (line: Buffer): Buffer => {
  let from = 0
  let to = line.length
  while (to > 0 && (line[to - 1] === 0x0a || line[to - 1] === 0x0d)) to--
  if (line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf) from = 3
  while (from < to && (line[from] === 0x20 || line[from] === 0x09 || line[from] === 0x0d)) from++
  return line.subarray(from, to)
}

const parse = (bytes: Buffer): unknown => {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return undefined
  }
}

/**
 * One line of a log → its record, why it is malformed, or `undefined` for a blank line. Accepts a byte-order mark at
 * its start and any line end. What it refuses is what PROTOCOL.md calls malformed.
 */
export const decode = (line: Uint8Array): Chunk | Malformed | undefined => {
  const bytes = trim(Buffer.isBuffer(line) ? line : Buffer.from(line.buffer, line.byteOffset, line.byteLength))
  if (bytes.length === 0) return undefined
  if (bytes.length > lineBytesMax) return { malformed: `longer than ${lineBytesMax} bytes` }
  if (!isUtf8(bytes)) return { malformed: 'not UTF-8' }
  const parsed = parse(bytes)
  if (parsed === undefined) return { malformed: 'not JSON' }
  if (!isObject(parsed)) return { malformed: 'not a JSON object' }

  const members = membersOf(bytes)
  const repeat = repeatIn(bytes, members)
  if (repeat !== undefined) return { malformed: repeat }

  const json: Json = { destination_uri: own(parsed, 'destination_uri') }
  for (const [name] of recordFields) json[name] = own(parsed, name)
  const renamed = json.event_time === undefined && own(parsed, 'timestamp') !== undefined
  if (renamed) json.event_time = parsed.timestamp
  const fault = faultInRecord(json)
  if (fault !== undefined) return { malformed: fault }
  return chunkOf(json, extraOf(bytes, members, renamed))
}

/** The record as one line of JSON, its line end included; `decode` gives the same record back. */
export const encode = (chunk: Chunk): Buffer => {
  const { extra, chunk: text, agent_id, destination_uri, event_time, response_id, seq, source, supersedes, end } = chunk
  const json = JSON.stringify({
    chunk: text,
    agent_id,
    destination_uri,
    event_time,
    response_id,
    seq,
    source,
    supersedes,
    end,
  })
  const tail = extra === undefined ? '}\n' : `,${extra.slice(1)}\n`
  return Buffer.from(json.slice(0, -1) + tail)
}
