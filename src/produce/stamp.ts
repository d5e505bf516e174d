import type { Chunk } from '../chunk/chunk.ts'
import { decode, isMalformed, type Malformed } from '../chunk/codec.ts'
import { membersOf } from '../chunk/json-members.ts'

/** A record as it came, and which members it has. */
export interface Given {
  readonly text: string
  readonly record: Chunk
  readonly keys: ReadonlySet<string>
}

const noUri = 'no "destination_uri"'

const bare = (line: Buffer) => line.toString().replace(/^\ufeff?[ \t\r]*|[ \t\r\n]+$/g, '')

/** Adds members at the end of the object; all that is there stays as it is, byte for byte. */
export const withMembers = (text: string, members: Readonly<Record<string, unknown>>): string => {
  const added = JSON.stringify(members).slice(1)
  if (added === '}') return text
  const head = text.slice(0, -1).trimEnd()
  return head === '{' ? `{${added}` : `${head},${added}`
}

/** One line of input: a record, why it is none, or `undefined` for a blank line. `uri` is for records that have none. */
export const readGiven = (line: Buffer, uri: () => string): Given | Malformed | undefined => {
  const decoded = decode(line)
  if (decoded === undefined) return undefined
  if (isMalformed(decoded)) return decoded.malformed === noUri ? readGiven(named(line, uri()), uri) : decoded
  const text = bare(line)
  return { text, record: decoded, keys: new Set(membersOf(text).map(({ key }) => key)) }
}

const named = (line: Buffer, destination_uri: string) => Buffer.from(withMembers(bare(line), { destination_uri }))
