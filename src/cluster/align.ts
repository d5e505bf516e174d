import { assignment } from './assignment.ts'
import type { Change } from './cluster.ts'

/** A number goes on if more than this part of the windows that the old or the new cluster holds are in both (Jaccard). */
export const alikeMin = 0.4

/** A centre is about something new if windows that were there before the refit are rarer in it than this part of what they are in the sample. */
export const freshMax = 0.5

/** Where the windows of one sample went: the clusters of the model before (rows) by the centres of the new one (columns). */
export interface Overlap {
  /** The number of each row. */
  readonly numbers: readonly number[]
  /** Row by row. Only windows that the model before was there to know: it puts those that came since somewhere, too, but that says nothing of it. */
  readonly known: Uint32Array
  /** By centre, all windows. */
  readonly sizes: Uint32Array
  /** By centre, its first window in the order of consumption; Infinity if it has none. Tells centres apart, whatever their order. */
  readonly first: Float64Array
}

export interface Aligned {
  readonly number: number
  readonly change: Exclude<Change, 'died'>
  /** Ascending. */
  readonly parents: readonly number[]
}

export interface Died {
  readonly number: number
  /** Who took over, ascending; none if no window of it is in the sample any more. */
  readonly heirs: readonly number[]
}

export interface Alignment {
  /** By centre. */
  readonly clusters: readonly Aligned[]
  readonly died: readonly Died[]
  readonly nextNumber: number
}

const none = -1

const byFirst = ({ first }: Overlap): number[] =>
  [...first.keys()].sort((a, b) => (first[a] === first[b] ? a - b : first[a] - first[b]))

const byNumber = ({ numbers }: Overlap): number[] => [...numbers.keys()].sort((a, b) => numbers[a] - numbers[b])

/** The same with rows by number and centres by first window, so that nothing depends on how they came. */
const ordered = (overlap: Overlap, rows: readonly number[], centres: readonly number[]): Overlap => ({
  numbers: rows.map(row => overlap.numbers[row]),
  known: Uint32Array.from(rows.flatMap(row => centres.map(centre => overlap.known[row * centres.length + centre]))),
  sizes: Uint32Array.from(centres, centre => overlap.sizes[centre]),
  first: Float64Array.from(centres, centre => overlap.first[centre]),
})

const total = (counts: Iterable<number>): number => {
  let sum = 0
  for (const count of counts) sum += count
  return sum
}

const rowOf = ({ known, sizes }: Overlap, row: number) => known.subarray(row * sizes.length, (row + 1) * sizes.length)
const columnOf = ({ known, sizes, numbers }: Overlap, centre: number) =>
  Uint32Array.from(numbers, (_, row) => known[row * sizes.length + centre])

/** Of the windows that the one or the other has, the part that both have. */
const alike = (overlap: Overlap): Float64Array => {
  const ofRow = overlap.numbers.map((_, row) => total(rowOf(overlap, row)))
  const ofCentre = Array.from(overlap.sizes, (_, centre) => total(columnOf(overlap, centre)))
  return Float64Array.from(overlap.known, (both, at) => {
    const centre = at % ofCentre.length
    return both === 0 ? 0 : both / (ofRow[(at - centre) / ofCentre.length] + ofCentre[centre] - both)
  })
}

/** The row whose number each centre keeps: of all ways in which only the alike go together, the one that keeps most. */
const keptRows = (overlap: Overlap): Int32Array => {
  const gains = alike(overlap).map(share => (share > alikeMin ? share : 0))
  const centres = overlap.sizes.length
  const kept = new Int32Array(centres).fill(none)
  for (const [row, centre] of assignment(
    gains.map(gain => -gain),
    overlap.numbers.length,
    centres,
  ).entries()) {
    if (centre !== none && gains[row * centres + centre] > 0) kept[centre] = row
  }
  return kept
}

/** The fewest that together have more than half of all. */
const most = (counts: Uint32Array): number[] => {
  const half = total(counts) / 2
  const found: number[] = []
  let sum = 0
  for (const at of [...counts.keys()].sort((a, b) => counts[b] - counts[a])) {
    if (sum > half || counts[at] === 0) break
    sum += counts[at]
    found.push(at)
  }
  return found
}

const isFresh = (overlap: Overlap, centre: number): boolean => {
  const known = total(columnOf(overlap, centre))
  const usual = (total(overlap.known) / total(overlap.sizes)) * overlap.sizes[centre]
  return known === 0 || known < freshMax * usual
}

/** The rows that each centre comes from: its own; where it has none, those that most of it was; and those that died and went mostly there. */
const parentRows = (overlap: Overlap, kept: Int32Array): Set<number>[] => {
  const parents = Array.from(kept, (row, centre) => {
    if (row !== none) return new Set([row])
    return new Set(isFresh(overlap, centre) ? [] : most(columnOf(overlap, centre)))
  })
  for (const row of overlap.numbers.keys()) {
    if (kept.includes(row)) continue
    for (const centre of most(rowOf(overlap, row))) parents[centre].add(row)
  }
  return parents
}

const changeOf = (parents: number, isKept: boolean): Aligned['change'] => {
  if (parents === 0) return 'born'
  if (parents > 1) return 'merged'
  return isKept ? 'kept' : 'split'
}

const alignOrdered = (overlap: Overlap, nextNumber: number): Alignment => {
  const kept = keptRows(overlap)
  const parents = parentRows(overlap, kept)
  let next = nextNumber
  const clusters = Array.from(kept, (row, centre) => ({
    number: row === none ? next++ : overlap.numbers[row],
    change: changeOf(parents[centre].size, row !== none),
    parents: [...parents[centre]].sort((a, b) => a - b).map(parent => overlap.numbers[parent]),
  }))
  const heirs = (row: number) => clusters.filter((_, centre) => parents[centre].has(row)).map(({ number }) => number)
  const died = [...overlap.numbers.keys()]
    .filter(row => !kept.includes(row))
    .map(row => ({ number: overlap.numbers[row], heirs: heirs(row).sort((a, b) => a - b) }))
  return { clusters, died, nextNumber: next }
}

/**
 * Gives each new centre its number. The number of the cluster before goes on with the centre that is alike to it, by
 * the optimal assignment; each other centre gets the next number that none has had, from `nextNumber` on, by first
 * window. Where a number went is complete: whoever died is a parent of each of its heirs. The order of rows and centres
 * changes nothing.
 */
export const align = (overlap: Overlap, nextNumber: number): Alignment => {
  const centres = byFirst(overlap)
  const { clusters, ...rest } = alignOrdered(ordered(overlap, byNumber(overlap), centres), nextNumber)
  const places = centres.map((centre, place) => [centre, place]).sort(([a], [b]) => a - b)
  return { clusters: places.map(([, place]) => clusters[place]), ...rest }
}
