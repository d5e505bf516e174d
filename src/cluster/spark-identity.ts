import type { ClusterFacts, Model } from './cluster.ts'
import { identify } from './facts.ts'
import { modelOf } from './model.ts'
import type { SampledRow } from './spark-sample.ts'

/** What a new model is, apart from what was found. */
export interface Naming {
  readonly id: number
  readonly seed: number
  readonly windows: number
  readonly before?: Model | undefined
}

/** Centres as Spark found them, and the rows that it found them in. */
export interface Grouped {
  readonly rarity: Float64Array
  readonly centres: readonly Float64Array[]
  readonly sample: readonly SampledRow[]
}

export interface Named {
  readonly model: Model
  /** By Spark's centre: the number of its cluster. */
  readonly numbers: readonly number[]
  readonly clusters: readonly ClusterFacts[]
}

const squareOf = (centre: Float64Array): number => centre.reduce((sum, value) => sum + value ** 2, 0)

const squaredDistance = ({ window: { index, count } }: SampledRow, centre: Float64Array, rarity: Float64Array) => {
  let distance = squareOf(centre)
  for (let i = 0; i < index.length; i++) {
    const weight = count[i] * rarity[index[i]]
    distance += weight * (weight - 2 * centre[index[i]])
  }
  return distance
}

const between = (a: Float64Array, b: Float64Array): number =>
  a.reduce((sum, value, at) => sum + (value - b[at]) ** 2, 0)

/** Spark keeps centres that no row belongs to; a later row that comes there goes to the nearest that has some. */
const standInsOf = (centres: readonly Float64Array[], living: readonly number[]): number[] =>
  centres.map((centre, at) => {
    const own = living.indexOf(at)
    if (own >= 0) return own
    const distances = living.map(other => between(centre, centres[other]))
    return distances.indexOf(Math.min(...distances))
  })

/** By term, then by centre: what a term adds to a score. */
const tableOf = (centres: readonly Float64Array[], rarity: Float64Array): Float32Array =>
  Float32Array.from(
    { length: rarity.length * centres.length },
    (_, at) => centres[at % centres.length][Math.floor(at / centres.length)] * rarity[Math.floor(at / centres.length)],
  )

/** Numbers, labels and facts for what Spark found, as the embedded engine gives them to what it finds itself. */
export const nameCentres = (
  { rarity, centres: found, sample }: Grouped,
  { id, seed, windows, before }: Naming,
): Named => {
  const living = [...found.keys()].filter(at => sample.some(({ centre }) => centre === at))
  const standIns = standInsOf(found, living)
  const centres = living.map(at => found[at])
  const centreOf = Int32Array.from(sample, ({ centre }) => standIns[centre])
  const distance = Float64Array.from(sample, (row, at) => squaredDistance(row, centres[centreOf[at]], rarity))
  const of = { model: id, windows, sample: sample.map(({ window }) => window), centres: centres.length }
  const { facts, ...identity } = identify({ ...of, centreOf, distance }, before)
  const table = tableOf(centres, rarity)
  const bias = Float32Array.from(centres, centre => -squareOf(centre) / 2)
  const model = modelOf({ id, recipe: 'classic', seed, windows, ...identity, table, bias })
  return { model, numbers: standIns.map(at => identity.clusters[at]), clusters: facts }
}
