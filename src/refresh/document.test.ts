import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type DocumentRow, rowLine } from './document.ts'

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null })
const text = fc.string({ unit: 'binary' }).map(s => s.toWellFormed())

const row = fc.record(
  {
    uri: text,
    file: text,
    source: maybe(fc.record({ url: text, file: text })),
    answers: fc.nat(),
    response_id: maybe(text),
    state: fc.constantFrom('complete', 'open', 'incomplete', 'unsequenced'),
    chunks: fc.nat(),
    bytes: fc.maxSafeNat(),
    sha256: fc.constant('ab'.repeat(32)),
    first_event_time: maybe(fc.constant('2026-11-23T08:37:04.123456Z')),
    last_event_time: maybe(fc.constant('2026-11-23T08:37:04.123456Z')),
    repeats: fc.nat(),
    conflicts: fc.nat(),
    gaps: fc.nat(),
    missing: fc.nat(),
    out_of_order: fc.nat(),
    ended: maybe(text),
    faults: fc.constant(['gap']),
    parts: fc.array(fc.record({ response_id: maybe(text) })),
  },
  {
    noNullPrototype: true,
    requiredKeys: [
      'uri',
      'file',
      'source',
      'answers',
      'response_id',
      'state',
      'chunks',
      'bytes',
      'sha256',
      'first_event_time',
      'last_event_time',
      'repeats',
      'conflicts',
      'gaps',
      'missing',
      'out_of_order',
      'ended',
    ],
  },
)

test('a row is written as JSON.stringify would write it', () => {
  fc.assert(fc.property(row, r => assert.equal(rowLine(r as unknown as DocumentRow), `${JSON.stringify(r)}\n`)))
})
