import type { Chance } from './chance.ts'
import type { RecipeName } from './cluster.ts'
import { DensePoints, type Points, SparsePoints } from './points.ts'
import { type Dense, times } from './product.ts'
import { firstRows, type Sparse } from './sparse.ts'
import { truncatedSvd } from './svd.ts'

/** Directions of the text's windows that are kept: fewer mix topics up, more let single words count. */
export const latentDimensions = 16

/** Directions are sought in so many windows of the sample, which is in no order; all of it is then laid along them. */
const directionWindowsMax = 2048

/** The space in which windows are compared, and the way from there back to terms. */
export interface Space {
  readonly points: Points
  /** Only directions count. */
  readonly spherical: boolean
  /** Of k-means; the best one counts. The more dimensions, the more a start costs. */
  readonly starts: number
  /** By term, then by centre: what a weight of 1 adds to the window's score with each centre. */
  table(centres: Float64Array, k: number): Float64Array
  /** What a score with this centre begins with. */
  bias(centre: Float64Array): number
}

/** right · centres, turned. */
const throughRight = ({ rows, columns, value }: Dense, centres: Float64Array, k: number): Float64Array => {
  const table = new Float64Array(rows * k)
  for (let term = 0; term < rows; term++)
    for (let c = 0; c < k; c++) {
      let sum = 0
      for (let d = 0; d < columns; d++) sum += value[term * columns + d] * centres[c * columns + d]
      table[term * k + c] = sum
    }
  return table
}

/**
 * The directions in which windows differ most (latent semantic analysis, Deerwester and others 1990). Only the direction
 * of a window counts when its centre is sought, so scores are plain sums over terms; but windows that have more to do
 * with any of these directions weigh more in their centre.
 */
const latentSpace = (matrix: Sparse, chance: Chance): Space => {
  const { right } = truncatedSvd(firstRows(matrix, directionWindowsMax), latentDimensions, chance)
  return {
    points: new DensePoints(times(matrix, right)),
    spherical: true,
    starts: 20,
    table: (centres, k) => throughRight(right, centres, k),
    bias: () => 0,
  }
}

const turned = (centres: Float64Array, k: number): Float64Array => {
  const columns = centres.length / k
  return Float64Array.from(centres, (_, at) => centres[(at % k) * columns + Math.floor(at / k)])
}

/** Windows by their terms, as they are: the nearest centre is that of the largest w·c − c·c/2. */
const termSpace = (matrix: Sparse): Space => ({
  points: new SparsePoints(matrix),
  spherical: false,
  starts: 4,
  table: turned,
  bias: centre => -centre.reduce((sum, value) => sum + value ** 2, 0) / 2,
})

export const spaceOf: Readonly<Record<RecipeName, (matrix: Sparse, chance: Chance) => Space>> = {
  text: latentSpace,
  classic: termSpace,
}
