import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isoMicros } from '../std/clock.ts'
import { microsOf } from './event-time.ts'

const numRuns = process.env.TEXTSTREAM_LONG ? 200_000 : 5_000
const two = (n: number) => String(n).padStart(2, '0')
const max = 2n ** 53n - 1n

/** The slow reference: JavaScript's own Date for the day, BigInt for the rest. */
const reference = (y: number, mo: number, d: number, h: number, mi: number, s: number, us: number, zone: number) => {
  const date = new Date(0)
  date.setUTCFullYear(y, mo - 1, d)
  if (date.getUTCMonth() !== mo - 1 || date.getUTCDate() !== d) return Number.NaN
  const seconds = BigInt(date.getTime() / 1000) + BigInt(h * 3600 + (mi - zone) * 60 + s)
  const micros = seconds * 1_000_000n + BigInt(us)
  return micros > max || micros < -max ? Number.NaN : Number(micros)
}

const zone = fc.integer({ min: -1439, max: 1439 })
const zoneText = (zone: number) =>
  `${zone < 0 ? '-' : '+'}${two(Math.floor(Math.abs(zone) / 60))}:${two(Math.abs(zone) % 60)}`

test('agrees with the calendar of Date', () => {
  const date = [
    fc.integer({ min: 0, max: 9999 }),
    fc.integer({ min: 0, max: 13 }),
    fc.integer({ min: 0, max: 32 }),
  ] as const
  const recent = [fc.integer({ min: 1680, max: 2260 }), date[1], date[2]] as const
  const time = [fc.nat(23), fc.nat(59), fc.nat(60), fc.nat(999_999), zone] as const
  fc.assert(
    fc.property(
      fc.oneof(fc.tuple(...date, ...time), fc.tuple(...recent, ...time)),
      ([y, mo, d, h, mi, s, us, zone]) => {
        const day = `${String(y).padStart(4, '0')}-${two(mo)}-${two(d)}`
        const text = `${day}T${two(h)}:${two(mi)}:${two(s)}.${String(us).padStart(6, '0')}${zoneText(zone)}`
        assert.equal(microsOf(text), reference(y, mo, d, h, mi, s, us, zone), text)
      },
    ),
    { numRuns },
  )
})

test('reads back what isoMicros writes, for every microsecond that a number holds', () => {
  const micros = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: 1.7e15, max: 1.9e15 }))
  fc.assert(
    fc.property(micros, us => assert.equal(microsOf(isoMicros(us)), us)),
    { numRuns },
  )
})

test('says NaN, and never throws, for any string', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'0123456789-:.TZ +') }), text => {
      const micros = microsOf(text)
      assert.ok(Number.isNaN(micros) || Number.isSafeInteger(micros))
    }),
    { numRuns },
  )
})

test('takes no longer than the string is long', () => {
  const started = performance.now()
  assert.ok(!Number.isNaN(microsOf(`2026-11-23T08:37:04.${'1'.repeat(1_000_000)}`)))
  assert.ok(Number.isNaN(microsOf(`2026-11-23T08:37:04.${'1'.repeat(1_000_000)}x`)))
  assert.ok(performance.now() - started < 1000)
})
