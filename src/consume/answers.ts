import { answerKey } from '../chunk/answer-key.ts'
import { hashBytes } from '../chunk/answer-table.ts'
import type { Follower, Recipe } from '../cluster/cluster.ts'
import { damaged, joinHead, type Memory, splitHead } from './kept.ts'
import { Seen } from './seen.ts'

/** What is known of one answer: enough to go on with it exactly where it was left. */
export interface Answer {
  readonly key: string
  readonly destination_uri: string
  /** Empty for the implicit answer of a document. */
  readonly response_id: string
  readonly hash: number
  readonly seen: Seen
  readonly follower: Follower
  /** The high half of a surrogate pair whose low half the next chunk may bring; 0 is none. */
  carry: number
  /** The cluster that `model` gave to the window `window`. */
  window: number
  model: number
  cluster: number
  /** Changed since it was last saved. */
  dirty: boolean
}

const prefix = 'a/'

const keyOf = (destinationUri: string, responseId: string) => prefix + answerKey(destinationUri, responseId)

const saved = ({ seen, carry, follower }: Answer): Uint8Array =>
  joinHead({ seen: seen.save(), ...(carry !== 0 && { carry }) }, follower.save())

const isHead = (head: unknown): head is { seen: number[]; carry?: number } =>
  typeof head === 'object' && head !== null && Array.isArray((head as { seen?: unknown }).seen)

/**
 * The answers that are being read. Those that rest are forgotten, and recalled from the warehouse when they go on, so that
 * memory is bounded by how many are read at a time.
 */
export class Answers {
  readonly #recipe: Recipe
  readonly #memory: Memory
  readonly #known = new Map<string, Answer>()
  readonly #dirty: Answer[] = []

  constructor(recipe: Recipe, memory: Memory) {
    this.#recipe = recipe
    this.#memory = memory
  }

  get count(): number {
    return this.#known.size
  }

  of(destinationUri: string, responseId: string): Answer {
    const key = keyOf(destinationUri, responseId)
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const answer = this.#recalled(key, destinationUri, responseId)
    this.#known.set(key, answer)
    return answer
  }

  touch(answer: Answer): void {
    if (answer.dirty) return
    answer.dirty = true
    this.#dirty.push(answer)
  }

  /** All that changed since the last call, to be committed. */
  save(into: Map<string, Uint8Array | null>): void {
    for (const answer of this.#dirty) {
      into.set(answer.key, saved(answer))
      answer.dirty = false
    }
    this.#dirty.length = 0
  }

  /** Only once what was saved is committed: from then on it can be recalled. */
  forget(): void {
    for (const [key, { dirty }] of this.#known) if (!dirty) this.#known.delete(key)
  }

  #recalled(key: string, destinationUri: string, responseId: string): Answer {
    const bytes = Buffer.from(key)
    const base = {
      key,
      destination_uri: destinationUri,
      response_id: responseId,
      hash: hashBytes(bytes, 0, bytes.length),
      window: 0,
      model: 0,
      cluster: -1,
      dirty: false,
    }
    const kept = this.#memory.recall(key)
    if (kept === undefined) return { ...base, seen: new Seen(), carry: 0, follower: this.#recipe.follow() }
    const { head, rest } = splitHead(kept)
    if (!isHead(head)) throw damaged(`what is kept of the answer ${JSON.stringify(key)}`)
    const follower = this.#recipe.follow(rest)
    return { ...base, seen: new Seen(head.seen), carry: head.carry ?? 0, follower }
  }
}
