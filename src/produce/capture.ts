import type { Source, TextStream } from '../source/source.ts'
import { reasonOf } from '../std/error.ts'
import type { Desk, Progress } from './desk.ts'
import type { Answer } from './line-writer.ts'
import * as metrics from './metrics.ts'
import { Recording } from './recording.ts'
import { codeOf, isPassing, pause, type RetryLimits } from './retry.ts'
import type { EndedAnswer, OpenAnswer } from './scan.ts'
import { TextDigest } from './text-digest.ts'

/** How often a text may change under one run before it is given up. */
const changesMax = 5

/** What is to be done about one text. */
export type Plan =
  | { readonly is: 'new'; readonly file: string; readonly agent_id: string; readonly destination_uri: string }
  | { readonly is: 'continue'; readonly file: string; readonly open: OpenAnswer }
  | { readonly is: 'replace'; readonly file: string; readonly ended: EndedAnswer }
  | { readonly is: 'check'; readonly file: string; readonly ended: EndedAnswer }

/**
 * - `captured`: from its first chunk to its end, in this run
 * - `continued`: the answer was open, and now has its end
 * - `recaptured`: what was there could not be continued, or the text is another one now; a new answer supersedes it
 * - `already captured`: nothing was to be done
 * - `interrupted`: the run was ended early; the next one goes on
 * - `failed`: `why` says it; the next run tries again
 */
export type DeliveryState = 'captured' | 'continued' | 'recaptured' | 'already captured' | 'interrupted' | 'failed'

/** What became of one text. */
export interface Delivery {
  readonly file: string
  readonly state: DeliveryState
  readonly agent_id: string
  readonly destination_uri: string
  /** Absent if no record was written. */
  readonly response_id?: string
  /** Of the answer, whichever run captured them. */
  readonly chunks: number
  readonly bytes: number
  readonly why?: string
  readonly code?: string
}

export interface CaptureContext {
  readonly source: Source
  readonly desk: Desk
  readonly retry: RetryLimits
  readonly progress: Progress
  /** True while the source is thought to be away: then a text gets one try only, until one succeeds. */
  isAway: boolean
}

/** The text is another one than the answer began with; a text that ends too early is that too. */
const isChange = (thrown: unknown) => ['source/changed', 'source/range'].includes(codeOf(thrown) ?? '')

/** One text on its way, over retries and changes. */
class Capture {
  readonly #plan: Plan
  readonly #context: CaptureContext
  readonly #names: Pick<Answer, 'agent_id' | 'destination_uri'>
  #recording: Recording | undefined
  #supersedes: string | undefined
  #state: DeliveryState

  constructor(plan: Plan, context: CaptureContext) {
    this.#plan = plan
    this.#context = context
    this.#names = plan.is === 'new' ? plan : plan.is === 'continue' ? plan.open.answer : plan.ended.answer
    this.#state = plan.is === 'new' ? 'captured' : plan.is === 'continue' ? 'continued' : 'recaptured'
    if (plan.is === 'continue') this.#goOn(plan.open)
    if (plan.is === 'replace') this.#supersedes = plan.ended.answer.response_id
  }

