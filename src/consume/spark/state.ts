import type { Position } from '../../topic/topic.ts'
import type { Memory } from '../kept.ts'
import { KnownAnswers } from './known.ts'
import type { Change, Snapshot } from './records.ts'

/** All that has to be known to go on, as the batches so far leave it. */
export class State implements Memory {
  readonly known: KnownAnswers
  readonly #notes: Map<string, Uint8Array>
  #batch: number
  #change: Omit<Change, 'known' | 'notes'>

  constructor(from?: Snapshot, answersMax?: number) {
    this.known = new KnownAnswers(from?.known, answersMax)
    this.#notes = new Map(from?.change.notes.map(([key, value]) => [key, Buffer.from(value, 'base64')]))
    this.#batch = from?.batch ?? 0
    this.#change = from?.change ?? { position: {}, rows: 0, model: 0, fitRows: 0 }
  }

  /** The last one that is in here; 0 is none. */
  get batch(): number {
    return this.#batch
  }

  get position(): Position {
    return this.#change.position
  }

  get rows(): number {
    return this.#change.rows
  }

  get model(): number {
    return this.#change.model
  }

  get fitRows(): number {
    return this.#change.fitRows
  }

  /** A change that changes nothing. */
  get unchanged(): Change {
    return { ...this.#change, known: [], notes: [] }
  }

  apply(batch: number, { known, notes, ...change }: Change): void {
    this.known.put(known)
    for (const [key, value] of notes) this.#notes.set(key, Buffer.from(value, 'base64'))
    this.#change = change
    this.#batch = batch
  }

  recall(key: string): Uint8Array | undefined {
    return this.#notes.get(key)
  }

  recallAll(prefix: string): Iterable<readonly [string, Uint8Array]> {
    return [...this.#notes].filter(([key]) => key.startsWith(prefix)).sort()
  }

  snapshot(): Snapshot {
    const notes = [...this.#notes].map(([key, value]) => [key, Buffer.from(value).toString('base64')] as const)
    const { position, rows, model, fitRows } = this.#change
    return { batch: this.#batch, change: { position, rows, model, fitRows, notes }, known: this.known.save() }
  }
}
