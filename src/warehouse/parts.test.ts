import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { duePieces, levelOf, mergeable, merged, mergePartsMax, type Part, sum } from './parts.ts'

const numRuns = process.env.TEXTSTREAM_LONG ? 20_000 : 500

const partOf = (part: number, rows: number, bytes: number, waiting = 0): Part => ({
  part,
  table: 'chunks_clustered',
  place: part,
  level: levelOf(rows, bytes),
  rows,
  bytes,
  waiting,
  sinceMicros: part,
  ranges: new Map([['log', { from: part, to: part + 1 }]]),
})

const sizes = fc.array(fc.tuple(fc.integer({ min: 1, max: 40_000 }), fc.nat(3_000_000)), { maxLength: 400 })
const limits = { rollRowsMax: 1_000_000, rollBytesMax: 64 * 1024 * 1024, rollAgeMs: 600_000 }

test('merging keeps every row, the order of places, and few small parts', () => {
  fc.assert(
    fc.property(sizes, list => {
      let parts: Part[] = []
      for (const [at, [rows, bytes]] of list.entries()) {
        parts.push(partOf(at, rows, bytes))
        const due = mergeable(parts)
        if (due.length > 0) parts = [...parts.slice(0, -due.length), merged(due, at)]
        assert.ok(
          parts.filter(({ level }) => level < 2).length < 2 * mergePartsMax * (1 + parts.length / mergePartsMax),
        )
        assert.ok(mergeable(parts).length === 0)
      }
      assert.equal(
        sum(parts, ({ rows }) => rows),
        list.reduce((total, [rows]) => total + rows, 0),
      )
      const places = parts.map(({ place }) => place)
      assert.deepEqual(
        places,
        places.toSorted((a, b) => a - b),
      )
    }),
    { numRuns },
  )
})

test('a tail of nothing but small commits stays short', () => {
  let parts: Part[] = []
  for (let at = 0; at < 3000; at++) {
    parts.push(partOf(at, 400, 2000))
    const due = mergeable(parts)
    if (due.length > 0) parts = [...parts.slice(0, -due.length), merged(due, at)]
    assert.ok(parts.length < 48, `${parts.length} parts after ${at + 1} commits`)
  }
})

test('pieces that are due are the oldest parts, and full; with all, everything that does not wait', () => {
  fc.assert(
    fc.property(sizes, fc.boolean(), (list, all) => {
      const parts = list.map(([rows, bytes], at) => partOf(at, rows, bytes, at % 7 === 0 ? rows : 0))
      const rollable = parts.filter(({ rows, waiting }) => rows > waiting)
      const due = duePieces(parts, limits, 0, all)
      const rolled = due.flat()
      assert.deepEqual(rolled, rollable.slice(0, rolled.length))
      const rest = rollable.slice(rolled.length)
      const isFull = (some: readonly Part[]) =>
        sum(some, ({ rows }) => rows) >= limits.rollRowsMax || sum(some, ({ bytes }) => bytes) >= limits.rollBytesMax
      assert.ok(due.slice(0, -1).every(isFull))
      assert.ok(all ? rest.length === 0 : due.every(isFull) && !isFull(rest))
      for (const piece of due) assert.ok(!isFull(piece.slice(0, -1)))
    }),
    { numRuns },
  )
})
