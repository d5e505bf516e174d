import type { ClusterFacts, Clustering, Model, Recipe, SampledWindow, Terms } from '../cluster/cluster.ts'
import { priorityOf, Sample } from '../cluster/sample.ts'
import { parseJson } from '../std/json.ts'
import type { Answer } from './answers.ts'
import { loadWindow, saveWindow } from './sampled.ts'
import { nextFitAfter } from './schedule.ts'

/** Rows that wait for a first model keep all behind them out of the public files: after so many it is fitted, however few windows there are. */
const waitingRowsMax = 100_000

export interface WindowsOptions {
  readonly recipe: Recipe
  readonly clustering: Clustering
  readonly k: number
  readonly seed: number
}

interface Saved {
  readonly windows: number
  readonly nextFit: number
  readonly model: number
  readonly waitingRows: number
}

/** Where the state is kept, by kind: sampled windows, windows that rows wait for, models. */
const keys = { counts: 'windows', sample: 's/', waiting: 'w/', model: 'm/' } as const

interface Memory {
  recall(key: string): Uint8Array | undefined
  recallAll(prefix: string): Iterable<readonly [key: string, value: Uint8Array]>
}

const emptyPlace = { destination_uri: '' }

/**
 * The windows of all answers in the order of consumption: counts them, samples them, fits a model at fixed counts, and
 * tells which cluster a row belongs to.
 */
export class Windows {
  readonly #options: WindowsOptions
  readonly #terms: Terms
  readonly #sample = new Sample()
  /** Windows that rows wait for, until there is a model. */
  readonly #waiting = new Map<number, SampledWindow>()
  /** Of the sample and the windows that rows wait for; written out only if they are still there at the next commit. */
  readonly #changes = new Map<string, SampledWindow | null>()
  readonly #unsavedModels: Model[] = []
  #model: Model | undefined
  #windows = 0
  #nextFit = nextFitAfter(0)
  #waitingRows = 0
  #answer: Answer | undefined
  #seq = -1

  constructor(options: WindowsOptions, memory: Memory) {
    this.#options = options
    const { dimensions } = options.recipe
    this.#terms = { length: 0, index: new Uint16Array(dimensions), count: new Uint16Array(dimensions) }
    this.#restore(memory)
  }

  get count(): number {
    return this.#windows
  }

  get model(): Model | undefined {
    return this.#model
  }

  /** To be called before an answer's follower reads on, with the number of the chunk that it reads. */
  turnTo(answer: Answer, seq: number): void {
    this.#answer = answer
    this.#seq = seq
  }

