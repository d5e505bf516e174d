import { compareUtf8 } from '../std/bytes.ts'
import { reasonOf, StreamError } from '../std/error.ts'
import { parseJson } from '../std/json.ts'
import { addressOf, publicName } from './address.ts'
import { type Answer, Asker, type Limits } from './asker.ts'
import { bodyOf, wholeBody } from './body.ts'
import type { ListOptions, OpenOptions, Source, TextStream } from './source.ts'

const listBytesMax = 256 * 1024 * 1024
const problemBytesMax = 64 * 1024

export type HttpOptions = Partial<Limits>

const defaults: Limits = { connectMsMax: 5_000, silenceMsMax: 300_000 }

/** What the old source, which has no codes, and anything between us and a source mean by their status. */
const codes: Readonly<Record<number, `source/${string}`>> = {
  403: 'source/unreadable',
  404: 'source/not-found',
  412: 'source/changed',
  416: 'source/range',
  422: 'source/not-utf8',
}

const hint = 'is it a textstream source? see what it says at /list_files'

/** What a source says that it was doing; we say it ourselves. */
const itsWhat = /^(?:open|stream|read) "(?:[^"\\]|\\.)*": /

/** Dots alone would be taken for a step in the path by whatever stands between us and the source. */
const encoded = (name: string) => (/^\.+$/.test(name) ? name.replaceAll('.', '%2E') : encodeURIComponent(name))

const filesIn = (json: unknown): readonly string[] | undefined => {
  const files = (json as { files?: unknown } | null | undefined)?.files
  return Array.isArray(files) && files.every(name => typeof name === 'string') ? files : undefined
}

const numberIn = (header: unknown) =>
  typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : undefined

class HttpSource implements Source {
  readonly url: string
  readonly #asker: Asker

  constructor(address: URL, limits: Limits) {
    this.url = publicName(address)
    this.#asker = new Asker(address, this.url, limits)
  }

  async list({ signal }: ListOptions = {}): Promise<readonly string[]> {
    const answer = await this.#asker.get('/list_files', {}, signal)
    if (answer.status !== 200) throw await this.#refusal(`list ${this.url}`, answer, { 404: 'source/unreachable' })
    const files = filesIn(parseJson((await this.#bodyOfList(answer, signal)).toString()))
    if (files === undefined)
      throw new StreamError('source/unreachable', `list ${this.url}: no list of files came; ${hint}`)
    return [...new Set(files)].sort(compareUtf8)
  }

  /** Half a list is none. */
  #bodyOfList(answer: Answer, signal: AbortSignal | undefined): Promise<Buffer> {
    return wholeBody(answer, listBytesMax, signal).catch(thrown => {
      signal?.throwIfAborted()
      throw new StreamError('source/unreachable', `list ${this.url}: ${reasonOf(thrown)}; try again`, { cause: thrown })
    })
  }

  async open(name: string, { from = 0, ifMatch, signal }: OpenOptions = {}): Promise<TextStream> {
    const what = `stream ${JSON.stringify(name)} from ${this.url}`
    if (name === '' || !name.isWellFormed()) throw new StreamError('source/not-found', `${what}: File not found`)
    const path = `/stream/${encoded(name)}${from > 0 ? `?from=${from}` : ''}`
    const answer = await this.#asker.get(path, ifMatch === undefined ? {} : { 'if-match': ifMatch }, signal)
    if (answer.status !== 200) throw await this.#refusal(what, answer)
    this.#refusePacked(what, answer)
    const { etag } = answer.headers
    if (ifMatch !== undefined && etag !== undefined && etag !== ifMatch) {
      answer.drop()
      throw new StreamError('source/changed', `${what}: the text is ${etag} now, not ${ifMatch}; capture it anew`)
    }
    const begins = numberIn(answer.headers['x-from']) ?? 0
    if (begins > from) {
      answer.drop()
      const why = `it begins at chunk ${begins} instead of ${from}: the chunks between would be lost; ${hint}`
      throw new StreamError('source/unreachable', `${what}: ${why}`)
    }
    return {
      etag,
      chunkSize: numberIn(answer.headers['x-chunk-size']),
      from: begins,
      blocks: bodyOf(answer, what, signal),
    }
  }

  /** We asked for it as it is; something on the way packed it. */
  #refusePacked(what: string, answer: Answer): void {
    const coding = answer.headers['content-encoding'] ?? 'identity'
    if (coding === 'identity') return
    answer.drop()
    const why = `it came packed (content-encoding ${JSON.stringify(coding)}) though that was not asked for`
    throw new StreamError('source/not-utf8', `${what}: ${why}; switch that off in whatever stands before the source`)
  }

  async #refusal(
    what: string,
    answer: Answer,
    ownCodes: Record<number, `source/${string}`> = {},
  ): Promise<StreamError> {
    const { status } = answer
    const told = parseJson((await wholeBody(answer, problemBytesMax).catch(() => Buffer.alloc(0))).toString())
    const detail = (told as { detail?: unknown } | null | undefined)?.detail
    const why = typeof detail === 'string' ? detail.replace(itsWhat, '') : `it answered ${status}; ${hint}`
    return new StreamError(ownCodes[status] ?? codes[status] ?? 'source/unreachable', `${what}: ${why}`)
  }
}

/**
 * A source over HTTP: this project's, or the old system's, which knows neither `from` nor ETag. `8000`, `host:8000` or
 * `http://host:8000/base`.
 */
export const http = (address: string | number, options: HttpOptions = {}): Source =>
  new HttpSource(addressOf(String(address)), { ...defaults, ...options })
