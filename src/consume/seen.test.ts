import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Seen } from './seen.ts'

const addAll = (seqs: readonly number[]) => {
  const seen = new Seen()
  return { news: seqs.map(seq => seen.add(seq)), runs: seen.save() }
}

const cases: [string, number[], boolean[], number[]][] = [
  ['numbers in order are one run', [0, 1, 2], [true, true, true], [0, 3]],
  ['a number that came is no new one', [0, 1, 1, 0], [true, true, false, false], [0, 2]],
  ['a gap that is filled later closes', [0, 2, 1], [true, true, true], [0, 3]],
  ['runs that touch from below become one', [5, 4, 3], [true, true, true], [3, 6]],
  ['a gap stays a gap', [0, 5], [true, true], [0, 1, 5, 6]],
  ['the largest number there is counts', [2 ** 53 - 1], [true], [2 ** 53 - 1, 2 ** 53]],
]

for (const [name, seqs, news, runs] of cases) {
  test(name, () => assert.deepEqual(addAll(seqs), { news, runs }))
}

test('says exactly what came, in any order, while there are few gaps', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(100)), seqs => {
      const came = new Set<number>()
      const expected = seqs.map(seq => !came.has(seq) && came.add(seq) !== undefined)
      assert.deepEqual(addAll(seqs).news, expected)
    }),
    { endOnFailure: true },
  )
})

test('never calls a number new that came before, and stays small, whatever the gaps', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(5000), { minLength: 500, maxLength: 1500 }), seqs => {
      const { news, runs } = addAll(seqs)
      const came = new Set<number>()
      for (const [i, seq] of seqs.entries()) {
        if (news[i]) assert.equal(came.has(seq), false, `${seq}`)
        came.add(seq)
      }
      assert.ok(runs.length <= 128)
    }),
    { endOnFailure: true, numRuns: 30 },
  )
})

test('goes on from what was saved', () => {
  const seen = new Seen([0, 3, 7, 9])
  assert.deepEqual(
    [seen.add(2), seen.add(3), seen.add(8), seen.add(9), seen.save()],
    [false, true, false, true, [0, 4, 7, 10]],
  )
})

test('runs are added as their numbers would be, and overlaps are told', () => {
  const run = fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 8 }))
  fc.assert(
    fc.property(fc.array(run, { maxLength: 20 }), runs => {
      const [byRuns, byNumbers] = [new Seen(), new Seen()]
      const came = new Set<number>()
      for (const [from, length] of runs) {
        const numbers = Array.from({ length }, (_, n) => from + n)
        const isNew = numbers.every(number => !came.has(number))
        assert.equal(byRuns.overlaps(from, from + length), !isNew)
        if (!isNew) continue
        byRuns.addRun(from, from + length)
        for (const number of numbers) byNumbers.add(number)
        for (const number of numbers) came.add(number)
        assert.deepEqual(byRuns.save(), byNumbers.save())
      }
    }),
    { endOnFailure: true },
  )
})
