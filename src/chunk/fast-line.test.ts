import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decode, isMalformed } from './codec.ts'
import { microsOf } from './event-time.ts'
import { FastLine } from './fast-line.ts'
import { isBody } from './json-string.ts'

/** What the reader says of a line that lies between others, once its body is known to be one. */
const readInside = (json: string) => {
  const line = new FastLine()
  const bytes = Buffer.from(`}"x":1}\n${json}\n{"chunk":"`)
  const to = 8 + Buffer.byteLength(json)
  if (!line.read(bytes, 8, to) || !isBody(bytes, line.bodyFrom, line.bodyTo)) return undefined
  const text = (from: number, end: number) => bytes.toString('utf8', from, end)
  return {
    chunk: JSON.parse(`"${text(line.bodyFrom, line.bodyTo)}"`),
    agent_id: text(line.agentFrom, line.agentTo),
    destination_uri: text(line.uriFrom, line.uriTo),
    response_id: text(line.idFrom, line.idTo),
    seq: line.seq,
    micros: line.micros,
  }
}

const decoded = (json: string) => {
  const record = decode(Buffer.from(json))
  assert.ok(record !== undefined && !isMalformed(record), `"decode" refuses ${json}`)
  const { chunk, agent_id, destination_uri, response_id = '', seq = -1, event_time = '' } = record
  return { chunk, agent_id, destination_uri, response_id, seq, micros: microsOf(event_time) }
}

const old = { chunk: 'a "b" \\ \n', agent_id: 'Agent_Ada', destination_uri: '/a.md', event_time: '2026-11-23T08:37:04' }
const own = { ...old, event_time: '2026-11-23T08:37:04.123456Z', response_id: 'r', seq: 0 }
const { event_time, ...untimed } = old
const spaced = (record: object) => JSON.stringify(record, null, 1).replaceAll('\n', '').replace('{ ', '{')

test('reads the lines that produce and the old system write', () => {
  const lines = [
    old,
    own,
    { ...own, agent_id: '' },
    { ...own, agent_id: 'Ágent 🜁' },
    { ...untimed, timestamp: event_time },
    { ...own, seq: 999_999_999_999_999 },
  ]
  for (const json of lines.flatMap(record => [JSON.stringify(record), spaced(record)])) {
    assert.deepEqual(readInside(json), decoded(json), json)
  }
})

const others: Record<string, object | string> = {
  'an escape in a name': { ...own, destination_uri: '/"' },
  'an empty uri': { ...own, destination_uri: '' },
  'another order': { ...own, chunk: undefined, text: 1 },
  'a day that ends beyond what a double holds': { ...own, event_time: '2255-06-05T23:59:34.740993Z' },
  'a member behind': { ...own, source: { url: 'u', file: 'f' } },
  'a member behind that is a string': { ...own, supersedes: 'r' },
  'a response_id without seq': { ...own, seq: undefined },
  'a seq that a double may not hold': { ...own, seq: 9_007_199_254_740_991 },
  'a seq with a zero in front': JSON.stringify(own).replace(':0}', ':00}'),
  'a seq below zero': { ...own, seq: -1 },
  'a time that is none': { ...own, event_time: '2026-11-31T08:37:04' },
  'a time in another form': { ...own, event_time: '2026-11-23T08:37:04+01:00' },
  'no chunk': { ...own, chunk: undefined },
  'no end': JSON.stringify(own).slice(0, -1),
  'a member between': JSON.stringify(own).replace('","agent_id"', '","end":1,"agent_id"'),
}

for (const [name, line] of Object.entries(others)) {
  test(`leaves to decode: ${name}`, () => {
    assert.equal(readInside(typeof line === 'string' ? line : JSON.stringify(line)), undefined)
  })
}

const json = fc.constantFrom(...[old, own, { ...own, chunk: '' }].flatMap(r => [JSON.stringify(r), spaced(r)]))
const piece = fc.constantFrom('"', '\\', '{', '}', ',', ':', ' ', '0', 'Z', '"seq":1', ',"a":"b"', '\t', '-', 'é')

test('what it accepts, decode accepts with the same meaning, also in lines that were spoiled', () => {
  const property = fc.property(json, fc.nat(10_000), fc.nat(3), piece, (text, place, drop, put) => {
    const at = place % text.length
    const spoiled = text.slice(0, at) + put + text.slice(at + drop)
    const found = readInside(spoiled)
    if (found !== undefined) assert.deepEqual(found, decoded(spoiled))
  })
  fc.assert(property, { numRuns: 20_000 })
})
