import type { Commit, Position, WarehouseWriter } from '../warehouse/warehouse.ts'
import type { Answers } from './answers.ts'
import { Gathered } from './gathered.ts'
import * as metrics from './metrics.ts'
import { judgeSuspects, type Verdicts } from './suspects.ts'
import type { Voices } from './voices.ts'
import type { Windows } from './windows.ts'

/** More answers than this are not kept in memory between commits. */
const answersMax = 16_384

export interface Counters extends Verdicts {
  records: number
  rows: number
  malformed: number
}

interface Parts {
  readonly writer: WarehouseWriter
  readonly answers: Answers
  readonly voices: Voices
  readonly windows: Windows
  readonly counters: Counters
}

/**
 * Commits what was gathered, while more is gathered: two batches take turns, so that reading never waits for the disk
 * unless it is a whole batch ahead.
 */
export class Committer {
  readonly #parts: Parts
  readonly #position: Record<string, number>
  #gathering = new Gathered()
  #spare = new Gathered()
  /** One hand-over after another. */
  #turns: Promise<void> = Promise.resolve()
  #running: Promise<void> = Promise.resolve()
  #notes = new Map<string, Uint8Array | null>()

  constructor(parts: Parts, position: Position) {
    this.#parts = parts
    this.#position = { ...position }
  }

  /** What is being filled. Another one after each `hand`. */
  get gathering(): Gathered {
    return this.#gathering
  }

  /** Everything before `next` in the partition is in what is being filled, or in an earlier batch. */
  reach(partition: string, next: number): void {
    this.#position[partition] = next
  }

  get position(): Position {
    return this.#position
  }

  /** Something else to be kept with the next batch. */
  note(key: string, value: Uint8Array): void {
    this.#notes.set(key, value)
  }

  /**
   * Hands what was gathered over to be committed. Resolves as soon as gathering may go on: once the commit before it is
   * done. Rejects if that failed.
   */
  hand(): Promise<void> {
    this.#turns = this.#turns.then(() => this.#hand())
    return this.#turns
  }

  /** All that was handed over is durable; rejects if it could not be made so. */
  async settled(): Promise<void> {
    await this.#turns
    await this.#running
  }

  async #hand(): Promise<void> {
    await this.#running
    const gathered = this.#gathering
    if (gathered.isEmpty) return
    this.#gathering = this.#spare
    this.#spare = gathered
    const state = this.#notes
    this.#notes = new Map()
    this.#parts.answers.save(state)
    this.#parts.windows.save(state)
    this.#running = this.#commit(gathered, { ...this.#position }, state)
    this.#running.catch(() => {}) // whoever hands over next hears of it
  }

  async #commit(gathered: Gathered, position: Position, state: Map<string, Uint8Array | null>): Promise<void> {
    const { writer, counters, answers, voices } = this.#parts
    const { repeats, conflicts } = counters
    await judgeSuspects(gathered, writer, counters)
    const { rows, openings, endings, rejected, clusters, fill } = gathered
    const commit: Commit = { position, rows, openings, endings, rejected, clusters, state, ...(fill && { fill }) }
    await writer.commit(commit)
    counters.records += gathered.records
    counters.malformed += gathered.malformed
    counters.rows += rows.length
    metrics.countCommit(gathered, { repeats: counters.repeats - repeats, conflicts: counters.conflicts - conflicts })
    gathered.clear()
    if (answers.count <= answersMax) return
    answers.forget()
    voices.clear()
  }
}
