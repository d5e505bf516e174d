import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { assignment } from './assignment.ts'

/** The least cost, by trying every way to give rows columns. */
const leastCost = (cost: readonly (readonly number[])[], taken: readonly number[] = []): number => {
  const [row, ...rest] = cost
  if (row === undefined) return 0
  const skipped = rest.length + taken.length >= row.length ? leastCost(rest, taken) : Number.POSITIVE_INFINITY
  const used = row.map((c, column) =>
    taken.includes(column) ? Number.POSITIVE_INFINITY : c + leastCost(rest, [...taken, column]),
  )
  return Math.min(skipped, ...used)
}

const columnsOf = (cost: readonly (readonly number[])[], columns = cost[0]?.length ?? 0) => [
  ...assignment(Float64Array.from(cost.flat()), cost.length, columns),
]

const sum = (cost: readonly (readonly number[])[], columns: readonly number[]) =>
  columns.reduce((total, column, row) => (column === -1 ? total : total + cost[row][column]), 0)

const matrices = (value: fc.Arbitrary<number>) =>
  fc
    .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }))
    .chain(([rows, columns]) =>
      fc.array(fc.array(value, { minLength: columns, maxLength: columns }), { minLength: rows, maxLength: rows }),
    )

const ways: readonly [string, fc.Arbitrary<number>][] = [
  ['integers with many ties', fc.integer({ min: -2, max: 2 })],
  ['wide integers', fc.integer({ min: -1e9, max: 1e9 })],
  ['fractions', fc.double({ min: -1, max: 1, noNaN: true })],
]

for (const [name, value] of ways) {
  test(`costs no more than the best of all ways: ${name}`, () => {
    fc.assert(
      fc.property(matrices(value), cost => {
        const columns = columnsOf(cost)
        const used = columns.filter(column => column !== -1)
        assert.equal(used.length, Math.min(cost.length, cost[0].length))
        assert.equal(new Set(used).size, used.length)
        assert.ok(Math.abs(sum(cost, columns) - leastCost(cost)) < 1e-9 * Math.max(1, ...cost.flat().map(Math.abs)))
      }),
      { numRuns: 500 },
    )
  })
}

const cases: readonly [name: string, cost: number[][], columns: number[]][] = [
  ['nothing', [], []],
  ['rows without columns', [[], []], [-1, -1]],
  ['one', [[7]], [0]],
  [
    'not what greed gives',
    [
      [0, 1],
      [1, 100],
    ],
    [1, 0],
  ],
  ['more columns than rows', [[9, 9, 1]], [2]],
  ['more rows than columns', [[9], [1], [9]], [-1, 0, -1]],
  [
    'ties go to what comes first',
    [
      [0, 0],
      [0, 0],
    ],
    [0, 1],
  ],
]
for (const [name, cost, columns] of cases) {
  test(`assigns ${name}`, () => assert.deepEqual(columnsOf(cost), columns))
}

test('assigns each of 300 rows a column of its own', () => {
  const n = 300
  const cost = Float64Array.from({ length: n * n }, (_, at) => (at * 7919) % 1009)
  assert.equal(new Set(assignment(cost, n, n)).size, n)
})
