import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Chance, chanceFrom } from './chance.ts'
import { eigenOf } from './eigen.ts'
import { times } from './product.ts'
import { type Sparse, transpose } from './sparse.ts'
import { truncatedSvd } from './svd.ts'

const sparseOf = (rows: readonly (readonly number[])[], columns: number): Sparse => {
  const found = rows.map(row => row.flatMap((value, column) => (value === 0 ? [] : [{ column, value }])))
  let end = 0
  return {
    rows: rows.length,
    columns,
    start: Uint32Array.from([0, ...found.map(row => (end += row.length))]),
    index: Uint16Array.from(found.flat(), ({ column }) => column),
    value: Float32Array.from(found.flat(), ({ value }) => value),
  }
}

const rowsOf = ({ rows, columns, start, index, value }: Sparse): number[][] =>
  Array.from({ length: rows }, (_, row) => {
    const full = Array<number>(columns).fill(0)
    for (let i = start[row]; i < start[row + 1]; i++) full[index[i]] = value[i]
    return full
  })

const random = (rows: number, columns: number, density: number, chance: Chance) =>
  sparseOf(
    Array.from({ length: rows }, () => Array.from({ length: columns }, () => (chance() < density ? chance() : 0))),
    columns,
  )

/** A few topics, each with columns of its own. */
const topical = (rows: number, columns: number, topics: number, chance: Chance) =>
  sparseOf(
    Array.from({ length: rows }, (_, row) =>
      Array.from({ length: columns }, (_, column) => {
        const isOwn = column % topics === row % topics
        return chance() < (isOwn ? 0.5 : 0.05) ? 0.5 + chance() : 0
      }),
    ),
    columns,
  )

/** All singular values, by the reference: the eigenvalues of transpose · matrix, dense. */
const singularOf = (matrix: Sparse): number[] => {
  const rows = rowsOf(matrix)
  const n = matrix.columns
  const gram = Float64Array.from({ length: n * n }, (_, at) =>
    rows.reduce((sum, row) => sum + row[Math.floor(at / n)] * row[at % n], 0),
  )
  return [...eigenOf(gram, n).values].map(value => Math.sqrt(Math.max(0, value)))
}

const isClose = (a: number, b: number, by: number) => Math.abs(a - b) <= by * Math.max(1, Math.abs(b))

test('the singular values of topics are those of the dense reference', () => {
  const matrix = topical(200, 60, 5, chanceFrom(3))
  const expected = singularOf(matrix).slice(0, 5)
  const { singular } = truncatedSvd(matrix, 5, chanceFrom(1))
  assert.ok(
    singular.every((value, i) => isClose(value, expected[i], 0.01)),
    `${singular} is not ${expected}`,
  )
})

test('without any structure, nearly as much of the matrix is caught as could be', () => {
  const matrix = random(150, 80, 0.2, chanceFrom(5))
  const caught = (values: Iterable<number>) => [...values].reduce((sum, value) => sum + value ** 2, 0)
  const { singular } = truncatedSvd(matrix, 10, chanceFrom(1))
  assert.ok(caught(singular) > 0.95 * caught(singularOf(matrix).slice(0, 10)))
})

test('right vectors are orthogonal, of length 1, and as long under the matrix as their singular values say', () => {
  const matrix = topical(100, 50, 4, chanceFrom(7))
  const { singular, right } = truncatedSvd(matrix, 6, chanceFrom(1))
  const product = (values: ArrayLike<number>, columns: number, a: number, b: number) => {
    let sum = 0
    for (let at = 0; at < values.length; at += columns) sum += values[at + a] * values[at + b]
    return sum
  }
  const projected = times(matrix, right)
  for (let a = 0; a < 6; a++) {
    for (let b = 0; b < 6; b++) assert.ok(isClose(product(right.value, 6, a, b), a === b ? 1 : 0, 1e-9))
    assert.ok(isClose(Math.sqrt(product(projected.value, 6, a, a)), singular[a], 0.01))
  }
})

test('a matrix of lower rank than was asked for gives as many vectors as it has', () => {
  const rank = (rows: number[][], columns: number) =>
    truncatedSvd(sparseOf(rows, columns), 4, chanceFrom(1)).singular.length
  const one = [1, 2, 0, 3]
  assert.deepEqual(
    [
      rank([one, one.map(x => 2 * x), one], 4),
      rank(
        [
          [1, 0, 0],
          [0, 1, 0],
        ],
        3,
      ),
      rank(
        [
          [0, 0],
          [0, 0],
        ],
        2,
      ),
      rank([], 5),
    ],
    [1, 2, 0, 0],
  )
})

test('the same chance gives the same vectors, to the bit', () => {
  const matrix = topical(60, 40, 3, chanceFrom(9))
  assert.deepEqual(truncatedSvd(matrix, 4, chanceFrom(2)), truncatedSvd(matrix, 4, chanceFrom(2)))
})

const matrices = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 })).chain(([rows, columns]) =>
  fc.array(fc.array(fc.constantFrom(0, 0, 0, 1, 2.5), { minLength: columns, maxLength: columns }), {
    minLength: rows,
    maxLength: rows,
  }),
)

test('a transpose has columns for rows, and transposed again it is the same', () => {
  fc.assert(
    fc.property(matrices, rows => {
      const matrix = sparseOf(rows, rows[0].length)
      const turned = transpose(matrix)
      assert.deepEqual(
        rowsOf(turned),
        rows[0].map((_, column) => rows.map(row => row[column])),
      )
      assert.deepEqual(transpose(turned), matrix)
    }),
  )
})

test('eigenvectors of a symmetric matrix give it back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.nat(), (n, seed) => {
      const chance = chanceFrom(seed)
      const matrix = new Float64Array(n * n)
      for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) matrix[i * n + j] = matrix[j * n + i] = chance() - 0.5
      const { values, vectors } = eigenOf(matrix, n)
      for (let i = 0; i < n; i++)
        for (let j = 0; j < n; j++) {
          const back = values.reduce((sum, value, v) => sum + value * vectors[i * n + v] * vectors[j * n + v], 0)
          assert.ok(isClose(back, matrix[i * n + j], 1e-12))
        }
    }),
  )
})
