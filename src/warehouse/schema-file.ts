import { open } from 'node:fs/promises'
import { reasonOf, StreamError } from '../std/error.ts'
import { parseJson } from '../std/json.ts'
import type { HiveColumn } from './hive-table.ts'
import { tables } from './schema.ts'

const fileBytesMax = 1024 * 1024
const fieldsMax = 1000
const nameCharactersMax = 128

/** What a field may be, by the names that people have for it, as Hive and Spark both call it. */
const types: Readonly<Record<string, string>> = {
  string: 'string',
  text: 'string',
  boolean: 'boolean',
  bool: 'boolean',
  int: 'int',
  integer: 'int',
  long: 'bigint',
  bigint: 'bigint',
  float: 'float',
  double: 'double',
  timestamp: 'timestamp',
  date: 'date',
}

/** Fields of a record that have a meaning, and what they may be said to be; the old consumer read all of them as text. */
const known: Readonly<Record<string, readonly string[]>> = {
  chunk: ['string'],
  agent_id: ['string'],
  destination_uri: ['string'],
  event_time: ['string', 'timestamp'],
  timestamp: ['string', 'timestamp'],
  response_id: ['string'],
  seq: ['string', 'int', 'bigint'],
  supersedes: ['string'],
  source: ['string'],
  end: ['string'],
}

const needed = ['chunk', 'destination_uri'] as const

/** Columns that the consumer fills by itself. */
const taken: ReadonlySet<string> = new Set(tables.chunks_clustered.map(({ name }) => name))

export interface SchemaFile {
  /** Fields that the record does not know, which become columns of their own; in the order of the file. */
  readonly extra: readonly HiveColumn[]
}

type Fail = (why: string) => StreamError

const shown = (value: unknown) => JSON.stringify(value) ?? 'nothing'

const typeOf = (name: string, type: unknown, fail: Fail): string => {
  const found = typeof type === 'string' && Object.hasOwn(types, type.toLowerCase()) && types[type.toLowerCase()]
  if (!found) throw fail(`"${name}" has the type ${shown(type)}; there are ${Object.keys(types).join(', ')}`)
  const allowed = Object.hasOwn(known, name) ? known[name] : [found]
  if (!allowed.includes(found)) throw fail(`"${name}" is a ${allowed.join(' or a ')}, not ${found}`)
  return found
}

/** Hive knows no upper case, and a name goes into its statements: so only what needs no quotes there. */
const nameOf = (name: unknown, place: number, fail: Fail): string => {
  if (typeof name !== 'string' || !/^[a-z][a-z0-9_]*$/i.test(name))
    throw fail(`field ${place} has the name ${shown(name)}; it must be a letter, then letters, digits and "_"`)
  if (name.length > nameCharactersMax) throw fail(`the name of field ${place} is longer than ${nameCharactersMax}`)
  if (!Object.hasOwn(known, name) && taken.has(name.toLowerCase()))
    throw fail(`"${name}" is a column that the consumer fills by itself; leave the field away`)
  return name
}

const fieldOf = (field: unknown, at: number, fail: Fail): HiveColumn => {
  const place = at + 1
  if (typeof field !== 'object' || field === null || Array.isArray(field))
    throw fail(`field ${place} is ${shown(field)}; it must be {"name": …, "type": …}`)
  const { name, type, nullable: _, metadata: __, ...rest } = field as Record<string, unknown>
  const [strange] = Object.keys(rest)
  if (strange !== undefined) throw fail(`field ${place} has "${strange}"; it may have "name" and "type"`)
  const checked = nameOf(name, place, fail)
  return { name: checked, type: typeOf(checked, type, fail) }
}

const refuseTwins = (fields: readonly HiveColumn[], fail: Fail) => {
  const names = fields.map(({ name }) => name.toLowerCase())
  const twin = names.find((name, at) => names.indexOf(name) !== at)
  if (twin !== undefined) throw fail(`"${twin}" is there twice; Hive does not tell capitals from small letters`)
}

/** What a schema file says, `{"fields": [{"name": …, "type": …}]}`; `file` is its name for messages. Throws `schema/usage`. */
export const parseSchemaFile = (text: string, file: string): SchemaFile => {
  const fail: Fail = why => new StreamError('schema/usage', `schema file "${file}": ${why}`)
  const json = parseJson(text.replace(/^\ufeff/, '')) as { fields?: unknown } | null | undefined
  if (json === undefined) throw fail('it is no JSON; write {"fields": [{"name": "chunk", "type": "string"}, …]}')
  const list = json?.fields
  if (!Array.isArray(list)) throw fail('it has no list "fields"; write {"fields": [{"name": …, "type": …}, …]}')
  if (list.length > fieldsMax) throw fail(`it has ${list.length} fields; at most ${fieldsMax} can be read`)
  const fields = list.map((field, at) => fieldOf(field, at, fail))
  refuseTwins(fields, fail)
  const missing = needed.find(name => !fields.some(field => field.name === name))
  if (missing !== undefined) throw fail(`it has no field "${missing}", without which a record is none`)
  return { extra: fields.filter(({ name }) => !Object.hasOwn(known, name)) }
}

const readBounded = async (path: string): Promise<Buffer> => {
  await using file = await open(path)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(fileBytesMax + 1), 0, fileBytesMax + 1, 0)
  return buffer.subarray(0, bytesRead)
}

/** Throws `schema/usage` for a file that cannot be read, or makes no sense. */
export const readSchemaFile = async (path: string): Promise<SchemaFile> => {
  const bytes = await readBounded(path).catch(cause => {
    throw new StreamError('schema/usage', `schema file "${path}": ${reasonOf(cause)}`, { cause })
  })
  if (bytes.length > fileBytesMax)
    throw new StreamError('schema/usage', `schema file "${path}" is longer than ${fileBytesMax} bytes; is it one?`)
  return parseSchemaFile(bytes.toString(), path)
}