  #goOn({ answer, seq, digest, whole }: OpenAnswer) {
    this.#recording = this.#record(answer, seq, digest)
    if (!whole) this.#replace()
  }

  get seq(): number {
    return this.#recording?.seq ?? 0
  }

  /** Everything until the text is durable to its end; throws what trying again cannot mend. */
  async run(): Promise<DeliveryState> {
    if (this.#plan.is === 'check' && (await this.#isStillThere(this.#plan.ended))) return 'already captured'
    const { desk, retry } = this.#context
    let changes = 0
    let retries = 0
    while (!desk.signal.aborted) {
      const before = this.seq
      try {
        await this.#stream()
        return this.#state
      } catch (thrown) {
        desk.check()
        if (desk.signal.aborted) break
        if (this.seq !== before) retries = 0
        if (isChange(thrown) && changes++ < changesMax) this.#replace()
        else if (isPassing(thrown) && !this.#isGivenUp(retries)) {
          metrics.retries.add()
          await pause(retry, retries++, desk.random, desk.signal)
        } else throw thrown
      }
    }
    return 'interrupted'
  }

  #isGivenUp(retries: number) {
    const { isAway, retry } = this.#context
    return retries >= (isAway ? 0 : retry.retriesMax)
  }

  /** Asks for what lies behind the last chunk. A source that cannot tell, or not now, is believed. */
  async #isStillThere({ answer, chunks }: EndedAnswer): Promise<boolean> {
    const { source, desk } = this.#context
    const ifMatch = answer.source?.etag
    if (ifMatch === undefined) return true
    try {
      const stream = await source.open(this.#plan.file, { from: chunks, ifMatch, signal: desk.signal })
      for await (const _ of stream.blocks) break
      return true
    } catch (thrown) {
      if (codeOf(thrown) !== 'source/changed') return true
      this.#supersedes = answer.response_id
      return false
    }
  }

  async #stream(): Promise<void> {
    const { source, desk } = this.#context
    const { signal } = desk
    const ifMatch = this.#recording?.answer.source?.etag
    const from = ifMatch === undefined ? 0 : this.seq
    using watched = new metrics.WatchedStream()
    const requestedAt = desk.now()
    const stream = await source.open(this.#plan.file, { from, signal, ...(ifMatch !== undefined && { ifMatch }) })
    this.#context.isAway = false
    this.#recording ??= this.#record(this.#answerOf(stream, requestedAt), 0, new TextDigest())
    const recording = this.#recording
    recording.begin(stream.from)
    for await (const block of stream.blocks) {
      watched.came()
      await desk.ready()
      this.#push(recording, block)
      signal.throwIfAborted()
    }
    signal.throwIfAborted()
    recording.finish(desk.now())
    recording.close('stop', desk.now())
    await desk.durable()
  }

  #push(recording: Recording, block: Uint8Array) {
    const { progress, desk } = this.#context
    const before = recording.seq
    recording.push(block, desk.now())
    const chunks = recording.seq - before
    progress.chunks += chunks
    progress.bytes += block.length
    metrics.chunks.add(chunks)
    metrics.bytes.add(block.length)
  }

  /** The answer cannot go on: it is closed, if any of it was written, and the next one supersedes it. */
  #replace() {
    const recording = this.#recording
    this.#recording = undefined
    if (recording === undefined || recording.seq === 0) return
    recording.close('error', this.#context.desk.now())
    this.#supersedes = recording.answer.response_id
    this.#state = 'recaptured'
  }

  #answerOf({ etag, chunkSize }: TextStream, requestedAt: string): Answer {
    const { agent_id, destination_uri } = this.#names
    const { source, desk } = this.#context
    const ref = {
      url: source.url,
      file: this.#plan.file,
      ...(etag !== undefined && { etag }),
      ...(chunkSize !== undefined && { chunk_size: chunkSize }),
      requested_at: requestedAt,
    }
    const answer = { response_id: desk.responseId(), agent_id, destination_uri, source: ref }
    return this.#supersedes === undefined ? answer : { ...answer, supersedes: this.#supersedes }
  }

  #record(answer: Answer, seq: number, digest: TextDigest) {
    const { desk } = this.#context
    return new Recording(answer, { seq, digest }, lines => desk.append(answer.destination_uri, lines))
  }

  delivery(state: DeliveryState, failure?: unknown): Delivery {
    const { agent_id, destination_uri } = this.#names
    const ended = state === 'already captured' && this.#plan.is === 'check' ? this.#plan.ended : undefined
    const response_id = ended?.answer.response_id ?? (this.seq > 0 ? this.#recording?.answer.response_id : undefined)
    return {
      file: this.#plan.file,
      state,
      agent_id,
      destination_uri,
      ...(response_id !== undefined && { response_id }),
      chunks: ended?.chunks ?? this.#chunks(state),
      bytes: ended?.bytes ?? this.#recording?.text.bytes ?? 0,
      ...(failure !== undefined && { why: this.#why(failure), code: codeOf(failure) ?? 'produce/failed' }),
    }
  }

  /** The closing record has a number, but is no chunk. */
  #chunks(state: DeliveryState) {
    const isClosed = state !== 'interrupted' && state !== 'failed'
    return Math.max(0, this.seq - (isClosed ? 1 : 0))
  }

  #why(failure: unknown) {
    return `"${this.#plan.file}" of ${this.#context.source.url}: ${reasonOf(failure)}`
  }
}

/** Captures one text. Resolves also if that fails; rejects only if the topic failed. */
export const capture = async (plan: Plan, context: CaptureContext): Promise<Delivery> => {
  const delivery = await deliveryOf(plan, context)
  metrics.countText(delivery.state)
  return delivery
}

const deliveryOf = async (plan: Plan, context: CaptureContext): Promise<Delivery> => {
  const one = new Capture(plan, context)
  try {
    return one.delivery(await one.run())
  } catch (thrown) {
    context.desk.check()
    if (codeOf(thrown) === 'source/unreachable') context.isAway = true
    return one.delivery('failed', thrown)
  }
}
