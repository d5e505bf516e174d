/** Rows of numbers of which few aren't 0: row `r` has `value[i]` in column `index[i]` for i from `start[r]` to `start[r + 1]`. */
export interface Sparse {
  readonly rows: number
  readonly columns: number
  readonly start: Uint32Array
  readonly index: Uint16Array
  readonly value: Float32Array
}

/** By how many numbers each column starts later than the one before it, added up. */
const columnStarts = ({ columns, index }: Sparse): Uint32Array => {
  const start = new Uint32Array(columns + 1)
  for (const column of index) start[column + 1]++
  for (let column = 0; column < columns; column++) start[column + 1] += start[column]
  return start
}

/** Its columns as rows. */
export const transpose = (matrix: Sparse): Sparse => {
  const start = columnStarts(matrix)
  const next = start.slice()
  const index = new Uint16Array(matrix.index.length)
  const value = new Float32Array(matrix.value.length)
  for (let row = 0; row < matrix.rows; row++)
    for (let i = matrix.start[row]; i < matrix.start[row + 1]; i++) {
      const to = next[matrix.index[i]]++
      index[to] = row
      value[to] = matrix.value[i]
    }
  return { rows: matrix.columns, columns: matrix.rows, start, index, value }
}

/** The first `count` rows, or all if there are fewer; shares their numbers. */
export const firstRows = ({ rows, columns, start, index, value }: Sparse, count: number): Sparse => {
  const kept = Math.min(rows, count)
  const end = start[kept]
  return {
    rows: kept,
    columns,
    start: start.subarray(0, kept + 1),
    index: index.subarray(0, end),
    value: value.subarray(0, end),
  }
}
