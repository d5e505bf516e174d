import type { Chance } from './chance.ts'
import type { Points } from './points.ts'

/** Passes over the points, if many still change their cluster then. */
const passesMax = 50
/** It has settled once no more than this part of the points changes its cluster in a pass. */
const movedShareMax = 0.001
/** A point that costs less than this part of what it would at the origin lies on its centre: the rest is rounding. */
const roundingMax = 1e-9

export interface Clusters {
  /** As many as were asked for, or fewer if there are fewer different points. */
  readonly k: number
  /** One after another. */
  readonly centres: Float64Array
  readonly labels: Int32Array
  /** By point, the square of its distance from its centre; in spherical k-means of its direction. */
  readonly distances: Float64Array
  /** Their sum; in spherical k-means each weighs as much as its point is long. */
  readonly inertia: number
}

const none = -1

const sumOf = (numbers: Float64Array) => {
  let sum = 0
  for (let i = 0; i < numbers.length; i++) sum += numbers[i]
  return sum
}

const squareOf = (numbers: Float64Array) => {
  let sum = 0
  for (let i = 0; i < numbers.length; i++) sum += numbers[i] ** 2
  return sum
}

const largest = (numbers: Float64Array): number => {
  let at = 0
  for (let i = 1; i < numbers.length; i++) if (numbers[i] > numbers[at]) at = i
  return at
}

/** A point, with a chance in proportion to its cost. */
const drawn = (costs: Float64Array, share: number): number => {
  let left = share * sumOf(costs)
  let at = 0
  for (; at < costs.length - 1; at++) {
    left -= costs[at]
    if (left < 0) break
  }
  while (at > 0 && costs[at] === 0) at--
  return at
}

/** One run of k-means over some points, from its start to where it settles. */
export class KMeansRun {
  readonly #points: Points
  readonly #kMax: number
  readonly #spherical: boolean
  readonly #costMin: number
  /** What each point costs, apart from its product with a centre and the square of that. */
  readonly #ownCosts: Float64Array
  readonly #centres: Float64Array
  readonly #sums: Float64Array
  readonly #sizes: Int32Array
  readonly #labels: Int32Array
  readonly #costs: Float64Array
  readonly #products: Float64Array
  #k = 0

  constructor(points: Points, kMax: number, spherical: boolean) {
    const { count, dimensions, squares } = points
    this.#points = points
    this.#kMax = kMax
    this.#spherical = spherical
    this.#ownCosts = spherical ? squares.map(square => 2 * Math.sqrt(square)) : squares
    this.#costMin = (roundingMax * sumOf(this.#ownCosts)) / count
    this.#centres = new Float64Array(kMax * dimensions)
    this.#sums = new Float64Array(kMax * dimensions)
    this.#sizes = new Int32Array(kMax)
    this.#labels = new Int32Array(count).fill(none)
    this.#costs = new Float64Array(count).fill(Number.POSITIVE_INFINITY)
    this.#products = new Float64Array(count * kMax)
  }

