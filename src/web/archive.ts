import { rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { StreamError } from '../std/error.ts'
import type { Hub } from './hub.ts'
import type { Range } from './places.ts'
import type { RebuildRequest, Rebuilt } from './rebuild.ts'
import { temporaryFolder } from './temporary.ts'

/** Requests that wait for the worker. */
const waitingMax = 64
/** Rebuilt documents that are kept for whoever asks again. */
const keptMax = 32
const keptBytesMax = 512 * 1024 * 1024
/** How long a request waits for the topic to be read for the first time. */
const catchUpMsMax = 20_000

export interface Ask {
  readonly id: number
  readonly request: RebuildRequest
}

export type Told =
  | { readonly id: number; readonly rebuilt: Rebuilt }
  | { readonly id: number; readonly failed: { readonly code: string; readonly message: string } }

interface Kept {
  readonly key: string
  readonly dir: string
  readonly rebuilt: Promise<Rebuilt>
  bytes: number
}

/**
 * Documents, rebuilt from the topic in a thread of their own, so that a long one holds up nobody who follows. What was
 * rebuilt lies in temporary files, which whoever uses them opens at once: they may go at any time.
 */
export class Archive implements AsyncDisposable {
  readonly #hub: Hub
  readonly #from: string
  readonly #dir = temporaryFolder()
  readonly #kept = new Map<string, Kept>()
  readonly #waiting = new Map<number, PromiseWithResolvers<Rebuilt>>()
  #worker: Worker | undefined
  #asked = 0

  /** `from` is the hub's topic, as `openTopic` takes it. */
  constructor(hub: Hub, from: string) {
    this.#hub = hub
    this.#from = from
    this.#worker = this.#start()
  }

  /** As it is now, or as it was. Rejects with `web/not-found` if the topic has no such document. */
  async rebuilt(uri: string, at?: number): Promise<Rebuilt> {
    await this.ready()
    await this.#hub.reached(await this.#hub.topic.end().catch(() => ({})))
    const isKnown = this.#hub.catalog.get(uri) !== undefined
    if (!isKnown && !this.#hub.catalog.isPartial) throw notFound(uri)
    const rebuilt = await this.now(uri, at)
    if (!isKnown && rebuilt.row === undefined && at === undefined) throw notFound(uri)
    return rebuilt
  }

  /** Of all records that the hub has told of when this is called, and of no other. */
  now(uri: string, at?: number): Promise<Rebuilt> {
    const document = this.#hub.catalog.get(uri)
    // One that was forgotten counts its records from one again.
    const records = document?.isWhole ? document.records : this.#hub.records
    const key = JSON.stringify([uri, at ?? null, records])
    const kept = this.#kept.get(key) ?? this.#keep(key, { uri, at, ranges: this.#rangesOf(uri) })
    return kept.rebuilt
  }

  /** Resolves once the topic has been read; rejects with `web/catching-up` if that takes long. */
  async ready(): Promise<void> {
    if (this.#hub.isCaughtUp) return
    await Promise.race([this.#hub.caughtUp, sleep(catchUpMsMax, undefined, { ref: false })])
    if (this.#hub.isCaughtUp) return
    const message = `"${this.#hub.topic.name}" is still being read for the first time; try again, /health says how far it is`
    throw new StreamError('web/catching-up', message)
  }

  #rangesOf(uri: string): Range[] {
    const document = this.#hub.catalog.get(uri)
    if (document?.isWhole) return this.#hub.places.rangesOf(document.places)
    if (!this.#hub.catalog.isPartial) return []
    return Object.entries(this.#hub.position).map(([partition, to]) => ({ partition, from: 0, to }))
  }

  #keep(key: string, request: Omit<RebuildRequest, 'dir'>): Kept {
    const dir = join(this.#dir, String(this.#asked))
    const kept: Kept = { key, dir, rebuilt: this.#ask({ ...request, dir }), bytes: 0 }
    this.#kept.set(key, kept)
    kept.rebuilt.then(
      ({ bytes }) => {
        kept.bytes = bytes
        this.#trim()
      },
      () => this.#drop(kept),
    )
    return kept
  }

  #trim() {
    let [count, bytes] = [this.#kept.size, 0]
    for (const kept of this.#kept.values()) bytes += kept.bytes
    for (const kept of this.#kept.values()) {
      if (count <= keptMax && bytes <= keptBytesMax) return
      if (count === 1) return
      count--
      bytes -= kept.bytes
      this.#drop(kept)
    }
  }

  #drop(kept: Kept) {
    this.#kept.delete(kept.key)
    kept.rebuilt.catch(() => {}).finally(() => rm(kept.dir, { recursive: true, force: true }).catch(() => {}))
  }

  #ask(request: RebuildRequest): Promise<Rebuilt> {
    if (this.#waiting.size >= waitingMax)
      return Promise.reject(
        new StreamError('web/busy', `more than ${waitingMax} documents are being rebuilt; try again`),
      )
    const id = this.#asked++
    const answered = Promise.withResolvers<Rebuilt>()
    this.#waiting.set(id, answered)
    this.#worker ??= this.#start()
    this.#worker.postMessage({ id, request } satisfies Ask)
    return answered.promise
  }

  #start(): Worker {
    const url = new URL(`./archive-worker${import.meta.url.slice(-3)}`, import.meta.url)
    const worker = new Worker(url, { workerData: { from: this.#from } })
    worker.unref()
    worker.on('message', (told: Told) => this.#settle(told))
    worker.on('error', error => this.#lose(worker, error))
    worker.on('exit', () => this.#lose(worker, new Error('it ended')))
    return worker
  }

  #settle(told: Told) {
    const answered = this.#waiting.get(told.id)
    this.#waiting.delete(told.id)
    if ('rebuilt' in told) answered?.resolve(told.rebuilt)
    else answered?.reject(new StreamError(told.failed.code as `${string}/${string}`, told.failed.message))
  }

  /** The next request starts another one. */
  #lose(worker: Worker, cause: Error) {
    if (this.#worker !== worker) return
    this.#worker = undefined
    const lost = new StreamError('web/rebuild', `rebuild a document: its thread failed: ${cause.message}`, { cause })
    for (const answered of this.#waiting.values()) answered.reject(lost)
    this.#waiting.clear()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    await worker?.terminate()
    rmSync(this.#dir, { recursive: true, force: true })
  }
}

const notFound = (uri: string) =>
  new StreamError('web/not-found', `document "${uri}": the topic has no record of it; GET /documents lists all`)
