import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { chanceFrom } from './chance.ts'
import { type KMeansOptions, kmeans } from './kmeans.ts'
import { DensePoints, type Points, SparsePoints } from './points.ts'

const dense = (rows: readonly (readonly number[])[], columns = rows[0].length): Points =>
  new DensePoints({ rows: rows.length, columns, value: Float64Array.from(rows.flat()) })

const sparse = (rows: readonly (readonly number[])[]): Points => {
  const found = rows.map(row => [...row.keys()].filter(column => row[column] !== 0))
  const start = new Uint32Array(rows.length + 1)
  for (const [row, columns] of found.entries()) start[row + 1] = start[row] + columns.length
  return new SparsePoints({
    rows: rows.length,
    columns: rows[0].length,
    start,
    index: Uint16Array.from(found.flat()),
    value: Float32Array.from(found.flatMap((columns, row) => columns.map(column => rows[row][column]))),
  })
}

/** Points around places, in turn. */
const around = (places: readonly (readonly number[])[], count: number, spread: number, seed = 1) => {
  const chance = chanceFrom(seed)
  return Array.from({ length: count }, (_, i) =>
    places[i % places.length].map(x => Math.fround(x + spread * (chance() - 0.5))),
  )
}

const corners = [
  [0, 0, 0],
  [9, 0, 0],
  [0, 9, 0],
  [0, 0, 9],
]

const cluster = (points: Points, options: Partial<KMeansOptions> = {}) =>
  kmeans(points, { k: 4, starts: 5, chance: chanceFrom(1), ...options })

const groupsOf = (labels: Int32Array, count: number) =>
  Array.from({ length: count }, (_, group) => new Set(labels.filter((_, at) => at % count === group)))

const inertiaOf = (
  rows: readonly (readonly number[])[],
  { centres, labels }: { centres: Float64Array; labels: Int32Array },
) =>
  rows.reduce(
    (sum, row, at) => sum + row.reduce((s, x, d) => s + (x - centres[labels[at] * row.length + d]) ** 2, 0),
    0,
  )

for (const [name, make] of Object.entries({ dense, sparse })) {
  test(`${name}: points around four places are found, whatever the seed`, () => {
    const rows = around(corners, 200, 2)
    for (let seed = 0; seed < 20; seed++) {
      const { k, labels } = cluster(make(rows), { chance: chanceFrom(seed) })
      const groups = groupsOf(labels, 4)
      assert.deepEqual(
        [k, groups.map(({ size }) => size), new Set(groups.flatMap(group => [...group])).size],
        [4, [1, 1, 1, 1], 4],
      )
    }
  })

  test(`${name}: what it says of inertia, distances and sizes is so, and every point is in its nearest cluster`, () => {
    const rows = around(corners, 100, 12)
    const found = cluster(make(rows), { k: 6 })
    const apart = (row: readonly number[], c: number) =>
      row.reduce((s, x, d) => s + (x - found.centres[c * 3 + d]) ** 2, 0)
    assert.ok(Math.abs(found.inertia - inertiaOf(rows, found)) < 1e-6)
    for (const [at, row] of rows.entries()) {
      const all = Array.from({ length: found.k }, (_, c) => apart(row, c))
      assert.ok(Math.abs(found.distances[at] - all[found.labels[at]]) < 1e-6)
      assert.ok(all.every(cost => cost >= all[found.labels[at]] - 1e-6))
    }
  })

  test(`${name}: the same chance gives the same, to the bit`, () => {
    const points = make(around(corners, 120, 12))
    assert.deepEqual(cluster(points, { chance: chanceFrom(3) }), cluster(points, { chance: chanceFrom(3) }))
  })

  test(`${name}: fewer different points than clusters give fewer clusters, each point on its centre`, () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(2), fc.nat(2)), { minLength: 1, maxLength: 30 }), fc.nat(), (rows, seed) => {
        const different = new Set(rows.map(String)).size
        const { k, inertia, labels } = cluster(make(rows), { k: 9, starts: 2, chance: chanceFrom(seed) })
        assert.deepEqual([k, new Set(labels).size], [different, different])
        assert.ok(inertia < 1e-6)
      }),
    )
  })
}

