/**
 * Clustering of what flows by. Texts of answers become windows, a bounded sample of windows becomes a model, a model
 * gives each later window the number of its cluster. Pure: no clock, no disk; chance comes from `seed` alone.
 */

export type RecipeName = 'text' | 'classic'

/** Distinct terms of one window and how often each occurs: the first `length` places of the arrays. Reused by who fills it. */
export interface Terms {
  length: number
  index: Uint16Array
  count: Uint16Array
}

/** How text becomes terms. */
export interface Recipe {
  readonly name: RecipeName
  /** Windows reach back over pieces: one without text belongs to the last window too. Otherwise each piece is by itself, and such a one has nothing to go by. */
  readonly looksBack: boolean
  /** Terms are numbered 0 … dimensions − 1. */
  readonly dimensions: number
  /** For a new answer, or, given what `save` gave, for one that goes on. */
  follow(saved?: Uint8Array): Follower
}

/**
 * Reads one answer's text, piece by piece. What it finds depends on the text alone, not on how it was cut (`text`), or
 * on each piece by itself (`classic`). Its memory is bounded whatever it reads.
 */
export interface Follower {
  /** Takes the next piece: well-formed UTF-8 in `[from, to)`. Calls `onWindow` as soon as a window has ended, while it can be asked for. */
  add(utf8: Uint8Array, from: number, to: number, onWindow?: () => void): void
  /** How many windows have ended so far, which is the number of the last one; 0 means: too little text for any. */
  readonly window: number
  /** The terms of the last window that has ended. Not to be asked while `window` is 0. */
  terms(into: Terms): void
  /** The end of the text that was read, at most `excerptBytesMax` bytes of well-formed UTF-8, for people to read. */
  excerpt(): Buffer
  /** All that a later `follow` needs to go on exactly here. */
  save(): Uint8Array
}

export const excerptBytesMax = 1024

/** Where a window stands: the chunk in which it ended. */
export interface Place {
  readonly destination_uri: string
  readonly response_id?: string | undefined
  readonly seq?: number | undefined
}

/** A window that was kept to fit models on. */
export interface SampledWindow {
  /** Which window it was, in the order of consumption, from 0. */
  readonly number: number
  /** Windows of the lowest priority are kept. A hash of where it stands, so that the sample depends on the text, not on the order of its arrival. */
  readonly priority: number
  readonly place: Place
  readonly index: Uint16Array
  readonly count: Uint16Array
  readonly excerpt: Uint8Array
}

/** Immutable. */
export interface Model {
  /** 1, 2, 3 … */
  readonly id: number
  readonly recipe: RecipeName
  readonly seed: number
  /** How many windows had been consumed when it was fitted. */
  readonly windows: number
  /** The number of each of its clusters; a number keeps its meaning over models. */
  readonly clusters: readonly number[]
  /** The label of each of them. A label goes with its number while it holds. */
  readonly labels: readonly string[]
  /** The lowest number that no cluster of this model or of any before it has had. */
  readonly nextNumber: number
  /** The number of the cluster that these terms are nearest to. */
  nearest(terms: Terms): number
  save(): Uint8Array
}

/** What became of a cluster with a model. */
export type Change = 'born' | 'kept' | 'split' | 'merged' | 'died'

/** One cluster of one model, as the table `clusters` has it. */
export interface ClusterFacts {
  readonly model: number
  readonly cluster: number
  readonly change: Change
  /** Clusters of the model before it that it came from (itself, where it was kept); of one that died, those that took over. */
  readonly parents: readonly number[]
  readonly label: string
  /** Most distinctive first. */
  readonly terms: readonly string[]
  /** Windows of the sample that belong to it, and their share. */
  readonly size: number
  readonly share: number
  readonly windows: number
  /** Nearest to the centre first. */
  readonly nearest: readonly (Place & { readonly excerpt: string })[]
}

export interface FitOptions {
  readonly recipe: Recipe
  readonly k: number
  readonly seed: number
  /** Windows consumed so far. */
  readonly windows: number
  /** The model that this one follows; its numbers go on. */
  readonly before?: Model | undefined
}

export interface Fitted {
  readonly model: Model
  readonly clusters: readonly ClusterFacts[]
}

/** An engine that fits models. The sample has at least one window; fewer than `k` different ones give fewer clusters. */
export interface Clustering {
  fit(sample: readonly SampledWindow[], options: FitOptions): Promise<Fitted>
  /** A model as `save` gave it; code `cluster/model` if it is none. */
  load(saved: Uint8Array): Model
}
