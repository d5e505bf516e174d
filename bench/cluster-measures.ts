import { readFile } from 'node:fs/promises'
import type { Terms } from '../src/cluster/cluster.ts'
import { idf } from '../src/cluster/idf.ts'
import { recipeOf } from '../src/cluster/recipes.ts'
import { StreamError } from '../src/std/error.ts'
import { KeptTerms } from './cluster-kept.ts'
import { eachChunk } from './cluster-lines.ts'

/** Chunks as they are measured: the text that each is from, and its features in the old system's recipe. */
export interface Truth {
  readonly labels: Int32Array
  readonly terms: KeptTerms
}

const recipe = recipeOf('classic')

export const truthOf = (chunks: string): Truth => {
  const labels: number[] = []
  const kept = new KeptTerms()
  const terms: Terms = { length: 0, index: new Uint16Array(0), count: new Uint16Array(0) }
  eachChunk(chunks, (label, bytes, from, to) => {
    const follower = recipe.follow()
    terms.length = 0
    follower.add(bytes, from, to, () => follower.terms(terms))
    labels.push(label)
    kept.push(terms)
  })
  return { labels: Int32Array.from(labels), terms: kept }
}

const pairsIn = (counts: Iterable<number>): number => {
  let pairs = 0
  for (const count of counts) pairs += (count * (count - 1)) / 2
  return pairs
}

const countsOf = (keys: Iterable<number>): Map<number, number> => {
  const counts = new Map<number, number>()
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
  return counts
}

/** How alike two partitions are: 1 the same, 0 as chance would have it (Hubert and Arabie 1985). */
export const adjustedRandIndex = (a: Int32Array, b: Int32Array): number => {
  const both = a.map((label, at) => label * 65_536 + b[at])
  const [ofA, ofB, ofBoth] = [a, b, both].map(labels => pairsIn(countsOf(labels).values()))
  const byChance = (ofA * ofB) / pairsIn([a.length])
  const most = (ofA + ofB) / 2
  return most === byChance ? 1 : (ofBoth - byChance) / (most - byChance)
}

const rarityOf = ({ terms }: Truth): Float64Array => {
  const frequencies = new Uint32Array(recipe.dimensions)
  for (const { length, index } of terms) for (let i = 0; i < length; i++) frequencies[index[i]]++
  return Float64Array.from(frequencies, df => (df === 0 ? 0 : idf(terms.size, df)))
}

const squareOf = (numbers: Float64Array) => numbers.reduce((sum, value) => sum + value ** 2, 0)

/** The mean squared distance of a chunk from the middle of its cluster, in the old system's features. */
export const inertiaOf = (truth: Truth, clusters: Int32Array): number => {
  const rarity = rarityOf(truth)
  const sums = new Map<number, Float64Array>()
  let squares = 0
  let at = 0
  for (const { length, index, count } of truth.terms) {
    const cluster = clusters[at++]
    const sum = sums.get(cluster) ?? new Float64Array(recipe.dimensions)
    sums.set(cluster, sum)
    for (let i = 0; i < length; i++) {
      const weight = count[i] * rarity[index[i]]
      sum[index[i]] += weight
      squares += weight ** 2
    }
  }
  const sizes = countsOf(clusters)
  return (squares - [...sums].reduce((all, [cluster, sum]) => all + squareOf(sum) / sizes.get(cluster)!, 0)) / at
}

export interface Quality {
  readonly inertia: number
  readonly randIndex: number
  readonly clusters: number
}

/** What a program's labels are worth, a line for each chunk. */
export const qualityOf = async (truth: Truth, path: string): Promise<Quality> => {
  const lines = (await readFile(path, 'latin1')).trimEnd().split('\n')
  const clusters = Int32Array.from(lines, Number)
  if (clusters.length !== truth.labels.length)
    throw new StreamError('bench/failed', `"${path}" has ${clusters.length} labels for ${truth.labels.length} chunks`)
  const randIndex = adjustedRandIndex(truth.labels, clusters)
  return { inertia: inertiaOf(truth, clusters), randIndex, clusters: new Set(clusters).size }
}
