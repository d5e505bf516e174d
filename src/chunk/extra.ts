import type { Chunk } from './chunk.ts'
import { endFields, type Field, recordFields, streamFields } from './faults.ts'
import { type Member, membersOf } from './json-members.ts'

const namesOf = (fields: readonly Field[]) => new Set(fields.map(([name]) => name))
const streamNames = namesOf(streamFields)
const endNames = namesOf(endFields)
const recordNames = namesOf(recordFields).add('destination_uri')
const flatNames = new Set([...recordNames].filter(name => name !== 'source' && name !== 'end'))
const recordNamesRenamed = new Set(recordNames).add('timestamp')

/** Between tokens JSON allows line ends, and a Kafka message may have them; a line of the log may not. */
const onOneLine = (json: string) => json.replace(/[\r\n]/g, ' ')

/** The members that are not `known`, as an object's text. */
const extraOf = (text: string, members: readonly Member[], known: ReadonlySet<string>): string | undefined => {
  let extra: string | undefined
  for (const { key, from, to } of members) {
    if (!known.has(key)) extra = (extra === undefined ? '{' : `${extra},`) + text.slice(from, to)
  }
  return extra === undefined ? undefined : onOneLine(`${extra}}`)
}

const nestedExtraOf = (text: string, members: readonly Member[], name: string, known: ReadonlySet<string>) => {
  const member = members.find(({ key }) => key === name)
  return member && extraOf(text, membersOf(text, member.valueFrom), known)
}

type Extras = Pick<Chunk, 'extra' | 'sourceExtra' | 'endExtra'>

const areFlat = (members: readonly Member[]) => {
  for (const { key } of members) if (!flatNames.has(key)) return false
  return true
}

/** A record's members that textstream does not know, as text: never parsed, so never rounded, reordered or overflown. */
export const extrasOf = (text: string, members: readonly Member[], renamed: boolean): Extras | undefined => {
  if (areFlat(members)) return undefined
  const extra = extraOf(text, members, renamed ? recordNamesRenamed : recordNames)
  const sourceExtra = nestedExtraOf(text, members, 'source', streamNames)
  const endExtra = nestedExtraOf(text, members, 'end', endNames)
  return {
    ...(extra !== undefined && { extra }),
    ...(sourceExtra !== undefined && { sourceExtra }),
    ...(endExtra !== undefined && { endExtra }),
  }
}

/** An object's text with the members of another one's text behind its own; neither is parsed. */
export const joinObjects = (json: string, extra: string | undefined): string => {
  if (extra === undefined || extra === '{}') return json
  return json === '{}' ? extra : `${json.slice(0, -1)},${extra.slice(1)}`
}

/** `json` with one more member, an object of known and unknown members, if it has unknown ones. */
export const joinNested = (json: string, name: string, value: unknown, extra: string | undefined): string =>
  extra === undefined ? json : joinObjects(json, `{"${name}":${joinObjects(JSON.stringify(value), extra)}}`)
