import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compare, type Keyed } from '../map.ts'
import {
  answerKey,
  countersKey,
  kinds,
  malformedKey,
  placeBytes,
  readAnswerKey,
  readMalformedKey,
  readPlace,
  writePlace,
} from './key.ts'

const name = fc.oneof(
  fc.string({ unit: fc.constantFrom('\0', '\x01', 'a', 'é', '\uffff', '😀'), maxLength: 4 }),
  fc.string({ unit: 'binary', maxLength: 6 }),
)
const safe = fc.maxSafeInteger()
const place = fc.oneof(
  fc.record({ bySeq: fc.constant(true), key: fc.oneof(fc.nat(3), fc.nat(Number.MAX_SAFE_INTEGER)), arrival: fc.nat() }),
  fc.record({
    bySeq: fc.constant(false),
    key: fc.oneof(fc.integer({ min: -2, max: 2 }), safe),
    arrival: fc.nat(2 ** 50),
  }),
)
const record = fc.record({ uri: name, responseId: name, place })
type Record = typeof record extends fc.Arbitrary<infer T> ? T : never

const keyOf = ({ uri, responseId, place }: Record): Buffer => {
  const answer = answerKey(Buffer.from(uri), Buffer.from(responseId))
  const key = Buffer.concat([answer, Buffer.alloc(placeBytes)])
  writePlace(place, key, answer.length)
  return key
}

const keyedOf = ({ uri, responseId, place }: Record): Omit<Keyed, 'chunk'> => ({ uri, responseId, ...place, micros: 0 })

test('keys sort byte by byte as records are sorted', () => {
  fc.assert(
    fc.property(record, record, (a, b) => {
      assert.equal(Math.sign(keyOf(a).compare(keyOf(b))), Math.sign(compare(keyedOf(a), keyedOf(b))))
    }),
    { numRuns: 2000 },
  )
})

test('a key says whose record it is, and where it stands', () => {
  fc.assert(
    fc.property(record, given => {
      const key = keyOf(given)
      const at = key.length - placeBytes
      assert.deepEqual(readAnswerKey(key.subarray(0, at)), { uri: given.uri, responseId: given.responseId })
      assert.deepEqual(readPlace(key, at), { ...given.place })
    }),
    { numRuns: 2000 },
  )
})

test('a record without a time is before all others of its kind', () => {
  const key = (key: number) => keyOf({ uri: 'a', responseId: '', place: { bySeq: false, key, arrival: 5 } })
  assert.ok(key(Number.NaN).compare(key(Number.MIN_SAFE_INTEGER)) < 0)
  assert.ok(Number.isNaN(readPlace(key(Number.NaN), key(0).length - placeBytes).key))
})

test('counters come first, then malformed lines in their order, then records', () => {
  const keys = [
    countersKey,
    malformedKey(0, 0),
    malformedKey(0, 1),
    malformedKey(0, 300),
    malformedKey(1, 0),
    malformedKey(2 ** 45, 0),
    keyOf({ uri: '', responseId: '', place: { bySeq: true, key: 0, arrival: 0 } }),
  ]
  assert.deepEqual(keys.toReversed().sort(Buffer.compare), keys)
  assert.deepEqual(readMalformedKey(malformedKey(2 ** 45 + 1, 7)), { arrival: 2 ** 45 + 1, piece: 7 })
  assert.equal(keys.at(-1)![0], kinds.records)
})
