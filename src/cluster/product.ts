import type { Sparse } from './sparse.ts'

/** Numbers of `columns` in each row, one row after another. */
export interface Dense {
  readonly rows: number
  readonly columns: number
  readonly value: Float64Array
}

export const dense = (rows: number, columns: number): Dense => ({
  rows,
  columns,
  value: new Float64Array(rows * columns),
})

/** Adds up rows of `from`, by their weights, into the row at `to`: four at a time, as reading and writing sums costs more than the products. */
const addRows = (matrix: Sparse, row: number, from: Float64Array, columns: number, sums: Float64Array, to: number) => {
  const { start, index, value } = matrix
  const end = start[row + 1]
  let i = start[row]
  for (; i + 4 <= end; i += 4) {
    const p = value[i]
    const q = value[i + 1]
    const r = value[i + 2]
    const s = value[i + 3]
    const a = index[i] * columns
    const b = index[i + 1] * columns
    const c = index[i + 2] * columns
    const d = index[i + 3] * columns
    for (let at = 0; at < columns; at++)
      sums[to + at] += p * from[a + at] + q * from[b + at] + r * from[c + at] + s * from[d + at]
  }
  for (; i < end; i++) {
    const a = index[i] * columns
    for (let at = 0; at < columns; at++) sums[to + at] += value[i] * from[a + at]
  }
}

/** matrix · right, into what is all 0. */
export const addProduct = (matrix: Sparse, { columns, value }: Dense, into: Float64Array): void => {
  for (let row = 0; row < matrix.rows; row++) addRows(matrix, row, value, columns, into, row * columns)
}

/** matrix · right */
export const times = (matrix: Sparse, right: Dense): Dense => {
  const product = dense(matrix.rows, right.columns)
  addProduct(matrix, right, product.value)
  return product
}
