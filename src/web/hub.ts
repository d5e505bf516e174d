import { isUtf8 } from 'node:buffer'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Chunk, End } from '../chunk/chunk.ts'
import { decode, isMalformed } from '../chunk/codec.ts'
import { microsOf } from '../chunk/event-time.ts'
import { FastLine } from '../chunk/fast-line.ts'
import { asBuffer } from '../std/bytes.ts'
import type { Batch, Position, Topic } from '../topic/topic.ts'
import { type Answer, Catalog, type Document } from './catalog.ts'
import type { Lanes } from './lanes.ts'
import { measureBody, measured, measureText, textOfBody } from './measure.ts'
import { Places } from './places.ts'

/** A record of a document that somebody watches. */
export interface Heard {
  readonly answer: Answer
  /** −1: none. */
  readonly seq: number
  /** NaN: none. */
  readonly micros: number
  readonly text: string
  readonly end: End | undefined
  readonly supersedes: string | undefined
}

/** Told of each record of one document, in order of arrival, and of the end of each batch that held one. */
export interface Watcher {
  hear(heard: Heard): void
  pause(): void
}

const nothing = Buffer.alloc(0)
/** Each look at a log costs a list, a status and a sync; who looks at the page is told every 25 ms. */
const gatherMs = 8
/** Whoever wrote and then reads wants to find it; but nobody waits for a hub that is far behind. */
const reachMsMax = 2_000
const reachPollMs = 2

const isBehind = (position: Position, end: Position) =>
  Object.entries(end).some(([partition, offset]) => (position[partition] ?? 0) < offset)

/** The one reader of the topic in this process: what it reads, all who look are told. */
export class Hub {
  readonly topic: Topic
  readonly catalog: Catalog
  readonly places = new Places()
  readonly lanes: Lanes
  readonly position: Record<string, number> = {}
  records = 0
  lineBytes = 0
  /** Whether it has read what was there when it started. */
  isCaughtUp = false
  readonly #caughtUp = Promise.withResolvers<void>()
  readonly #watchers = new Map<string, Watcher>()
  readonly #told = new Set<Watcher>()
  readonly #line = new FastLine()
  readonly #nowMs: () => number
  #batchMs = 0

  constructor(topic: Topic, lanes: Lanes, nowMs: () => number = Date.now, catalog = new Catalog()) {
    this.catalog = catalog
    this.topic = topic
    this.lanes = lanes
    this.#nowMs = nowMs
  }

  /** Resolves as soon as all is known that the topic held at the start. */
  get caughtUp(): Promise<void> {
    return this.#caughtUp.promise
  }

  /** Goes on where the last run ended; until `signal` aborts. Rejects with the topic's errors. */
  async run(signal: AbortSignal): Promise<void> {
    const end = await this.topic.end()
    this.#checkCaughtUp(end)
    for await (const batch of this.topic.read({ ...this.position }, { follow: true, gatherMs, signal })) {
      this.take(batch)
      if (!this.isCaughtUp) this.#checkCaughtUp(end)
    }
  }

  /** Resolves once all before this position was told, or after a while. */
  async reached(end: Position): Promise<void> {
    for (let waitedMs = 0; isBehind(this.position, end) && waitedMs < reachMsMax; waitedMs += reachPollMs)
      await sleep(reachPollMs)
  }

