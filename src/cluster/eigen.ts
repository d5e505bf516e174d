const sweepsMax = 60
/** What is left beside the diagonal, as a part of all, when the rest is rounding. */
const roundingMax = 1e-14

/** Eigenvalues of a symmetric matrix, largest first, and their vectors of length 1: `vectors[i * n + j]` is row i of vector j. */
export interface Eigen {
  readonly values: Float64Array
  readonly vectors: Float64Array
}

const identity = (n: number) => {
  const matrix = new Float64Array(n * n)
  for (let i = 0; i < n; i++) matrix[i * n + i] = 1
  return matrix
}

/** Turns rows `p` and `q` of what has a number every `step` places, by the angle of this cosine and sine. */
const turn = (m: Float64Array, n: number, step: number, p: number, q: number, cos: number, sin: number) => {
  for (let i = 0; i < n; i++, p += step, q += step) {
    const x = m[p]
    const y = m[q]
    m[p] = cos * x - sin * y
    m[q] = sin * x + cos * y
  }
}

/** Makes the numbers at (p, q) and (q, p) 0, by the smaller of the two turns that do. */
const rotate = (a: Float64Array, vectors: Float64Array, n: number, p: number, q: number) => {
  const beside = a[p * n + q]
  if (beside === 0) return
  const theta = (a[q * n + q] - a[p * n + p]) / (2 * beside)
  const tan = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1))
  const cos = 1 / Math.sqrt(tan * tan + 1)
  const sin = tan * cos
  turn(a, n, n, p, q, cos, sin)
  turn(a, n, 1, p * n, q * n, cos, sin)
  turn(vectors, n, n, p, q, cos, sin)
}

const squares = (a: Float64Array, n: number) => {
  let diagonal = 0
  let beside = 0
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      if (i === j) diagonal += a[i * n + j] ** 2
      else beside += a[i * n + j] ** 2
    }
  return { diagonal, beside }
}

const isDiagonal = (a: Float64Array, n: number) => {
  const { diagonal, beside } = squares(a, n)
  return beside <= roundingMax ** 2 * diagonal
}

const sorted = (a: Float64Array, vectors: Float64Array, n: number): Eigen => {
  const order = [...Array(n).keys()].sort((i, j) => a[j * n + j] - a[i * n + i])
  return {
    values: Float64Array.from(order, i => a[i * n + i]),
    vectors: Float64Array.from(vectors, (_, at) => vectors[at - (at % n) + order[at % n]]),
  }
}

/** By Jacobi's rotations, for small ones: `n` by `n` numbers, row by row. */
export const eigenOf = (symmetric: Float64Array, n: number): Eigen => {
  const a = symmetric.slice()
  const vectors = identity(n)
  for (let sweep = 0; sweep < sweepsMax && !isDiagonal(a, n); sweep++)
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(a, vectors, n, p, q)
  return sorted(a, vectors, n)
}
