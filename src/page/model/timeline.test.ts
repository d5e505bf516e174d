import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ChunkPage } from '../../web/api.ts'
import { stepped } from './player.ts'
import { Timeline } from './timeline.ts'

interface Given {
  readonly length: number
  readonly time: number | null
  readonly agent?: string
}

const pageOf = (all: readonly Given[], from: number, to: number): ChunkPage => {
  const some = all.slice(from, to)
  const agents = [...new Set(some.map(({ agent = 'A' }) => agent))].sort()
  const before = (i: number) => all.slice(0, from + i).reduce((sum, { length }) => sum + length, 0)
  return {
    total: all.length,
    from,
    units: all.reduce((sum, { length }) => sum + length, 0),
    agents,
    answers: ['r'],
    start: some.map((_, i) => before(i)),
    length: some.map(({ length }) => length),
    time: some.map(({ time }) => time),
    agent: some.map(({ agent = 'A' }) => agents.indexOf(agent)),
    answer: some.map(() => 0),
    seq: some.map((_, i) => from + i),
  }
}

const timelineOf = (all: readonly Given[], pageSize = 1000) => {
  const timeline = new Timeline()
  for (let from = 0; from < all.length; from += pageSize) timeline.add(pageOf(all, from, from + pageSize))
  return timeline
}

const ascending = fc
  .array(fc.record({ length: fc.nat(9), step: fc.nat(3) }), { minLength: 1, maxLength: 60 })
  .map(all => {
    let time = 1000
    return all.map(({ length, step }) => {
      time += step
      return { length, time }
    })
  })

test('the text at a time is what had come by then', () => {
  fc.assert(
    fc.property(ascending, fc.integer({ min: 990, max: 1200 }), fc.integer({ min: 1, max: 7 }), (all, at, pageSize) => {
      const timeline = timelineOf(all, pageSize)
      assert.ok(timeline.ascends)
      const come = all.filter(({ time }) => time <= at)
      assert.equal(
        timeline.unitsAt(at),
        come.reduce((sum, { length }) => sum + length, 0),
      )
      assert.equal(timeline.chunksAt(at), come.length)
    }),
    { endOnFailure: true },
  )
})

test('every unit of the text belongs to the chunk that holds it', () => {
  fc.assert(
    fc.property(ascending, all => {
      const timeline = timelineOf(all)
      for (let unit = 0; unit < timeline.units; unit++) {
        const chunk = timeline.chunkAt(unit)!
        assert.ok(chunk.start <= unit && unit < chunk.start + chunk.length)
      }
      assert.equal(timeline.chunkAt(timeline.units), undefined)
    }),
    { endOnFailure: true },
  )
})

test('steps go through all moments at which something came, and back', () => {
  fc.assert(
    fc.property(ascending, all => {
      const timeline = timelineOf(all)
      const times = [...new Set(all.map(({ time }) => time))]
      let at = timeline.first! - 1
      for (const time of times) {
        at = stepped(at, 1, timeline)
        assert.equal(at, time)
      }
      for (const time of times.slice(0, -1).reverse()) {
        at = stepped(at, -1, timeline)
        assert.equal(at, time)
      }
      assert.equal(stepped(at, -1, timeline), timeline.first! - 1)
    }),
    { endOnFailure: true },
  )
})

test('agents keep their names over pages that number them each for itself', () => {
  const all = ['B', 'A', 'C', 'A'].map((agent, i) => ({ length: 1, time: i, agent }))
  const timeline = timelineOf(all, 1)
  assert.deepEqual(
    all.map((_, i) => timeline.fact(i)!.agent),
    ['B', 'A', 'C', 'A'],
  )
})

const orders: Record<string, [Given[], boolean]> = {
  'one after the other': [
    [
      { length: 1, time: 1 },
      { length: 1, time: 1 },
      { length: 1, time: 2 },
    ],
    true,
  ],
  'a chunk without a time came with the one before': [
    [
      { length: 1, time: 1 },
      { length: 1, time: null },
    ],
    true,
  ],
  'a chunk that came late stands before': [
    [
      { length: 1, time: 2 },
      { length: 1, time: 1 },
    ],
    false,
  ],
  'none has a time': [[{ length: 1, time: null }], false],
  'the first has no time': [
    [
      { length: 1, time: null },
      { length: 1, time: 1 },
    ],
    false,
  ],
}

for (const [name, [all, ascends]] of Object.entries(orders)) {
  test(`a prefix is the text at a time, or not: ${name}`, () => assert.equal(timelineOf(all).ascends, ascends))
}

test('all characters are in the density', () => {
  const density = timelineOf([
    { length: 3, time: 0 },
    { length: 4, time: 50 },
    { length: 5, time: 100 },
  ]).density(10)
  assert.deepEqual(density, [3, 0, 0, 0, 0, 4, 0, 0, 0, 5])
})
