import assert from 'node:assert/strict'
import { test } from 'node:test'
import { windowOf } from './cluster.contract.ts'
import { rarityOf, weigh } from './weights.ts'

const sample = [
  windowOf(
    0,
    new Map([
      [1, 1],
      [3, 4],
    ]),
  ),
  windowOf(
    1,
    new Map([
      [1, 2],
      [2, 1],
    ]),
  ),
  windowOf(2, new Map([[1, 9]])),
]

const close = (found: Iterable<number>, expected: readonly number[]) => {
  const all = [...found]
  assert.equal(all.length, expected.length)
  for (const [at, value] of all.entries()) assert.ok(Math.abs(value - expected[at]) < 1e-6, `${all} is not ${expected}`)
}

test('the rarer a term, the more it weighs; one in every window weighs nothing, one in none neither', () => {
  close(rarityOf(sample, 5), [0, Math.log(4 / 4), Math.log(4 / 2), Math.log(4 / 2), 0])
})

test('classic counts every occurrence, and leaves out what weighs nothing', () => {
  const { start, index, value } = weigh(sample, rarityOf(sample, 5), 'classic')
  assert.deepEqual(
    [[...start], [...index]],
    [
      [0, 1, 2, 2],
      [3, 2],
    ],
  )
  close(value, [4 * Math.log(2), Math.log(2)])
})

test('text counts a term once, and makes all windows equally long', () => {
  const three = [
    ...sample,
    windowOf(
      3,
      new Map([
        [3, 7],
        [4, 1],
      ]),
    ),
  ]
  const { start, value } = weigh(three, rarityOf(three, 5), 'text')
  const [rare, rarer] = [Math.log(5 / 3), Math.log(5 / 2)]
  const length = Math.hypot(rare, rarer)
  const first = Math.hypot(Math.log(5 / 4), rare)
  assert.deepEqual([...start], [0, 2, 4, 5, 7])
  close(value.subarray(0, 2), [Math.log(5 / 4) / first, rare / first])
  close(value.subarray(5), [rare / length, rarer / length])
})
