import { StreamError } from '../../std/error.ts'
import type { Value } from './value.ts'

/**
 * Vectors and matrices of Spark ML come as the members of a struct: as an object out of rows, as an array out of what
 * was fetched of a model. A kind of 0 is sparse, 1 is dense.
 */
type Members = readonly Value[]

const unlike = (what: string) => new StreamError('spark/usage', `this is no ${what} of Spark ML`)

const membersOf = (value: Value, names: readonly string[], what: string): Members => {
  if (typeof value !== 'object' || value === null) throw unlike(what)
  const members = Array.isArray(value) ? value : names.map(name => (value as Record<string, Value>)[name])
  if (members.length !== names.length || members.includes(undefined as never)) throw unlike(what)
  return members
}

const numbersOf = (value: Value): readonly number[] => (value ?? []) as readonly number[]

/** All elements of a vector, sparse or dense. */
export const vectorOf = (value: Value): Float64Array => {
  const [kind, size, indices, values] = membersOf(value, ['type', 'size', 'indices', 'values'], 'vector')
  if (kind === 1) return Float64Array.from(numbersOf(values))
  const dense = new Float64Array(Number(size))
  numbersOf(indices).forEach((at, i) => {
    dense[at] = numbersOf(values)[i]
  })
  return dense
}

const matrixNames = ['type', 'numRows', 'numCols', 'colPtrs', 'rowIndices', 'values', 'isTransposed']

/** All rows of a matrix, sparse or dense. */
export const matrixOf = (value: Value): Float64Array[] => {
  const members = membersOf(value, matrixNames, 'matrix')
  const [kind, rows, columns] = members.map(Number)
  const [starts, indices, values] = members.slice(3, 6).map(numbersOf)
  const isTransposed = members[6] === true
  const dense = Array.from({ length: rows }, () => new Float64Array(columns))
  const put = (line: number, at: number, element: number) => {
    if (isTransposed) dense[line][at] = element
    else dense[at][line] = element
  }
  const [lines, length] = isTransposed ? [rows, columns] : [columns, rows]
  for (let line = 0; line < lines; line++) {
    if (kind === 1) for (let at = 0; at < length; at++) put(line, at, values[line * length + at])
    else for (let i = starts[line]; i < starts[line + 1]; i++) put(line, indices[i], values[i])
  }
  return dense
}
