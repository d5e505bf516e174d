import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cut, waitingIn } from './plans.ts'

test('it begins where it ended, or at the first record that is kept', () => {
  const borders = { first: { 0: 5, 1: 50, 2: 0 }, end: { 0: 10, 1: 60, 2: 0 } }
  assert.deepEqual(waitingIn({ 0: 7, 1: 20 }, borders), { from: { 0: 7, 1: 50, 2: 0 }, to: borders.end, records: 13 })
})

const border = fc.tuple(fc.nat(100), fc.nat(100)).map(([from, length]) => ({ from, to: from + length }))

test('batches are bounded, miss nothing, and share the room among partitions', () => {
  fc.assert(
    fc.property(fc.array(border, { maxLength: 6 }), fc.integer({ min: 6, max: 80 }), (borders, recordsMax) => {
      const end = Object.fromEntries(borders.map(({ to }, n) => [n, to]))
      const first = Object.fromEntries(borders.map(({ from }, n) => [n, from]))
      let position: Readonly<Record<string, number>> = {}
      for (;;) {
        const waiting = waitingIn(position, { first, end })
        if (waiting.records === 0) break
        const batch = cut(waiting, recordsMax)
        assert.ok(batch.records > 0 && batch.records <= recordsMax)
        assert.equal(batch.records, Math.min(recordsMax, waiting.records))
        for (const partition of Object.keys(batch.to)) assert.equal(batch.from[partition], waiting.from[partition])
        position = { ...position, ...batch.to }
      }
      for (const [n, { from, to }] of borders.entries()) assert.equal(position[n] ?? from, to)
    }),
    { endOnFailure: true },
  )
})
