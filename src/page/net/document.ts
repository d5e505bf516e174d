import { signal } from '@preact/signals'
import type { DocumentEntry, LiveText } from '../../web/api.ts'
import { TextBlocks } from '../model/text-blocks.ts'
import { Timeline } from '../model/timeline.ts'
import * as api from './api.ts'
import { address } from './api.ts'
import { type Listening, listen } from './live.ts'

/** Of one document; beyond these the server is asked for each moment, and nobody is told about single chunks. */
export const chunksMax = 2_000_000
const chunksPerPage = 50_000
const entryMs = 2000

export type Phase = 'loading' | 'live' | 'over' | 'lost'

const phases: Readonly<Record<Listening, Phase>> = { connecting: 'loading', open: 'live', lost: 'lost' }

/** One document, as long as it is looked at: its text as it grows, and when each part of it came. */
export class OpenDocument implements Disposable {
  readonly uri: string
  readonly blocks = new TextBlocks()
  /** Grows with every change of the text. */
  readonly changed = signal(0)
  readonly phase = signal<Phase>('loading')
  readonly entry = signal<DocumentEntry | undefined>(undefined)
  /** False once the server said that it knows no such document. */
  readonly isKnown = signal(true)
  readonly timeline = signal<Timeline | undefined>(undefined)
  readonly fault = signal<string | undefined>(undefined)
  /** How often the text was made anew. */
  replaced = 0
  readonly #ending = new AbortController()
  readonly #stop: () => void
  #extending: Promise<void> | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(uri: string) {
    this.uri = uri
    this.#stop = listen({
      address: after => address('documents/live', { uri, after }),
      events: {
        text: data => this.#append((JSON.parse(data) as LiveText).text),
        replaced: () => this.#clear(),
        over: () => {
          this.phase.value = 'over'
        },
      },
      onState: state => {
        if (this.phase.peek() !== 'over') this.phase.value = phases[state]
      },
    })
    void this.#askEntry()
  }

  /** All chunks up to now are in `timeline`, unless there are too many. Calls that come together share one answer. */
  extend(): Promise<void> {
    this.#extending ??= this.#extend().finally(() => {
      this.#extending = undefined
    })
    return this.#extending
  }

  [Symbol.dispose](): void {
    this.#stop()
    clearTimeout(this.#timer)
    this.#ending.abort()
  }

  /** What was over can go on: with a new answer. */
  #append(text: string) {
    if (this.phase.peek() === 'over') this.phase.value = 'live'
    this.blocks.append(text)
    this.changed.value++
  }

  #clear() {
    this.blocks.clear()
    this.timeline.value = undefined
    this.replaced++
    this.changed.value++
  }

  async #askEntry() {
    try {
      const [found] = (await api.documents({ uri: this.uri }, this.#ending.signal)).documents
      this.isKnown.value = found !== undefined || this.blocks.units > 0
      if (found !== undefined) this.entry.value = found
      this.fault.value = undefined
    } catch (thrown) {
      this.#tell(thrown)
    }
    if (!this.#ending.signal.aborted) this.#timer = setTimeout(() => void this.#askEntry(), entryMs)
  }

  async #extend() {
    const { replaced } = this
    const grown = this.timeline.peek() ?? new Timeline()
    try {
      for (let total = Number.POSITIVE_INFINITY; grown.chunks < Math.min(total, chunksMax); ) {
        const asked = { uri: this.uri, from: grown.chunks, limit: chunksPerPage }
        const page = await api.chunks(asked, this.#ending.signal)
        if (replaced !== this.replaced) return
        total = page.total
        if (total > chunksMax || page.start.length === 0) break
        grown.add(page)
      }
      this.timeline.value = grown
      this.changed.value++
    } catch (thrown) {
      this.#tell(thrown)
    }
  }

  #tell(thrown: unknown) {
    if (!this.#ending.signal.aborted) this.fault.value = thrown instanceof Error ? thrown.message : String(thrown)
  }
}
