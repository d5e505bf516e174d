import { type Member, membersOf, repeatedKey } from './json-members.ts'

/** How much of a repeated key is shown: it may be as long as the line. */
const keyShownMax = 100

type Json = Record<string, unknown>
type Rule = (value: unknown) => boolean

const isString: Rule = value => typeof value === 'string'
const isCount: Rule = value => Number.isSafeInteger(value) && (value as number) >= 0
export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isDigest: Rule = value => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
const isPositive: Rule = value => isCount(value) && value !== 0

export type Field = readonly [name: string, rule: Rule, is: string, required?: boolean]

export const streamFields: readonly Field[] = [
  ['url', isString, 'a string', true],
  ['file', isString, 'a string', true],
  ['etag', isString, 'a string'],
  ['chunk_size', isPositive, 'a positive integer'],
  ['requested_at', isString, 'a string'],
]

export const endFields: readonly Field[] = [
  ['reason', isString, 'a string', true],
  ['chunks', isCount, 'an integer from 0 to 2^53-1', true],
  ['bytes', isCount, 'an integer from 0 to 2^53-1', true],
  ['sha256', isDigest, '64 lower-case hex digits', true],
]

export const recordFields: readonly Field[] = [
  ['chunk', isString, 'a string'],
  ['agent_id', isString, 'a string'],
  ['event_time', isString, 'a string'],
  ['response_id', isString, 'a string'],
  ['seq', isCount, 'an integer from 0 to 2^53-1'],
  ['source', isObject, 'an object'],
  ['supersedes', isString, 'a string'],
  ['end', isObject, 'an object'],
]

const faultIn = (fields: readonly Field[], json: Json, path: string): string | undefined => {
  for (const [name, rule, is, required] of fields) {
    const value = json[name]
    if (value === undefined ? required : !rule(value)) return `"${path}${name}" is not ${is}`
  }
  return undefined
}

/** `timestamp` is another name for `event_time` where that is absent, and any other member where it is not. */
export const isRenamed = (json: Json) => json.event_time === undefined && json.timestamp !== undefined

/** The first wrong type among the fields, as a person reads it. */
export const faultInRecord = (json: Json): string | undefined => {
  const uri = json.destination_uri
  if (uri === undefined) return 'no "destination_uri"'
  if (typeof uri !== 'string') return '"destination_uri" is not a string'
  if (uri === '') return '"destination_uri" is empty'
  if (isRenamed(json) && !isString(json.timestamp)) return '"timestamp" is not a string'
  return (
    faultIn(recordFields, json, '') ??
    (json.source === undefined ? undefined : faultIn(streamFields, json.source as Json, 'source.')) ??
    (json.end === undefined ? undefined : faultIn(endFields, json.end as Json, 'end.'))
  )
}

const isNested = (name: string) => name === 'source' || name === 'end'

const repeatedIn = (text: string, members: readonly Member[]): string | undefined => {
  let key = repeatedKey(members)
  for (const { key: name, valueFrom } of members) {
    if (key !== undefined) return key
    if (isNested(name) && text[valueFrom] === '{') key = repeatedKey(membersOf(text, valueFrom))
  }
  return key
}

/** The first key that stands twice in the record, its `source` or its `end`, as a person reads it. */
export const repeatIn = (text: string, members: readonly Member[]): string | undefined => {
  const key = repeatedIn(text, members)
  return key === undefined ? undefined : `repeats the key ${JSON.stringify(key.slice(0, keyShownMax))}`
}
