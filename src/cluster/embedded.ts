import { chanceFrom } from './chance.ts'
import type { Clustering, FitOptions, Fitted, Model, SampledWindow } from './cluster.ts'
import { type Identity, identify } from './facts.ts'
import { kmeans } from './kmeans.ts'
import type { Clusters } from './kmeans-run.ts'
import { loadModel, modelOf } from './model.ts'
import { type Space, spaceOf } from './space.ts'
import { rarityOf, weigh } from './weights.ts'

/** With a model before, whose clusters are one start more, so few drawn starts are enough: fits follow one another. */
const startsAfterMax = 4

/** Which window belonged where in the model before: a start that keeps clusters what they were, where they still are. */
const labelsBefore = (sample: readonly SampledWindow[], before: Model | undefined): Int32Array | undefined => {
  if (before === undefined) return undefined
  const place = new Map(before.clusters.map((number, at) => [number, at]))
  return Int32Array.from(
    sample,
    ({ index, count }) => place.get(before.nearest({ length: index.length, index, count }))!,
  )
}

const biasOf = (space: Space, { k, centres }: Clusters): Float32Array => {
  const { dimensions } = space.points
  return Float32Array.from({ length: k }, (_, c) => space.bias(centres.subarray(c * dimensions, (c + 1) * dimensions)))
}

const tableOf = (space: Space, { k, centres }: Clusters, rarity: Float64Array): Float32Array =>
  Float32Array.from(space.table(centres, k), (value, at) => value * rarity[Math.floor(at / k)])

const identityOf = (sample: readonly SampledWindow[], found: Clusters, id: number, options: FitOptions): Identity => {
  const { k: centres, labels: centreOf, distances: distance } = found
  return identify({ model: id, windows: options.windows, sample, centres, centreOf, distance }, options.before)
}

const fit = (sample: readonly SampledWindow[], options: FitOptions): Fitted => {
  const { recipe, k, seed, windows, before } = options
  const id = (before?.id ?? 0) + 1
  const chance = chanceFrom(seed)
  const rarity = rarityOf(sample, recipe.dimensions)
  const space = spaceOf[recipe.name](weigh(sample, rarity, recipe.name), chance)
  const { points, spherical } = space
  const starts = before === undefined ? space.starts : Math.min(space.starts, startsAfterMax)
  const found = kmeans(points, { k, starts, chance, spherical, given: labelsBefore(sample, before) })
  const { facts, ...numbers } = identityOf(sample, found, id, options)
  const table = tableOf(space, found, rarity)
  const model = modelOf({ id, recipe: recipe.name, seed, windows, ...numbers, table, bias: biasOf(space, found) })
  return { model, clusters: facts }
}

/** Fits and assigns within this process, on one thread: a fit blocks it for some tenths of a second. */
export const embedded: Clustering = {
  fit: async (sample, options) => fit(sample, options),
  load: loadModel,
}