  /** Begins with the middles of these groups, as far as they have points. */
  startFrom(groups: Int32Array): this {
    const centreOf = new Map([...new Set(groups)].sort((a, b) => a - b).map((group, at) => [group, at]))
    for (let point = 0; point < groups.length; point++) {
      const centre = centreOf.get(groups[point])!
      if (centre < this.#kMax) this.#move(point, centre)
    }
    this.#k = Math.min(centreOf.size, this.#kMax)
    this.#centre()
    this.#assign()
    return this
  }

  /** Adds centres until there are enough, or every point lies on one: points far from all others so far (k-means++, Arthur and Vassilvitskii 2007). */
  draw(chance: Chance): this {
    if (this.#k === 0) this.#add(Math.floor(chance() * this.#points.count))
    while (this.#k < this.#kMax && this.#costs[largest(this.#costs)] > this.#costMin)
      this.#add(drawn(this.#costs, chance()))
    return this
  }

  /** Lloyd's iteration, until hardly a point changes its cluster. */
  settle(): Clusters {
    const movedMax = Math.floor(movedShareMax * this.#points.count)
    for (let pass = 0; (this.#assign() > movedMax || this.#hasEmpty()) && pass < passesMax; pass++) {
      this.#centre()
      this.#reseed()
    }
    return this.#found()
  }

  #at(centre: number) {
    const { dimensions } = this.#points
    return this.#centres.subarray(centre * dimensions, (centre + 1) * dimensions)
  }

  #place(centre: number, point: number) {
    this.#at(centre).fill(0)
    this.#points.addTo(this.#centres, centre * this.#points.dimensions, point, 1)
    if (this.#spherical) this.#scaleToUnit(this.#at(centre))
  }

  /** Puts the next centre on a point. */
  #add(point: number) {
    this.#place(this.#k, point)
    const centre = this.#at(this.#k++)
    const square = this.#squareOf(centre)
    const costs = this.#costs
    const ownCosts = this.#ownCosts
    const products = this.#products
    this.#points.products(centre, 1, products)
    for (let i = 0; i < costs.length; i++) {
      const cost = ownCosts[i] - 2 * products[i] + square
      if (cost < costs[i]) costs[i] = Math.max(0, cost)
    }
    costs[point] = 0
  }

  /** Gives every point to its nearest centre; how many moved. */
  #assign(): number {
    const k = this.#k
    const { count } = this.#points
    const centreSquares = Float64Array.from({ length: k }, (_, centre) => this.#squareOf(this.#at(centre)))
    const products = this.#products
    const costs = this.#costs
    const labels = this.#labels
    const ownCosts = this.#ownCosts
    this.#points.products(this.#centres, k, products)
    let moved = 0
    for (let point = 0, at = 0; point < count; point++, at += k) {
      let best = 0
      let least = centreSquares[0] - 2 * products[at]
      for (let centre = 1; centre < k; centre++) {
        const cost = centreSquares[centre] - 2 * products[at + centre]
        if (cost >= least) continue
        least = cost
        best = centre
      }
      costs[point] = Math.max(0, least + ownCosts[point])
      if (best === labels[point]) continue
      this.#move(point, best)
      moved++
    }
    return moved
  }

  #move(point: number, to: number) {
    const { dimensions } = this.#points
    const from = this.#labels[point]
    if (from !== none) {
      this.#points.addTo(this.#sums, from * dimensions, point, -1)
      this.#sizes[from]--
    }
    this.#points.addTo(this.#sums, to * dimensions, point, 1)
    this.#sizes[to]++
    this.#labels[point] = to
  }

  /** Moves centres into the middle of their points. */
  #centre() {
    const { dimensions } = this.#points
    for (let centre = 0; centre < this.#k; centre++) {
      const size = this.#sizes[centre]
      if (size === 0) continue
      const into = this.#at(centre)
      for (let d = 0; d < dimensions; d++) into[d] = this.#sums[centre * dimensions + d] / size
      if (this.#spherical) this.#scaleToUnit(into)
    }
  }

  #hasEmpty(): boolean {
    return this.#sizes.subarray(0, this.#k).includes(0)
  }

  /** An empty centre goes where a point is worst off; or stays empty, if none is. */
  #reseed() {
    for (let centre = 0; centre < this.#k; centre++) {
      if (this.#sizes[centre] > 0) continue
      const point = largest(this.#costs)
      if (this.#costs[point] <= this.#costMin) return
      this.#place(centre, point)
      this.#costs[point] = 0
    }
  }

  /** Of a direction it is the same for all: it counts for nothing. */
  #squareOf(centre: Float64Array) {
    return this.#spherical ? 0 : squareOf(centre)
  }

  #scaleToUnit(centre: Float64Array) {
    const length = Math.sqrt(squareOf(centre))
    if (length > 0) for (let d = 0; d < centre.length; d++) centre[d] /= length
  }

  #distances(): Float64Array {
    if (!this.#spherical) return this.#costs
    return this.#costs.map((cost, point) => {
      const length = this.#ownCosts[point] / 2
      return length > 0 ? cost / length : 2
    })
  }

  #found(): Clusters {
    const kept = [...Array(this.#k).keys()].filter(centre => this.#sizes[centre] > 0)
    const { dimensions } = this.#points
    const centres = new Float64Array(kept.length * dimensions)
    for (const [to, from] of kept.entries()) centres.set(this.#at(from), to * dimensions)
    return {
      k: kept.length,
      centres,
      labels: this.#labels.map(label => kept.indexOf(label)),
      distances: this.#distances(),
      inertia: sumOf(this.#costs),
    }
  }
}
