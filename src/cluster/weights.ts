import type { RecipeName, SampledWindow } from './cluster.ts'
import { idf } from './idf.ts'
import type { Sparse } from './sparse.ts'

/** How a recipe weighs terms, apart from their rarity. */
interface Weighing {
  /** A term that occurs often says no more than one that occurs once; else each occurrence counts. */
  readonly isBinary: boolean
  /** Long windows weigh no more than short ones. */
  readonly hasUnitLength: boolean
}

const weighings: Readonly<Record<RecipeName, Weighing>> = {
  text: { isBinary: true, hasUnitLength: true },
  classic: { isBinary: false, hasUnitLength: false },
}

/** Whether a term counts once, however often it occurs in a window. */
export const isBinary = (recipe: RecipeName): boolean => weighings[recipe].isBinary

/** In how many windows each term occurs. */
const frequencies = (sample: readonly SampledWindow[], dimensions: number): Uint32Array => {
  const found = new Uint32Array(dimensions)
  for (const { index } of sample) for (const term of index) found[term]++
  return found
}

/** The inverse document frequency of every term; 0 for one that no window of the sample has, which so says nothing. */
export const rarityOf = (sample: readonly SampledWindow[], dimensions: number): Float64Array =>
  Float64Array.from(frequencies(sample, dimensions), df => (df === 0 ? 0 : idf(sample.length, df)))

const scaleToUnit = (value: Float32Array, from: number, to: number) => {
  let squares = 0
  for (let i = from; i < to; i++) squares += value[i] ** 2
  if (squares === 0) return
  const scale = 1 / Math.sqrt(squares)
  for (let i = from; i < to; i++) value[i] *= scale
}

const termsIn = (sample: readonly SampledWindow[]) => sample.reduce((sum, { index }) => sum + index.length, 0)

/** The sample as a matrix, a row for each window, its terms weighed by the recipe and by `rarity`. */
export const weigh = (sample: readonly SampledWindow[], rarity: Float64Array, recipe: RecipeName): Sparse => {
  const { isBinary, hasUnitLength } = weighings[recipe]
  const start = new Uint32Array(sample.length + 1)
  const index = new Uint16Array(termsIn(sample))
  const value = new Float32Array(index.length)
  let at = 0
  for (const [row, window] of sample.entries()) {
    for (let i = 0; i < window.index.length; i++) {
      const weight = (isBinary ? 1 : window.count[i]) * rarity[window.index[i]]
      if (!(weight > 0)) continue
      index[at] = window.index[i]
      value[at++] = weight
    }
    start[row + 1] = at
    if (hasUnitLength) scaleToUnit(value, start[row], at)
  }
  return {
    rows: sample.length,
    columns: rarity.length,
    start,
    index: index.subarray(0, at),
    value: value.subarray(0, at),
  }
}
