import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Archive } from './archive.ts'
import { DocumentReader, type Latest } from './document-reader.ts'
import type { EventStream } from './event-stream.ts'
import type { Heard, Hub, Watcher } from './hub.ts'
import { LiveText } from './live-text.ts'
import type { Rebuilt } from './rebuild.ts'
import { TextFile } from './text-file.ts'

/** What comes is sent on together, at most so often. */
export const coalesceMs = 25
/** A text that has to be made anew is so at most so often, … */
const renewMsMin = 250
/** … and so many times as seldom as it takes. */
const renewShare = 5
/** Records that came while the text is made anew. */
const pendingUnitsMax = 16 * 1024 * 1024

/** A text as it is written, for all who follow it. At every moment it is what a refresh would have written shortly before. */
export class LiveDocument implements Watcher, Disposable {
  readonly #archive: Pick<Archive, 'now'>
  readonly #uri: string
  readonly #dir: string
  readonly #readers = new Set<DocumentReader>()
  /** Of readers, on the file that was the text's when they came. */
  readonly #beginnings = new Set<Promise<void>>()
  readonly #watching: Disposable
  #file: TextFile | undefined
  #text = new LiveText([], false, '')
  #latest: Latest | undefined
  #pending: Heard[] | undefined
  #pendingUnits = 0
  #files = 0
  #isStale = false
  #renewMs = 0
  #timer: NodeJS.Timeout | undefined
  #renewal: NodeJS.Timeout | undefined
  #renewing: Promise<void>
  #hasEnded = false

  constructor(hub: Hub, archive: Pick<Archive, 'now'>, uri: string, dir: string) {
    this.#archive = archive
    this.#uri = uri
    this.#dir = dir
    this.#watching = hub.watch(uri, this)
    this.#renewing = this.#renew()
  }

  get readers(): number {
    return this.#readers.size
  }

  /** Resolves once the text's beginning is on its way; rejects if it cannot be read. */
  async join(stream: EventStream, mark: string | undefined): Promise<DocumentReader> {
    const reader = new DocumentReader(stream)
    this.#readers.add(reader)
    try {
      await this.#renewing
      await this.#begin(reader, mark)
    } catch (thrown) {
      this.#readers.delete(reader)
      throw thrown
    }
    this.#sendTo(reader)
    return reader
  }

  async #begin(reader: DocumentReader, mark: string | undefined): Promise<void> {
    const beginning = reader.begin(this.#file!, mark)
    this.#beginnings.add(beginning)
    await beginning.finally(() => this.#beginnings.delete(beginning))
  }

  leave(reader: DocumentReader): void {
    this.#readers.delete(reader)
  }

  /** The reader takes more again. */
  resume(reader: DocumentReader): void {
    this.#sendTo(reader)
  }

  hear(heard: Heard): void {
    this.#latest = { agent: heard.answer.agent, micros: heard.micros }
    if (this.#pending === undefined) this.#take(heard)
    else this.#defer(heard, this.#pending)
  }

  pause(): void {
    this.#timer ??= setTimeout(() => this.#sendAll(), coalesceMs)
  }

  #defer(heard: Heard, pending: Heard[]) {
    this.#pendingUnits += heard.text.length
    if (this.#pendingUnits <= pendingUnitsMax) pending.push(heard)
    else this.#isStale = true
  }

  #take(heard: Heard) {
    if (this.#isStale) return
    const effect = this.#text.take(heard)
    if (effect.is === 'elsewhere') this.#makeStale()
    else if (effect.is === 'appended' && effect.text !== '') this.#file!.append(Buffer.from(effect.text))
  }

  #makeStale() {
    this.#isStale = true
    if (this.#hasEnded) return
    const waitMs = Math.max(renewMsMin, this.#renewMs * renewShare)
    this.#renewal ??= setTimeout(() => {
      this.#renewal = undefined
      this.#renewing = this.#renewing.catch(() => {}).then(() => this.#renew())
      this.#renewing.catch(() => this.#makeStale())
    }, waitMs)
  }

  /** All records up to now are in what is asked for, all later ones are pending until it is there. */
  async #renew(): Promise<void> {
    if (this.#hasEnded) return
    const began = performance.now()
    const asked = this.#archive.now(this.#uri)
    this.#isStale = false
    this.#pending = []
    this.#pendingUnits = 0
    const rebuilt = await asked
    if (this.#hasEnded) return
    this.#renewMs = performance.now() - began
    await this.#turnTo(rebuilt)
  }

  async #turnTo({ textPath, bytes, parts, hasClaims }: Rebuilt): Promise<void> {
    using _ = this.#file
    const last = parts.at(-1)
    const half = last === undefined || last.isClosed ? '' : last.half
    const known = bytes - (half === '' ? 0 : Buffer.byteLength('\ufffd'))
    const file = new TextFile(join(this.#dir, `${this.#files++}.txt`), textPath, known)
    this.#file = file
    this.#text = new LiveText(parts, hasClaims, half)
    const pending = this.#pending!
    this.#pending = undefined
    if (this.#isStale) this.#makeStale()
    else for (const heard of pending) this.#take(heard)
    // Who reads the old file's beginning is still at it; only then it may be closed.
    await Promise.allSettled(this.#beginnings)
    await Promise.all([...this.#readers].filter(({ hasBegun }) => hasBegun).map(reader => reader.replace(file)))
    this.#sendAll()
  }

  get #over(): string | undefined {
    return this.#text.isOver && !this.#isStale ? JSON.stringify({ state: 'ended' }) : undefined
  }

  #sendAll() {
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const reader of this.#readers) this.#sendTo(reader)
  }

  #sendTo(reader: DocumentReader) {
    if (!this.#hasEnded) reader.send(this.#latest, this.#over)
  }

  [Symbol.dispose](): void {
    this.#hasEnded = true
    this.#watching[Symbol.dispose]()
    clearTimeout(this.#timer)
    clearTimeout(this.#renewal)
    this.#file?.[Symbol.dispose]()
    rmSync(this.#dir, { recursive: true, force: true })
  }
}
