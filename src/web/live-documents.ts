import { mkdtempSync, rmSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { StreamError } from '../std/error.ts'
import type { Archive } from './archive.ts'
import type { DocumentReader } from './document-reader.ts'
import { EventStream } from './event-stream.ts'
import type { Hub } from './hub.ts'
import { LiveDocument } from './live-document.ts'
import { droppedReaders, readers as readersNow } from './metrics.ts'
import { temporaryFolder } from './temporary.ts'

/** Documents that are followed at the same time, and readers of them. */
const documentsMax = 128
export const readersMax = 512
/** A document that nobody follows any more is kept ready, for who loads the page again. */
const restMsMax = 10_000

const limits = { documentsMax, readersMax, restMsMax }

interface Followed {
  readonly document: LiveDocument
  rest: NodeJS.Timeout | undefined
}

/** The documents that are followed now. */
export class LiveDocuments implements Disposable {
  readonly #hub: Hub
  readonly #archive: Pick<Archive, 'now'>
  readonly #dir = temporaryFolder()
  readonly #followed = new Map<string, Followed>()
  readonly #streams = new Set<EventStream>()
  readonly #limits: typeof limits
  #made = 0
  dropped = 0

  constructor(hub: Hub, archive: Pick<Archive, 'now'>, smaller: Partial<typeof limits> = {}) {
    this.#hub = hub
    this.#archive = archive
    this.#limits = { ...limits, ...smaller }
  }

  get readers(): number {
    return this.#streams.size
  }

  /** Answers with the text and what is added to it, until the reader goes. */
  async follow(response: ServerResponse, uri: string, mark: string | undefined, silenceMsMax?: number): Promise<void> {
    const followed = this.#of(uri)
    clearTimeout(followed.rest)
    let reader: DocumentReader | undefined
    let hasEnded = false
    const leave = () => {
      if (reader !== undefined) followed.document.leave(reader)
      if (followed.document.readers === 0) this.#rest(uri, followed)
    }
    const onEnd = (wasDropped: boolean) => {
      hasEnded = true
      this.#streams.delete(stream)
      this.#count(wasDropped)
      leave()
    }
    const onDrain = () => reader !== undefined && followed.document.resume(reader)
    const stream = new EventStream(response, { onEnd, onDrain, ...(silenceMsMax !== undefined && { silenceMsMax }) })
    this.#streams.add(stream)
    readersNow.of({ stream: 'document' }).set(this.readers)
    try {
      reader = await followed.document.join(stream, mark)
      // Whoever goes before the text is there would be one who follows for ever.
      if (hasEnded) leave()
    } catch (thrown) {
      if (followed.document.readers === 0) this.#forget(uri, followed)
      response.destroy(thrown as Error)
    }
  }

  refuseTooMany(uri: string): void {
    const { readersMax, documentsMax } = this.#limits
    const isNew = !this.#followed.has(uri)
    if (this.readers < readersMax && !(isNew && this.#followed.size >= documentsMax)) return
    throw new StreamError('web/busy', `more than ${readersMax} readers, or ${documentsMax} documents that are followed`)
  }

  #count(wasDropped: boolean) {
    readersNow.of({ stream: 'document' }).set(this.readers)
    if (!wasDropped) return
    this.dropped++
    droppedReaders.of({ stream: 'document' }).add()
  }

  #of(uri: string): Followed {
    const known = this.#followed.get(uri)
    if (known !== undefined) return known
    const dir = mkdtempSync(join(this.#dir, `${this.#made++}-`))
    const followed = { document: new LiveDocument(this.#hub, this.#archive, uri, dir), rest: undefined }
    this.#followed.set(uri, followed)
    return followed
  }

  #rest(uri: string, followed: Followed) {
    clearTimeout(followed.rest)
    followed.rest = setTimeout(() => this.#forget(uri, followed), this.#limits.restMsMax).unref()
  }

  #forget(uri: string, followed: Followed) {
    if (this.#followed.get(uri) !== followed) return
    this.#followed.delete(uri)
    followed.document[Symbol.dispose]()
  }

  [Symbol.dispose](): void {
    for (const stream of this.#streams) stream.end()
    for (const [uri, followed] of this.#followed) this.#forget(uri, followed)
    rmSync(this.#dir, { recursive: true, force: true })
  }
}
