import type { Model, RecipeName, Terms } from './cluster.ts'
import { loadParts, type ModelParts, saveParts } from './model-bytes.ts'
import { isBinary } from './weights.ts'

/** Centres are scored by as many at a time. */
const group = 4

/** Each row of the table filled up with zeros to whole groups. */
const padded = (table: Float32Array, k: number, stride: number): Float32Array => {
  const terms = table.length / k
  const wide = new Float32Array(terms * stride)
  for (let term = 0; term < terms; term++)
    for (let centre = 0; centre < k; centre++) wide[term * stride + centre] = table[term * k + centre]
  return wide
}

class FittedModel implements Model {
  readonly id: number
  readonly recipe: RecipeName
  readonly seed: number
  readonly windows: number
  readonly clusters: readonly number[]
  readonly labels: readonly string[]
  readonly nextNumber: number
  readonly #bias: Float32Array
  readonly #table: Float32Array
  readonly #stride: number
  readonly #isBinary: boolean
  readonly #scores: Float64Array

  constructor({ id, recipe, seed, windows, clusters, labels, nextNumber, table, bias }: ModelParts) {
    this.id = id
    this.recipe = recipe
    this.seed = seed
    this.windows = windows
    this.clusters = Object.freeze([...clusters])
    this.labels = Object.freeze([...labels])
    this.nextNumber = nextNumber
    this.#bias = bias
    this.#stride = Math.ceil(clusters.length / group) * group
    this.#table = padded(table, clusters.length, this.#stride)
    this.#isBinary = isBinary(recipe)
    this.#scores = new Float64Array(this.#stride)
  }

  nearest(terms: Terms): number {
    const scores = this.#scores
    for (let from = 0; from < this.#stride; from += group) {
      if (this.#isBinary) this.#scoreOnce(terms, from)
      else this.#scoreEach(terms, from)
    }
    let best = 0
    for (let centre = 1; centre < this.clusters.length; centre++) {
      if (scores[centre] + this.#bias[centre] > scores[best] + this.#bias[best]) best = centre
    }
    return this.clusters[best]
  }

  save(): Uint8Array {
    return saveParts(this.#parts())
  }

  /** Scores with four centres, each term counted once. */
  #scoreOnce({ length, index }: Terms, from: number) {
    const table = this.#table
    const stride = this.#stride
    let a = 0
    let b = 0
    let c = 0
    let d = 0
    for (let i = 0; i < length; i++) {
      const at = index[i] * stride + from
      a += table[at]
      b += table[at + 1]
      c += table[at + 2]
      d += table[at + 3]
    }
    this.#keep(from, a, b, c, d)
  }

  /** Scores with four centres, each occurrence of a term counted. */
  #scoreEach({ length, index, count }: Terms, from: number) {
    const table = this.#table
    const stride = this.#stride
    let a = 0
    let b = 0
    let c = 0
    let d = 0
    for (let i = 0; i < length; i++) {
      const at = index[i] * stride + from
      const times = count[i]
      a += times * table[at]
      b += times * table[at + 1]
      c += times * table[at + 2]
      d += times * table[at + 3]
    }
    this.#keep(from, a, b, c, d)
  }

  #keep(from: number, a: number, b: number, c: number, d: number) {
    this.#scores[from] = a
    this.#scores[from + 1] = b
    this.#scores[from + 2] = c
    this.#scores[from + 3] = d
  }

  #parts(): ModelParts {
    const k = this.clusters.length
    const terms = this.#table.length / this.#stride
    const table = new Float32Array(terms * k)
    for (let term = 0; term < terms; term++)
      for (let centre = 0; centre < k; centre++) table[term * k + centre] = this.#table[term * this.#stride + centre]
    const { id, recipe, seed, windows, clusters, labels, nextNumber } = this
    return { id, recipe, seed, windows, clusters, labels, nextNumber, table, bias: this.#bias }
  }
}

export const modelOf = (parts: ModelParts): Model => new FittedModel(parts)

/** What `save` of a model gave; anything else is an error of code `cluster/model`. */
export const loadModel = (saved: Uint8Array): Model => new FittedModel(loadParts(saved))
