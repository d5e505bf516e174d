import { type Member, membersOf, repeatedKey } from '../chunk/json-members.ts'
import { parseJson } from '../std/json.ts'

/** Members that we write ourselves: a source's word for them does not count. */
const ours = new Set([
  'chunk',
  'agent_id',
  'destination_uri',
  'event_time',
  'response_id',
  'seq',
  'source',
  'supersedes',
  'end',
])

const head = Buffer.from('{"chunk":')
const space = 0x20
const quote = 0x22
const closeBrace = 0x7d
const carriageReturn = 0x0d

/** Where the chunk's JSON string lies in a line, quotes included, as the last call of `usualChunk` found it. */
export const usual = { from: 0, to: 0 }

/** `{"chunk":"…"}`, with or without a space behind the colon: nearly every line. The text itself is not looked at. */
export const usualChunk = (bytes: Buffer, from: number, to: number): boolean => {
  for (let i = 0; i < head.length; i++) if (bytes[from + i] !== head[i]) return false
  const at = bytes[from + head.length] === space ? from + head.length + 1 : from + head.length
  if (bytes[to - 1] === carriageReturn) to--
  if (bytes[at] !== quote || bytes[to - 1] !== closeBrace || bytes[to - 2] !== quote || to - 2 <= at) return false
  usual.from = at
  usual.to = to - 1
  return true
}

export interface UnusualChunk {
  /** The JSON string as it came, quotes included. */
  readonly chunk: Buffer
  /** Members that textstream does not know, as they came, each with a comma before it. */
  readonly more: Buffer | undefined
}

const trim = (line: string) => line.replace(/^\ufeff?[ \t\r]+|^\ufeff|[ \t\r]+$/g, '')

const unknownMembers = (line: string, members: readonly Member[]) => {
  const unknown = members.filter(({ key }) => !ours.has(key))
  if (unknown.length === 0) return undefined
  return Buffer.from(unknown.map(({ from, to }) => `,${line.slice(from, to)}`).join(''))
}

/** Any other line: its chunk, why it is none, or `undefined` for a blank line. */
export const unusualChunk = (bytes: Buffer): UnusualChunk | string | undefined => {
  const line = trim(bytes.toString())
  if (line === '') return undefined
  const parsed = parseJson(line)
  if (parsed === undefined) return 'not JSON'
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return 'not a JSON object'
  const members = membersOf(line)
  const repeated = repeatedKey(members)
  if (repeated !== undefined) return `repeats the key ${JSON.stringify(repeated)}`
  const chunk = members.find(({ key }) => key === 'chunk')
  if (chunk === undefined) return 'no "chunk"'
  if (line[chunk.valueFrom] !== '"') return '"chunk" is not a string'
  return { chunk: Buffer.from(line.slice(chunk.valueFrom, chunk.to)), more: unknownMembers(line, members) }
}
