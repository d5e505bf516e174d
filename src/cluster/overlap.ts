import type { Overlap } from './align.ts'
import type { Model, SampledWindow } from './cluster.ts'

/** What of the model before counts here. */
export type Before = Pick<Model, 'clusters' | 'windows' | 'nearest'>

const firsts = (sample: readonly SampledWindow[], centreOf: Int32Array, centres: number): Float64Array => {
  const first = new Float64Array(centres).fill(Number.POSITIVE_INFINITY)
  for (const [at, { number }] of sample.entries()) first[centreOf[at]] = Math.min(first[centreOf[at]], number)
  return first
}

const sizesOf = (centreOf: Int32Array, centres: number): Uint32Array => {
  const sizes = new Uint32Array(centres)
  for (const centre of centreOf) sizes[centre]++
  return sizes
}

/** Windows that had been consumed when the model was fitted; all, if none of them is in the sample any more. */
const knownTo = (sample: readonly SampledWindow[], { windows }: Before): ((window: SampledWindow) => boolean) => {
  const isKnown = ({ number }: SampledWindow) => number < windows
  return sample.some(isKnown) ? isKnown : () => true
}

const counts = (sample: readonly SampledWindow[], centreOf: Int32Array, centres: number, before: Before) => {
  const rowOf = new Map(before.clusters.map((number, row) => [number, row]))
  const isKnown = knownTo(sample, before)
  const known = new Uint32Array(before.clusters.length * centres)
  for (const [at, window] of sample.entries()) {
    if (!isKnown(window)) continue
    const number = before.nearest({ length: window.index.length, index: window.index, count: window.count })
    known[rowOf.get(number)! * centres + centreOf[at]]++
  }
  return known
}

/** How the same windows are assigned by the model before, if there is one, and by the new centres. */
export const overlapOf = (
  sample: readonly SampledWindow[],
  centreOf: Int32Array,
  centres: number,
  before?: Before,
): Overlap => ({
  numbers: before?.clusters ?? [],
  known: before === undefined ? new Uint32Array(0) : counts(sample, centreOf, centres, before),
  sizes: sizesOf(centreOf, centres),
  first: firsts(sample, centreOf, centres),
})
