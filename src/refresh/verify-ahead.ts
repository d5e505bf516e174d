import type { Soon } from './verify-folder.ts'

/** What is looked at ahead waits in memory; of larger things fewer. */
const aheadBytesMax = 8 * 1024 * 1024

/** Promises only where there are some: on a disk, millions of files are looked at without waiting for any. */
export const andThen = <A, B>(first: Soon<A>, next: (a: A) => B): Soon<B> =>
  first instanceof Promise ? first.then(next) : next(first)

interface Begun<Item, Seen> {
  readonly item: Item
  readonly bytes: number
  readonly seen: Soon<Seen>
}

/** Looks at up to `atOnce` items at once, and hands them on in their order with what was seen. */
export class Ahead<Item, Seen> {
  readonly #atOnce: number
  readonly #look: (item: Item) => Soon<Seen>
  readonly #take: (item: Item, seen: Seen) => void
  readonly #begun: Begun<Item, Seen>[] = []
  #bytes = 0

  constructor(atOnce: number, look: (item: Item) => Soon<Seen>, take: (item: Item, seen: Seen) => void) {
    this.#atOnce = atOnce
    this.#look = look
    this.#take = take
  }

  /** Resolves when there is room for another one. */
  push(item: Item, bytes: number): Soon<void> {
    const seen = this.#look(item)
    // It is thrown in its turn; until then nobody waits for it, which is no fault.
    if (seen instanceof Promise) seen.catch(() => {})
    this.#begun.push({ item, bytes, seen })
    this.#bytes += bytes
    return this.#drain(this.#atOnce)
  }

  end(): Soon<void> {
    return this.#drain(1)
  }

  /** Until fewer than `most` are left, and not too many bytes of them. */
  #drain(most: number): Soon<void> {
    while (this.#begun.length >= most || (this.#bytes > aheadBytesMax && this.#begun.length > 0)) {
      const { item, bytes, seen } = this.#begun.shift()!
      this.#bytes -= bytes
      if (seen instanceof Promise) return seen.then(now => this.#take(item, now)).then(() => this.#drain(most))
      this.#take(item, seen)
    }
  }
}

/** Waits for each only where there is something to wait for. */
export const forEach = async <T>(items: Iterable<T> | AsyncIterable<T>, act: (item: T) => Soon<void>) => {
  if (Symbol.asyncIterator in items) {
    for await (const item of items) await act(item)
    return
  }
  for (const item of items) {
    const acting = act(item)
    if (acting instanceof Promise) await acting
  }
}
