import { type Clock, isoMicros } from '../std/clock.ts'
import type { TopicWriter } from '../topic/topic.ts'
import type { Random } from './chance.ts'

import { agentName, freeUri, responseId } from './names.ts'
import type { Taken } from './taken.ts'

/** Counted as they are handed to the topic; for a progress bar. */
export interface Progress {
  texts: number
  textsDone: number
  chunks: number
  bytes: number
}

export interface DeskOptions {
  readonly clock: Clock
  readonly random: Random
  /** Draws the names of agents and documents. */
  readonly names: Random
  readonly taken: Taken
  readonly signal?: AbortSignal | undefined
}

/**
 * Where all captures of one run meet: the topic's writer, the clock, the names. The first append that fails stops
 * them all.
 */
export class Desk {
  readonly #writer: TopicWriter
  readonly #options: DeskOptions
  readonly #failed = new AbortController()
  /** Aborts when the run is to end early: a person said so, or the topic failed. */
  readonly signal: AbortSignal
  #failure: unknown
  #idMicros = 0
  #turn: Promise<void> = Promise.resolve()
  #last: Promise<void> = Promise.resolve()

  constructor(writer: TopicWriter, options: DeskOptions) {
    this.#writer = writer
    this.#options = options
    const { signal } = options
    this.signal = signal === undefined ? this.#failed.signal : AbortSignal.any([signal, this.#failed.signal])
  }

  get random(): Random {
    return this.#options.random
  }

  now(): string {
    return isoMicros(this.#options.clock())
  }

  /** Later ones sort behind earlier ones, whatever the clock does: answers that begin in the same microsecond, too. */
  responseId(): string {
    this.#idMicros = Math.max(this.#options.clock(), this.#idMicros + 1)
    return responseId(isoMicros(this.#idMicros), this.#options.random)
  }

  agent(): string {
    return agentName(this.#options.names)
  }

  uri(): string {
    return freeUri(this.#options.names, this.#options.taken)
  }

  append(destinationUri: string, lines: Uint8Array): void {
    this.#last = this.#writer.append(destinationUri, lines)
    this.#last.catch(thrown => this.#fail(thrown))
  }

  /**
   * Room for one more append, which must follow at once; throws if the topic failed. In turn: if all who wait for room
   * took the same room, what is in flight would exceed its limit by one block for each of them.
   */
  ready(): Promise<void> {
    this.#turn = this.#turn.then(() => this.#writer.ready()).then(() => this.check())
    this.#turn.catch(() => {})
    return this.#turn
  }

  /** Resolves once all that was appended so far is durable. Appends resolve in order, so the last one tells. */
  async durable(): Promise<void> {
    await this.#last
    this.check()
  }

  check(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  #fail(thrown: unknown) {
    this.#failure ??= thrown
    this.#failed.abort(this.#failure)
  }
}
