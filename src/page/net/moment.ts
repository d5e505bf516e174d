import { signal } from '@preact/signals'
import { TextBlocks } from '../model/text-blocks.ts'
import * as api from './api.ts'

/** A text as it was at one moment, as the server tells it. Only the moment that was asked for last is waited for. */
export class Moment implements Disposable {
  /** What is shown: of the last moment that arrived. */
  readonly blocks = signal(new TextBlocks())
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

  [Symbol.dispose](): void {
    this.#wanted = undefined
    this.#ending?.abort()
  }

  async #ask() {
    this.#isAsking = true
    try {
      while (this.#wanted !== undefined) {
        const at = this.#wanted
        this.#wanted = undefined
        this.blocks.value = await this.#read(at)
      }
    } catch {
      // It was given up, or there was nothing then: what is shown stays.
    } finally {
      this.#isAsking = false
    }
  }

  async #read(at: number): Promise<TextBlocks> {
    this.#ending = new AbortController()
    const blocks = new TextBlocks()
    for await (const text of api.text({ uri: this.#uri, at: Math.round(at) }, this.#ending.signal)) blocks.append(text)
    return blocks
  }
}