  #checkCaughtUp(end: Position) {
    if (this.isCaughtUp || isBehind(this.position, end)) return
    this.isCaughtUp = true
    this.#caughtUp.resolve()
  }

  /** One at a time. Records before this call are not told. */
  watch(uri: string, watcher: Watcher): Disposable {
    if (this.#watchers.has(uri)) throw new Error('bug: a document has one watcher')
    this.#watchers.set(uri, watcher)
    return { [Symbol.dispose]: () => void this.#watchers.delete(uri) }
  }

  take({ partition, entries }: Batch): void {
    this.#batchMs = this.#nowMs()
    this.places.turnTo(partition)
    for (const { line, offset, next } of entries)
      this.#takeLine(asBuffer(line), this.places.of(offset, next, line.length))
    this.position[partition] = entries[entries.length - 1].next
    this.lanes.endBatch(this.#batchMs)
    for (const watcher of this.#told) watcher.pause()
    this.#told.clear()
    this.catalog.trim()
  }

  #takeLine(line: Buffer, place: number) {
    const fast = this.#line
    this.records++
    this.lineBytes += line.length + 1
    const isPlain = fast.read(line, 0, line.length) && isUtf8(line) && measureBody(line, fast.bodyFrom, fast.bodyTo)
    if (isPlain) this.#takePlain(line, place)
    else this.#takeDecoded(line, place)
  }

  #takePlain(line: Buffer, place: number) {
    const { uriFrom, uriTo, idFrom, idTo, agentFrom, agentTo, bodyFrom, bodyTo, micros } = this.#line
    const agent = () => line.toString('utf8', agentFrom, agentTo)
    const answer = this.catalog.find(line, uriFrom, uriTo, line, idFrom, idTo, agent)
    const seq = idTo > idFrom ? this.#line.seq : -1
    const isNew = this.#count(answer, seq, micros, place)
    if (isNew && this.isCaughtUp) this.lanes.takeBody(answer, measured.characters, micros, line, bodyFrom, bodyTo)
    const watcher = this.#watcherOf(answer.document)
    if (watcher === undefined) return
    const text = textOfBody(line, bodyFrom, bodyTo)
    watcher.hear({ answer, seq, micros, text, end: undefined, supersedes: undefined })
  }

  #takeDecoded(line: Buffer, place: number) {
    const record = decode(line)
    if (record === undefined || isMalformed(record)) return
    const uri = Buffer.from(record.destination_uri)
    const id = record.response_id === undefined ? nothing : Buffer.from(record.response_id)
    const agent = () => record.agent_id ?? ''
    const answer = this.catalog.find(uri, 0, uri.length, id, 0, id.length, agent)
    const seq = id.length > 0 ? (record.seq ?? -1) : -1
    const micros = record.event_time === undefined ? Number.NaN : microsOf(record.event_time)
    const end = seq < 0 ? undefined : record.end
    measureText(record.chunk)
    const isNew = this.#count(answer, seq, micros, place)
    if (isNew) this.#takeSaid(answer, record, seq, micros, end)
    const { chunk: text, supersedes } = record
    this.#watcherOf(answer.document)?.hear({ answer, seq, micros, text, end, supersedes })
  }

  /** What plain records never say. */
  #takeSaid(answer: Answer, record: Chunk, seq: number, micros: number, end: End | undefined) {
    const requested = record.source?.requested_at
    if (requested !== undefined) answer.requested = microsOf(requested)
    if (record.supersedes !== undefined && seq <= 0) answer.supersedes = record.supersedes
    if (end !== undefined && answer.ended === undefined) {
      answer.ended = end.reason
      answer.endSeq = seq
      answer.endChunks = end.chunks
    }
    if (this.isCaughtUp) this.lanes.takeText(answer, measured.characters, micros, record.chunk)
  }

  #watcherOf(document: Document): Watcher | undefined {
    if (this.#watchers.size === 0) return undefined
    const watcher = this.#watchers.get(document.uri)
    if (watcher !== undefined) this.#told.add(watcher)
    return watcher
  }

  /** False if the record is a repeat. */
  #count(answer: Answer, seq: number, micros: number, place: number): boolean {
    const { document } = answer
    this.catalog.note(document, place)
    if (seq >= 0 && !answer.seen.add(seq)) return false
    if (seq >= 0) answer.numbered++
    else answer.unnumbered++
    answer.bytes += measured.bytes
    answer.characters += measured.characters
    answer.arrivedMs = this.#batchMs
    if (Number.isNaN(micros)) return true
    if (!(micros >= answer.first)) answer.first = micros
    if (!(micros <= answer.last)) answer.last = micros
    if (!(micros <= document.last)) document.last = micros
    if (measured.bytes > 0 && Number.isNaN(answer.firstText)) answer.firstText = micros
    return true
  }
}
