import { signal } from '@preact/signals'
import { TextBlocks } from '../model/text-blocks.ts'
import * as api from './api.ts'

/** A text as it was at one moment, as the server tells it. Only the moment that was asked for last is waited for. */
export class Moment implements Disposable {
  /** Of the last moment that arrived; undefined until one has. */
  readonly blocks = signal<TextBlocks | undefined>(undefined)
  readonly #uri: string
  #ending: AbortController | undefined
  #wanted: number | undefined
  #isAsking = false

  constructor(uri: string) {
    this.#uri = uri
  }

  /** While one is under way, the next one waits, and only the newest stays. */
  show(at: number): void {
    this.#wanted = at
    if (!this.#isAsking) void this.#ask()
  }

  /** Nothing is under way any more, and nothing arrived. */
  forget(): void {
    this.#wanted = undefined
    this.#ending?.abort()
    this.blocks.value = undefined
  }

  [Symbol.dispose](): void {
    this.forget()
  }

  async #ask() {
    this.#isAsking = true
    while (this.#wanted !== undefined) {
      const at = this.#wanted
      this.#wanted = undefined
      await this.#read(at)
    }
    this.#isAsking = false
  }

  async #read(at: number) {
    this.#ending = new AbortController()
    const { signal } = this.#ending
    const blocks = new TextBlocks()
    try {
      for await (const text of api.text({ uri: this.#uri, at: Math.round(at) }, signal)) blocks.append(text)
      if (!signal.aborted) this.blocks.value = blocks
    } catch {
      // It was given up, or there was nothing then: what is shown stays.
    }
  }
}