test('dense and sparse points of the same places come into the same clusters', () => {
  const rows = around(corners, 100, 10).map(row => row.map(x => Math.max(0, x)))
  const [a, b] = [dense, sparse].map(make => cluster(make(rows)))
  assert.deepEqual(a.labels, b.labels)
})

test('more starts never find worse', () => {
  const points = dense(around(corners, 60, 30))
  const inertias = [1, 5, 20].map(starts => cluster(points, { k: 8, starts }).inertia)
  assert.deepEqual(
    inertias,
    inertias.toSorted((a, b) => b - a),
  )
})

test('of two ways that are about as good, the one it was given stays', () => {
  // a square: two halves can be cut upright or across
  const square = around(
    [
      [0, 0],
      [0, 10],
      [10, 0],
      [10, 10.05],
    ],
    200,
    1,
  )
  for (const given of [
    [0, 0, 1, 1],
    [0, 1, 0, 1],
  ]) {
    const groups = Int32Array.from(square, (_, at) => given[at % 4])
    const { labels } = cluster(dense(square), { k: 2, starts: 20, given: groups })
    assert.deepEqual(labels, groups)
  }
})

test('what it was given is left where another way is clearly better', () => {
  const rows = around(
    [
      [0, 0],
      [0, 30],
      [100, 0],
      [100, 30],
    ],
    200,
    1,
  )
  const given = Int32Array.from(rows, (_, at) => at % 2)
  assert.deepEqual(
    groupsOf(cluster(dense(rows), { k: 2, given }).labels, 4)
      .map(([label]) => label)
      .map((label, _, all) => label === all[0]),
    [true, true, false, false],
  )
})

test('groups that are given may be fewer or more than the clusters, and have any numbers', () => {
  const rows = around(corners, 80, 1)
  for (const count of [1, 2, 7]) {
    const given = Int32Array.from(rows, (_, at) => 100 + 3 * (at % count))
    assert.equal(cluster(dense(rows), { given, starts: 3 }).k, 4)
  }
})

test('there are as many clusters as were asked for, whatever start was given, if there are as many different points', () => {
  const point = fc.tuple(fc.nat(12), fc.nat(12))
  const started = fc.array(fc.tuple(point, fc.nat(5)), { minLength: 6, maxLength: 20 })
  fc.assert(
    fc.property(started, given => {
      const rows = given.map(([row]) => row)
      const groups = Int32Array.from(given, ([, group]) => group)
      const { k, labels } = cluster(dense(rows), { k: 6, starts: 0, given: groups })
      const expected = Math.min(6, new Set(rows.map(String)).size)
      assert.deepEqual([k, new Set(labels).size], [expected, expected])
    }),
    { numRuns: 1000 },
  )
})

test('spherical: only directions count', () => {
  const chance = chanceFrom(4)
  const rows = Array.from({ length: 90 }, (_, at) => {
    const angle = (at % 3) * 2 + 0.3 * (chance() - 0.5)
    const length = 0.1 + chance()
    return [length * Math.cos(angle), length * Math.sin(angle)]
  })
  const { centres, labels } = cluster(dense(rows), { k: 3, spherical: true })
  assert.deepEqual(
    groupsOf(labels, 3).map(({ size }) => size),
    [1, 1, 1],
  )
  for (let c = 0; c < 3; c++) assert.ok(Math.abs(Math.hypot(centres[2 * c], centres[2 * c + 1]) - 1) < 1e-12)
})

test('points without any dimension, and points at the origin, are one cluster', () => {
  assert.deepEqual([cluster(dense([[], [], []], 0)).k, cluster(dense([[0], [0]]), { spherical: true }).k], [1, 1])
})
