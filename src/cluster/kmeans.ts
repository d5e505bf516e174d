import type { Chance } from './chance.ts'
import { type Clusters, KMeansRun } from './kmeans-run.ts'
import type { Points } from './points.ts'

/** How much better, as a part of the inertia, a drawn start must be than the given one. */
const betterMin = 0.02

export interface KMeansOptions {
  readonly k: number
  /** How many starts are drawn; the best one wins. */
  readonly starts: number
  readonly chance: Chance
  /** Centres are directions, and points too, each weighing as much as it is long (spherical k-means, Dhillon and Modha 2001). */
  readonly spherical?: boolean
  /** One start more: the group of each point, from 0. Preferred, unless a drawn start is clearly better. */
  readonly given?: Int32Array | undefined
}

/** The same points and the same chance give the same clusters, to the bit. */
export const kmeans = (points: Points, { k, starts, chance, spherical = false, given }: KMeansOptions): Clusters => {
  const run = () => new KMeansRun(points, k, spherical)
  const fromGiven = given === undefined ? undefined : run().startFrom(given).draw(chance).settle()
  let best = fromGiven
  let inertiaMax = fromGiven === undefined ? Number.POSITIVE_INFINITY : fromGiven.inertia * (1 - betterMin)
  for (let start = 0; start < starts; start++) {
    const drawn = run().draw(chance).settle()
    if (best !== undefined && drawn.inertia >= inertiaMax) continue
    best = drawn
    inertiaMax = drawn.inertia
  }
  return best!
}
