import { Bloom } from './bloom.ts'

/** So many answers are remembered as they are; of those that rest longest only that they were there. */
export const knownMax = 65_536

/** What is kept of an answer: runs of the numbers seen, `[from, to)` and so on, and the half of a character that it ended with. */
export interface Known {
  readonly seen: readonly number[]
  readonly carry?: number
}

export type KnownEntry = readonly [key: string, known: Known]

/** Of a batch, or of all batches so far. */
export interface SavedKnown {
  readonly known: readonly KnownEntry[]
  readonly forgotten: string
}

/**
 * The answers that came so far. Bounded: those that rest longest are forgotten, and `mayBeForgotten` then says that what
 * the tables hold of them has to be looked up.
 */
export class KnownAnswers {
  /** In the order in which they were last written to. */
  readonly #known: Map<string, Known>
  readonly #forgotten: Bloom
  readonly #max: number

  constructor(saved?: SavedKnown, max = knownMax) {
    this.#known = new Map(saved?.known)
    this.#forgotten = new Bloom(saved?.forgotten)
    this.#max = max
  }

  of(key: string): Known | undefined {
    return this.#known.get(key)
  }

  mayBeForgotten(key: string): boolean {
    return !this.#known.has(key) && this.#forgotten.has(key)
  }

  /** The same entries in the same order leave the same: so a restart knows what this process knew. */
  put(entries: Iterable<KnownEntry>): void {
    for (const [key, known] of entries) {
      this.#known.delete(key)
      this.#known.set(key, known)
    }
    this.#forget(({ carry }) => carry === undefined)
    this.#forget(({ carry }) => carry !== undefined)
  }

  /** Half a character is in no table, so answers that ended with one make no room for others. */
  #forget(isOfKind: (known: Known) => boolean): void {
    const keys = [...this.#known].flatMap(([key, known]) => (isOfKind(known) ? [key] : []))
    for (const key of keys.slice(0, Math.max(0, keys.length - this.#max))) {
      this.#known.delete(key)
      this.#forgotten.add(key)
    }
  }

  save(): SavedKnown {
    return { known: [...this.#known], forgotten: this.#forgotten.save() }
  }
}
