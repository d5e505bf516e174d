import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KnownAnswers, type KnownEntry } from './known.ts'

const entry = (n: number, to = 1): KnownEntry => [`answer ${n}`, { seen: [0, to] }]
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => from + n)

test('answers that rest longest are forgotten, and it is known that they were there', () => {
  const known = new KnownAnswers(undefined, 3)
  known.put(numbers(0, 3).map(n => entry(n)))
  known.put([entry(0, 2), entry(3)])
  assert.equal(known.of('answer 1'), undefined)
  assert.deepEqual(known.of('answer 0'), { seen: [0, 2] })
  assert.equal(known.mayBeForgotten('answer 1'), true)
  assert.equal(known.mayBeForgotten('answer 0'), false)
})

test('one that never came is hardly ever taken for forgotten', () => {
  const known = new KnownAnswers(undefined, 10)
  known.put(numbers(0, 10_000).map(n => entry(n)))
  const mistaken = numbers(10_000, 20_000).filter(n => known.mayBeForgotten(`answer ${n}`))
  assert.ok(mistaken.length < 10, `${mistaken.length}`)
  assert.ok(numbers(0, 9_990).every(n => known.mayBeForgotten(`answer ${n}`)))
})

test('what was saved goes on as if nothing had happened', () => {
  const known = new KnownAnswers(undefined, 3)
  known.put(numbers(0, 5).map(n => entry(n)))
  const again = new KnownAnswers(JSON.parse(JSON.stringify(known.save())), 3)
  for (const one of [known, again]) one.put([entry(9), entry(2, 7)])
  assert.deepEqual(again.save(), known.save())
})