  /** For `Follower.add`; one function for all, as it is called for every window. */
  readonly onWindow = (): void => {
    const { hash, follower } = this.#answer!
    const number = this.#windows++
    const priority = priorityOf(hash, follower.window)
    if (this.#sample.offers(priority)) this.#keep(number, priority)
  }

  /** The cluster of the window that the answer's last chunk belongs to; −1 if it has none, or none yet. */
  clusterOf(answer: Answer, hasText: boolean): number {
    const { follower } = answer
    const model = this.#model
    if (model === undefined || !this.#hasWindow(answer, hasText)) return -1
    if (answer.window === follower.window && answer.model === model.id) return answer.cluster
    follower.terms(this.#terms)
    answer.cluster = model.nearest(this.#terms)
    answer.window = follower.window
    answer.model = model.id
    return answer.cluster
  }

  /** Before the first model: the window that the answer's row waits for; −1 if it waits for none. */
  waitFor(answer: Answer, hasText: boolean): number {
    if (this.#waiting.size > 0) this.#waitingRows++
    if (!this.#hasWindow(answer, hasText)) return -1
    if (answer.window !== answer.follower.window) {
      answer.window = answer.follower.window
      answer.cluster = this.#wait(answer)
    }
    return answer.cluster
  }

  get isFitDue(): boolean {
    return this.#windows >= this.#nextFit || this.#waitingRows >= waitingRowsMax
  }

  /** Fits a model on the windows so far. Gives nothing if there are none. */
  async fit(): Promise<readonly ClusterFacts[]> {
    if (this.#windows === 0) {
      this.#waitingRows = 0
      return []
    }
    const { recipe, k, seed, clustering } = this.#options
    const options = { recipe, k, seed, windows: this.#windows, before: this.#model }
    const { model, clusters } = await clustering.fit(this.#sample.windows, options)
    this.#model = model
    this.#nextFit = nextFitAfter(this.#windows)
    this.#waitingRows = 0
    this.#unsavedModels.push(model)
    return clusters
  }

  /** What the rows get that waited for the first model: by window, −1 where none waited. Then nobody waits any more. */
  settle(): Int32Array {
    const clusterOf = new Int32Array(Math.max(0, ...[...this.#waiting.keys()].map(number => number + 1))).fill(-1)
    for (const [number, { index, count }] of this.#waiting) {
      clusterOf[number] = this.#model!.nearest({ length: index.length, index, count })
      this.#changes.set(`${keys.waiting}${number}`, null)
    }
    this.#waiting.clear()
    return clusterOf
  }

  /** All that changed since the last call, to be committed. */
  save(into: Map<string, Uint8Array | null>): void {
    for (const [key, window] of this.#changes) into.set(key, window === null ? null : saveWindow(window))
    this.#changes.clear()
    for (const model of this.#unsavedModels.splice(0)) into.set(`${keys.model}${model.id}`, model.save())
    const counts: Saved = {
      windows: this.#windows,
      nextFit: this.#nextFit,
      model: this.#model?.id ?? 0,
      waitingRows: this.#waitingRows,
    }
    into.set(keys.counts, Buffer.from(JSON.stringify(counts)))
  }

  /** In `classic` each chunk is by itself: one without text has nothing to go by. */
  #hasWindow({ follower }: Answer, hasText: boolean) {
    return follower.window > 0 && (hasText || this.#options.recipe.name === 'text')
  }

  #keep(number: number, priority: number) {
    const window = this.#current(number, priority)
    const left = this.#sample.add(window)
    if (left === window) return
    if (left !== undefined) this.#changes.set(`${keys.sample}${left.number}`, null)
    this.#changes.set(`${keys.sample}${number}`, window)
  }

  #current(number: number, priority: number): SampledWindow {
    const { follower, destination_uri, response_id } = this.#answer!
    follower.terms(this.#terms)
    const { length, index, count } = this.#terms
    const seq = this.#seq < 0 ? undefined : this.#seq
    return {
      number,
      priority,
      place: { destination_uri, ...(response_id !== '' && { response_id }), ...(seq !== undefined && { seq }) },
      index: index.slice(0, length),
      count: count.slice(0, length),
      excerpt: follower.excerpt(),
    }
  }

  #wait(answer: Answer): number {
    answer.follower.terms(this.#terms)
    const { length, index, count } = this.#terms
    const number = this.#waiting.size
    const terms = { index: index.slice(0, length), count: count.slice(0, length) }
    const window = { number, priority: 0, place: emptyPlace, ...terms, excerpt: Buffer.alloc(0) }
    this.#waiting.set(number, window)
    this.#changes.set(`${keys.waiting}${number}`, window)
    return number
  }

  #restore(memory: Memory) {
    const saved = parseJson(Buffer.from(memory.recall(keys.counts) ?? []).toString()) as Saved | undefined
    if (saved === undefined) return
    this.#windows = saved.windows
    this.#nextFit = saved.nextFit
    this.#waitingRows = saved.waitingRows
    for (const [, value] of memory.recallAll(keys.sample)) this.#sample.add(loadWindow(value))
    for (const [, value] of memory.recallAll(keys.waiting)) {
      const window = loadWindow(value)
      this.#waiting.set(window.number, window)
    }
    const model = memory.recall(`${keys.model}${saved.model}`)
    if (model !== undefined) this.#model = this.#options.clustering.load(model)
  }
}
