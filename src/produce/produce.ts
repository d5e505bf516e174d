import { randomBytes } from 'node:crypto'
import type { Source } from '../source/source.ts'
import { compareUtf8 } from '../std/bytes.ts'
import { type Clock, systemClock } from '../std/clock.ts'
import { isTee, type TeeWriter } from '../topic/tee.ts'
import type { Topic, TopicWriter } from '../topic/topic.ts'
import { type CaptureContext, capture, type Delivery, type Plan } from './capture.ts'
import { type Random, seededRandom, systemRandom } from './chance.ts'
import { Desk, type Progress } from './desk.ts'
import type { HintOptions } from './hint.ts'
import { level } from './level.ts'
import { type RetryLimits, retryLimits } from './retry.ts'
import { type Holdings, holdingsOf } from './scan.ts'
import { Taken } from './taken.ts'

export type { Delivery, DeliveryState } from './capture.ts'
export type { Progress } from './desk.ts'

/** Streams that are read at the same time; further texts wait for their turn. */
export const streamsMax = 64

/** Reasons of a closing record that mean: this is all there is. */
const whole = new Set(['stop', 'length'])

export interface ProduceOptions {
  /** Makes the names of agents and documents the same for the same texts and the same topic. */
  readonly seed?: string
  /** Captures every text anew, into new documents. */
  readonly again?: boolean
  readonly streams?: number
  /** Where what is known of the topic is kept from run to run, so that the next one need not read all of it. */
  readonly hints?: HintOptions
  /** Ends the run early: what was read is made durable, answers stay open, and the next run goes on. */
  readonly signal?: AbortSignal
  readonly clock?: Clock
  readonly random?: Random
  readonly retry?: RetryLimits
  /** Kept up to date while the run goes on. */
  readonly progress?: Progress
}

export const newProgress = (): Progress => ({ texts: 0, textsDone: 0, chunks: 0, bytes: 0 })

const plansOf = function* (files: readonly string[], holdings: Holdings, again: boolean, desk: Desk): Generator<Plan> {
  for (const file of files) {
    const { open, ended } = again ? { open: [], ended: undefined } : holdings.of(file)
    for (const answer of open) yield { is: 'continue', file, open: answer }
    if (open.length > 0) continue
    if (ended !== undefined) yield { is: whole.has(ended.reason) ? 'check' : 'replace', file, ended }
    else yield { is: 'new', file, agent_id: desk.agent(), destination_uri: desk.uri() }
  }
}

/** Takes plans in turn; names are drawn as a text gets its turn, in the order of the list. */
const work = async (plans: Iterator<Plan>, context: CaptureContext, deliveries: Delivery[]): Promise<void> => {
  for (let next = plans.next(); next.done !== true; next = plans.next()) {
    deliveries.push(await capture(next.value, context))
    context.progress.textsDone++
  }
}

const deliver = async (
  source: Source,
  topic: Topic,
  writer: TopicWriter,
  files: readonly string[],
  options: ProduceOptions,
): Promise<Delivery[]> => {
  const { clock = systemClock, random = systemRandom, retry = retryLimits, progress = newProgress(), hints } = options
  const taken = new Taken()
  const of = { url: source.url, files: new Set(files), taken, ...(options.signal && { signal: options.signal }) }
  const apart = isTee(topic) ? await level(topic, writer as TeeWriter, of) : undefined
  const holdings = await holdingsOf(topic, { ...of, ...(apart && { apart }), ...(hints && { hints }) })
  // What was left unread may hold any of the texts.
  if (options.signal?.aborted) return []
  const names = seededRandom(options.seed ?? randomBytes(16).toString('hex'))
  const desk = new Desk(writer, { clock, random, names, taken: holdings.taken, signal: options.signal })
  const context = { source, desk, retry, progress, isAway: false }
  const plans = plansOf(files, holdings, options.again ?? false, desk)
  const deliveries: Delivery[] = []
  progress.texts = files.length
  const workers = Array.from({ length: options.streams ?? streamsMax }, () => work(plans, context, deliveries))
  const results = await Promise.allSettled(workers)
  await desk.durable()
  for (const result of results) if (result.status === 'rejected') throw result.reason
  return deliveries
}

/** A source that is slow to answer must not hold up who wants to stop. */
const filesOf = (source: Source, { signal }: ProduceOptions) =>
  source.list(signal === undefined ? {} : { signal }).catch(thrown => {
    if (signal?.aborted) return []
    throw thrown
  })

/**
 * Captures all texts of a source into a topic, all at once, each into a document of its own, and resolves when all of
 * it is durable. What the topic holds of them already is not captured again: open answers go on where they end, those
 * that ended are left alone unless the text is another one now.
 *
 * Resolves with one delivery for each text, in the order of their names, also for texts that failed; with none if `signal`
 * aborted before the first one began. Rejects with
 * `source/unreachable` if the source cannot be asked for its texts, with `topic/locked` if another one writes, and with
 * the topic's error as soon as an append fails.
 */
export const produce = async (source: Source, topic: Topic, options: ProduceOptions = {}): Promise<Delivery[]> => {
  const files = await filesOf(source, options)
  if (options.signal?.aborted) return []
  const writer = await topic.writer()
  const deliveries = await deliver(source, topic, writer, files, options).catch(async thrown => {
    await writer[Symbol.asyncDispose]().catch(() => {})
    throw thrown
  })
  await writer[Symbol.asyncDispose]()
  return deliveries.sort(byFile)
}

const byFile = (a: Delivery, b: Delivery) => compareUtf8(a.file, b.file)
