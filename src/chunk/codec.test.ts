import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Chunk } from './chunk.ts'
import { decode, encode, isMalformed } from './codec.ts'
import { record } from './schema.ts'

const numRuns = process.env.TEXTSTREAM_LONG ? 100_000 : 1_000

const text = fc.string({
  unit: fc.oneof(fc.constantFrom('"', '\\', '\n', '\ud83d', '\ude00', '\0', '\u2028'), fc.string()),
})
const name = text.map(s => s.toWellFormed())
const count = fc.oneof(fc.nat(9), fc.maxSafeNat())
const source = fc.record(
  { url: name, file: name, etag: name, chunk_size: count.map(n => n || 1), requested_at: name },
  { requiredKeys: ['url', 'file'], noNullPrototype: true },
)
const sha256 = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 })
const end = fc.record({ reason: name, chunks: count, bytes: count, sha256 }, { noNullPrototype: true })
const members = [
  'chunk',
  'agent_id',
  'destination_uri',
  'event_time',
  'timestamp',
  'response_id',
  'seq',
  'source',
  'supersedes',
  'end',
]
const extra = fc
  .dictionary(
    fc.string().filter(key => !members.includes(key)),
    fc.jsonValue(),
    { minKeys: 1 },
  )
  .map(unknown => JSON.stringify(unknown))
const chunk = fc.record(
  {
    chunk: text,
    agent_id: name,
    destination_uri: name.map(s => s || '/'),
    event_time: name,
    response_id: name,
    seq: count,
    source,
    supersedes: name,
    end,
    extra,
  },
  { requiredKeys: ['chunk', 'destination_uri'], noNullPrototype: true },
)

test('decodes what it encoded', () => {
  fc.assert(
    fc.property(chunk, one => assert.deepEqual(decode(encode(one as Chunk)), one)),
    { numRuns },
  )
})

test('encodes as one line of UTF-8', () => {
  fc.assert(
    fc.property(chunk, one => {
      const line = encode(one as Chunk)
      assert.equal(line.indexOf('\n'), line.length - 1)
      assert.deepEqual(Buffer.from(line.toString()), line)
    }),
    { numRuns },
  )
})

test('takes an empty extra for none', () => {
  const plain = { chunk: 'x', destination_uri: '/a' }
  assert.deepEqual(decode(encode({ ...plain, extra: '{}' })), plain)
})

const odd = fc.oneof(fc.constantFrom(null, '', 0, -0, -1, 1.5, 2 ** 53, true, [], {}), fc.jsonValue({ maxDepth: 1 }))
const or = <T>(arbitrary: fc.Arbitrary<T>) => fc.oneof({ weight: 9, arbitrary }, { weight: 1, arbitrary: odd })
const oddEnd = fc.record(
  { reason: or(name), chunks: or(count), bytes: or(count), sha256: or(sha256), x: odd },
  { requiredKeys: [] },
)
const oddSource = fc.record(
  { url: or(name), file: or(name), etag: or(name), chunk_size: or(count), requested_at: or(name) },
  { requiredKeys: [] },
)
const anyObject = fc.record(
  {
    chunk: or(text),
    agent_id: or(name),
    destination_uri: or(name),
    event_time: or(name),
    timestamp: odd,
    response_id: or(name),
    seq: or(count),
    source: or(fc.oneof(source, oddSource)),
    supersedes: or(name),
    end: or(fc.oneof(end, oddEnd)),
    x: fc.jsonValue(),
  },
  { requiredKeys: ['destination_uri'] },
)

test('accepts exactly the objects that the schema accepts', () => {
  fc.assert(
    fc.property(anyObject, json => {
      const decoded = decode(Buffer.from(JSON.stringify(json)))
      assert.ok(decoded !== undefined)
      const parsed = JSON.parse(JSON.stringify(json))
      assert.equal(!isMalformed(decoded), record.safeParse(parsed).success, JSON.stringify(decoded))
    }),
    { numRuns: numRuns * 5 },
  )
})

test('says something of any bytes, and never throws', () => {
  const bytes = fc.oneof(
    fc.uint8Array(),
    fc.tuple(chunk, fc.nat(), fc.nat(255)).map(([one, at, byte]) => {
      const line = encode(one as Chunk)
      line[at % line.length] = byte
      return line
    }),
    fc.tuple(chunk, fc.nat()).map(([one, cut]) => {
      const line = encode(one as Chunk)
      return line.subarray(0, cut % line.length)
    }),
  )
  fc.assert(
    fc.property(bytes, line => {
      const decoded = decode(line)
      if (decoded === undefined || isMalformed(decoded)) return
      assert.deepEqual(decode(encode(decoded)), decoded)
    }),
    { numRuns: numRuns * 5 },
  )
})
