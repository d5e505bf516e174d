import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextFitAfter } from './schedule.ts'

test('models are fitted at fixed counts: doubling at first, then steadily', () => {
  const counts = [nextFitAfter(0)]
  while (counts.length < 16) counts.push(nextFitAfter(counts.at(-1)!))
  assert.deepEqual(counts.slice(0, 4), [256, 512, 1024, 2048])
  assert.deepEqual(counts.slice(11), [2 ** 19, 2 ** 20, 2 * 2 ** 20, 3 * 2 ** 20, 4 * 2 ** 20])
})

test('a count between two of them leads to the later one', () => {
  assert.deepEqual([1, 255, 256, 700, 2 ** 20 + 5].map(nextFitAfter), [256, 256, 512, 1024, 2 ** 21])
})
