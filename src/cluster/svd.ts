import type { Chance } from './chance.ts'
import { eigenOf } from './eigen.ts'
import { type Dense, dense, times } from './product.ts'
import { type Sparse, transpose } from './sparse.ts'

/** Columns beyond the rank that is asked for: the more, the better the last of its vectors. */
const oversampling = 6
/** How often the matrix and its transpose are applied; each time what is strong stands out more. */
const iterations = 3
/** An eigenvalue smaller than this part of the largest one is rounding. */
const roundingMax = 1e-10

export interface Svd {
  /** Largest first; fewer than were asked for, if the matrix has fewer. */
  readonly singular: Float64Array
  /** The right singular vectors: a row for each column of the matrix, a column for each singular value. */
  readonly right: Dense
}

/** All products of two columns. */
const gram = ({ columns, value }: Dense): Float64Array => {
  const sums = new Float64Array(columns * columns)
  for (let row = 0; row < value.length; row += columns)
    for (let a = 0; a < columns; a++) {
      const weight = value[row + a]
      if (weight === 0) continue
      for (let b = a; b < columns; b++) sums[a * columns + b] += weight * value[row + b]
    }
  for (let a = 0; a < columns; a++) for (let b = 0; b < a; b++) sums[a * columns + b] = sums[b * columns + a]
  return sums
}

/** The first `kept` columns of left · small. */
const timesSmall = (left: Dense, small: Float64Array, kept: number): Dense => {
  const { rows, columns, value } = left
  const into = dense(rows, kept)
  for (let row = 0; row < rows; row++)
    for (let a = 0; a < columns; a++) {
      const weight = value[row * columns + a]
      if (weight === 0) continue
      for (let c = 0; c < kept; c++) into.value[row * kept + c] += weight * small[a * columns + c]
    }
  return into
}

/** The matrix turned so that its columns are orthogonal, the longest first, and scaled to length 1; without those that are rounding. */
const orthonormal = (matrix: Dense, keptMax: number = matrix.columns): Svd => {
  const { columns } = matrix
  const { values, vectors } = eigenOf(gram(matrix), columns)
  const kept = Math.min(keptMax, values.filter(value => value > roundingMax * values[0]).length)
  const singular = values.slice(0, kept).map(Math.sqrt)
  const scaled = vectors.map((x, at) => (at % columns < kept ? x / singular[at % columns] : 0))
  return { singular, right: timesSmall(matrix, scaled, kept) }
}

const random = (rows: number, columns: number, chance: Chance): Dense => {
  const matrix = dense(rows, columns)
  for (let i = 0; i < matrix.value.length; i++) matrix.value[i] = chance() - 0.5
  return matrix
}

/**
 * The `rank` largest singular values and their right vectors, by randomised subspace iteration (Halko, Martinsson and
 * Tropp 2011): not exact, but what is strong in the matrix is found.
 */
export const truncatedSvd = (matrix: Sparse, rank: number, chance: Chance): Svd => {
  const turned = transpose(matrix)
  let left = times(matrix, random(matrix.columns, rank + oversampling, chance))
  for (let i = 1; i < iterations; i++) left = times(matrix, times(turned, orthonormal(left).right))
  return orthonormal(times(turned, orthonormal(left).right), rank)
}
