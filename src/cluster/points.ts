import { addProduct, type Dense } from './product.ts'
import type { Sparse } from './sparse.ts'

/** Points of a space, as k-means needs them. */
export interface Points {
  readonly count: number
  readonly dimensions: number
  /** The square of each point's length. */
  readonly squares: Float64Array
  /** Adds `times` the point to the `dimensions` numbers that begin at `at`. */
  addTo(sums: Float64Array, at: number, point: number, times: number): void
  /** The product of each point and each of `k` centres (one after another), point by point, into `into`. */
  products(centres: Float64Array, k: number, into: Float64Array): void
}

export class DensePoints implements Points {
  readonly count: number
  readonly dimensions: number
  readonly squares: Float64Array
  readonly #value: Float64Array

  constructor({ rows, columns, value }: Dense) {
    this.count = rows
    this.dimensions = columns
    this.#value = value
    this.squares = new Float64Array(rows)
    for (let i = 0; i < value.length; i++) this.squares[Math.floor(i / columns)] += value[i] ** 2
  }

  addTo(sums: Float64Array, at: number, point: number, times: number): void {
    const from = point * this.dimensions
    for (let d = 0; d < this.dimensions; d++) sums[at + d] += times * this.#value[from + d]
  }

  products(centres: Float64Array, k: number, into: Float64Array): void {
    const { count, dimensions } = this
    const value = this.#value
    let to = 0
    for (let point = 0; point < count; point++) {
      const from = point * dimensions
      for (let c = 0; c < k * dimensions; c += dimensions) {
        let sum = 0
        for (let d = 0; d < dimensions; d++) sum += value[from + d] * centres[c + d]
        into[to++] = sum
      }
    }
  }
}

/** What a term adds to the product with each centre stands side by side. */
const turned = (centres: Float64Array, k: number, dimensions: number): Float64Array => {
  const table = new Float64Array(k * dimensions)
  for (let c = 0; c < k; c++) for (let d = 0; d < dimensions; d++) table[d * k + c] = centres[c * dimensions + d]
  return table
}

export class SparsePoints implements Points {
  readonly count: number
  readonly dimensions: number
  readonly squares: Float64Array
  readonly #matrix: Sparse

  constructor(matrix: Sparse) {
    this.count = matrix.rows
    this.dimensions = matrix.columns
    this.#matrix = matrix
    const { start, value } = matrix
    this.squares = new Float64Array(matrix.rows)
    for (let row = 0; row < matrix.rows; row++)
      for (let i = start[row]; i < start[row + 1]; i++) this.squares[row] += value[i] ** 2
  }

  addTo(sums: Float64Array, at: number, point: number, times: number): void {
    const { start, index, value } = this.#matrix
    for (let i = start[point]; i < start[point + 1]; i++) sums[at + index[i]] += times * value[i]
  }

  products(centres: Float64Array, k: number, into: Float64Array): void {
    into.fill(0, 0, this.count * k)
    addProduct(this.#matrix, { rows: this.dimensions, columns: k, value: turned(centres, k, this.dimensions) }, into)
  }
}
