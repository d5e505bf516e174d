import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { SampledWindow } from './cluster.ts'
import { priorityOf, Sample } from './sample.ts'

const windowAt = (priority: number, number: number): SampledWindow => ({
  number,
  priority,
  place: { destination_uri: '/a.md' },
  index: new Uint16Array(0),
  count: new Uint16Array(0),
  excerpt: new Uint8Array(0),
})

const placesOf = (windows: readonly SampledWindow[]) => windows.map(({ priority, number }) => [priority, number])

/** Few priorities, so that some are equal. */
const offered = fc
  .array(fc.nat(30), { maxLength: 60 })
  .map(priorities => priorities.map((priority, number) => windowAt(priority, number)))

test('keeps the windows of lowest priority, by priority and number, in whatever order they come', () => {
  fc.assert(
    fc.property(
      offered.chain(windows =>
        fc.tuple(fc.constant(windows), fc.shuffledSubarray(windows, { minLength: windows.length })),
      ),
      fc.integer({ min: 1, max: 20 }),
      ([inOrder, shuffled], max) => {
        const sample = new Sample(max)
        for (const window of shuffled) sample.add(window)
        const expected = inOrder.toSorted((a, b) => a.priority - b.priority || a.number - b.number).slice(0, max)
        assert.deepEqual(placesOf(sample.windows), placesOf(expected))
      },
    ),
  )
})

test('add gives back what is not in the sample any more, so that who keeps it elsewhere knows', () => {
  fc.assert(
    fc.property(offered, fc.integer({ min: 1, max: 20 }), (windows, max) => {
      const sample = new Sample(max)
      const elsewhere = new Set<SampledWindow>()
      for (const window of windows) {
        const isOffered = sample.offers(window.priority)
        elsewhere.add(window)
        const left = sample.add(window)
        if (left !== undefined) elsewhere.delete(left)
        assert.equal(isOffered, left !== window)
      }
      assert.deepEqual(new Set(sample.windows), elsewhere)
    }),
  )
})

test('a sample that is full takes only what is below its highest', () => {
  const sample = new Sample(2)
  for (const [number, priority] of [5, 9].entries()) sample.add(windowAt(priority, number))
  assert.deepEqual(
    [8, 9, 10].map(priority => sample.offers(priority)),
    [true, false, false],
  )
  assert.deepEqual(placesOf([sample.add(windowAt(8, 2))!]), [[9, 1]])
})

test('priorities are whole numbers of 32 bits, the same for the same place', () => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(), (hash, window) => {
      const priority = priorityOf(hash, window)
      assert.ok(Number.isInteger(priority) && priority >= 0 && priority < 2 ** 32)
      assert.equal(priorityOf(hash, window), priority)
    }),
  )
})

test('priorities of neighbouring answers and windows are spread evenly, and seldom equal', () => {
  const found: number[] = []
  for (let hash = 0; hash < 300; hash++)
    for (let window = 1; window <= 300; window++) found.push(priorityOf(hash, window))
  const sixteenths = new Uint32Array(16)
  for (const priority of found) sixteenths[Math.floor(priority / 2 ** 28)]++
  const expected = found.length / 16
  assert.ok(
    sixteenths.every(count => Math.abs(count - expected) < 5 * Math.sqrt(expected)),
    sixteenths.join(' '),
  )
  assert.ok(new Set(found).size > found.length - 20, `${found.length - new Set(found).size} are equal`)
})
