import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isoMicros, systemClock } from './clock.ts'

test('isoMicros writes UTC with six decimals, before 1970 and beyond the year 9999 too', () => {
  const times = [0, 1, -1, 1_740_502_410_460_063, 999_999, 1_000_000, 253_402_300_800_000_000]
  assert.deepEqual(times.map(isoMicros), [
    '1970-01-01T00:00:00.000000Z',
    '1970-01-01T00:00:00.000001Z',
    '1969-12-31T23:59:59.999999Z',
    '2025-02-25T16:53:30.460063Z',
    '1970-01-01T00:00:00.999999Z',
    '1970-01-01T00:00:01.000000Z',
    '+010000-01-01T00:00:00.000000Z',
  ])
})

test('the system clock never steps back by itself, and stays with the wall clock', () => {
  let last = systemClock()
  let steps = 0
  for (let i = 0; i < 200_000; i++) {
    const now = systemClock()
    if (now < last) steps++
    last = now
  }
  assert.equal(steps, 0)
  // On a busy machine another process may run between the two: the closest of some tries tells.
  const apart = Array.from({ length: 50 }, () => Math.abs(systemClock() / 1000 - Date.now()))
  assert.ok(Math.min(...apart) < 5)
})
