import { randomBytes } from 'node:crypto'
import { type Clock, systemClock } from '../std/clock.ts'
import { reasonOf, StreamError } from '../std/error.ts'
import { isTee } from '../topic/tee.ts'
import type { Topic, TopicWriter } from '../topic/topic.ts'
import { type Random, seededRandom, systemRandom } from './chance.ts'
import { Desk, type Progress } from './desk.ts'
import type { HintOptions } from './hint.ts'
import * as metrics from './metrics.ts'
import { Recording } from './recording.ts'
import { Records, type SetAside } from './records.ts'
import { holdingsOf } from './scan.ts'
import { Taken } from './taken.ts'
import { TextDigest } from './text-digest.ts'
import { Utf8Input } from './utf8-input.ts'

export type { SetAside } from './records.ts'

/** So much of an input that may be NDJSON is waited for before it counts as text. */
export const detectBytesMax = 64 * 1024

export type InputFormat = 'text' | 'ndjson'

export interface PourOptions {
  /** Without it, the first line tells: NDJSON if it is a JSON object with a `destination_uri` or a `chunk`. */
  readonly format?: InputFormat
  readonly agent?: string
  readonly uri?: string
  readonly seed?: string
  /** Where the names that the topic has are kept from run to run. */
  readonly hints?: HintOptions
  /** Ends the input early: what was read is made durable, and its answer ends with reason `cancel`. */
  readonly signal?: AbortSignal
  readonly setAside: (line: SetAside) => void
  /** A byte of a text that is not UTF-8; the text goes on with U+FFFD in its place, for it cannot be asked for again. */
  readonly onFault: (offset: number, byte: number) => void
  readonly clock?: Clock
  readonly random?: Random
  readonly progress?: Progress
}

/** What became of an input. */
export interface Poured {
  readonly format: InputFormat
  /** Of a text, or of those records that had none. */
  readonly agent_id?: string
  readonly destination_uri?: string
  readonly response_id?: string
  /** Chunks of a text, or records. */
  readonly chunks: number
  readonly bytes: number
  readonly malformed: number
  readonly ended: 'stop' | 'cancel'
}

/** The input until `signal` aborts, even if it is silent then. */
async function* readUntil(input: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Buffer> {
  const reader = input[Symbol.asyncIterator]()
  let stop: ((nothing: undefined) => void) | undefined
  signal.addEventListener('abort', () => stop?.(undefined), { once: true })
  while (!signal.aborted) {
    const stopped = new Promise<undefined>(resolve => (stop = resolve))
    const next = reader.next()
    next.catch(() => {})
    const result = await Promise.race([next, stopped])
    if (result === undefined || result.done === true) return
    yield Buffer.from(result.value)
  }
}

const isRecord = (line: string): boolean => {
  try {
    const json: unknown = JSON.parse(line.replace(/^\ufeff/, ''))
    if (typeof json !== 'object' || json === null || Array.isArray(json)) return false
    return Object.hasOwn(json, 'destination_uri') || Object.hasOwn(json, 'chunk')
  } catch {
    return false
  }
}

/** Also as long as only half a byte-order mark is there. */
const mayBeJson = (start: Buffer) => /^\ufeff?\s*(?:\{|\ufffd?$)/.test(start.toString('utf8', 0, 64))

/** Reads no more of the input than it takes to tell. */
const detect = async (blocks: AsyncGenerator<Buffer>): Promise<{ format: InputFormat; start: Buffer }> => {
  let start: Buffer = Buffer.alloc(0)
  for (let next = await blocks.next(); ; next = await blocks.next()) {
    if (next.done !== true) start = Buffer.concat([start, next.value])
    const line = /\S[^\n]*\n/.exec(start.toString())?.[0]
    if (line !== undefined || next.done === true) {
      return { format: isRecord(line ?? start.toString()) ? 'ndjson' : 'text', start }
    }
    if (!mayBeJson(start) || start.length > detectBytesMax) return { format: 'text', start }
  }
}

interface Flow {
  readonly desk: Desk
  readonly blocks: AsyncIterable<Buffer>
  readonly options: PourOptions
  readonly progress: Progress | undefined
}

const asLine = (chunk: string) => Buffer.from(`${JSON.stringify({ chunk })}\n`)

const endOf = ({ options }: Flow) => (options.signal?.aborted === true ? 'cancel' : 'stop')

/** Feeds `take` block by block; whatever stops the input, `close` is told how it ended. */
const drain = async (flow: Flow, take: (block: Buffer) => void, close: (reason: string) => void): Promise<void> => {
  try {
    for await (const block of flow.blocks) {
      await flow.desk.ready()
      take(block)
      metrics.bytes.add(block.length)
      if (flow.progress !== undefined) flow.progress.bytes += block.length
    }
  } catch (thrown) {
    flow.desk.check()
    close('error')
    await flow.desk.durable()
    throw new StreamError('produce/input', `read standard input: ${reasonOf(thrown)}`, { cause: thrown })
  }
  close(endOf(flow))
  await flow.desk.durable()
}

const pourText = async (flow: Flow): Promise<Poured> => {
  const { desk, options } = flow
  const answer = {
    response_id: desk.responseId(),
    agent_id: options.agent ?? desk.agent(),
    destination_uri: options.uri ?? desk.uri(),
  }
  const emit = (lines: Buffer) => desk.append(answer.destination_uri, lines)
  const recording = new Recording(answer, { seq: 0, digest: new TextDigest() }, emit)
  const input = new Utf8Input(options.onFault)
  const take = (text: string) => {
    if (text === '') return
    recording.push(asLine(text), desk.now())
    metrics.chunks.add()
  }
  let chunks = 0
  const close = (reason: string) => {
    take(input.end())
    chunks = recording.seq
    recording.close(reason, desk.now())
  }
  await drain(flow, block => take(input.push(block)), close)
  return { format: 'text', ...answer, chunks, bytes: recording.text.bytes, malformed: 0, ended: endOf(flow) }
}

/** Drawn once, and only if a record asks. */
const lazily = (draw: () => string) => {
  let drawn: string | undefined
  const get = () => {
    drawn ??= draw()
    return drawn
  }
  return { get, drawn: () => drawn }
}

const pourRecords = async (flow: Flow): Promise<Poured> => {
  const { desk, options } = flow
  const agent = lazily(() => options.agent ?? desk.agent())
  const uri = lazily(() => options.uri ?? desk.uri())
  const records = new Records(desk, { agent: agent.get, uri: uri.get, setAside: options.setAside })
  let bytes = 0
  const take = (block: Buffer) => {
    bytes += block.length
    const before = records.records
    records.push(block)
    metrics.chunks.add(records.records - before)
  }
  await drain(flow, take, reason => records.finish(reason))
  const [agent_id, destination_uri] = [agent.drawn(), uri.drawn()]
  return {
    format: 'ndjson',
    ...(agent_id !== undefined && { agent_id }),
    ...(destination_uri !== undefined && { destination_uri }),
    chunks: records.records,
    bytes,
    malformed: records.malformed,
    ended: endOf(flow),
  }
}

async function* chain(start: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  if (start.length > 0) yield start
  yield* rest
}

/** The names of all documents there are. */
const takenIn = async (topic: Topic, { signal, hints }: PourOptions): Promise<Taken> => {
  const taken = new Taken()
  const of = { url: '', files: new Set<string>(), taken, ...(signal && { signal }), ...(hints && { hints }) }
  for (const place of isTee(topic) ? topic.places : [topic]) await holdingsOf(place, of)
  return taken
}

const flowInto = async (
  writer: TopicWriter,
  topic: Topic,
  input: AsyncIterable<Uint8Array>,
  options: PourOptions,
): Promise<Poured> => {
  const { clock = systemClock, random = systemRandom, signal, progress } = options
  const taken = options.uri === undefined ? await takenIn(topic, options) : new Taken()
  const names = seededRandom(options.seed ?? randomBytes(16).toString('hex'))
  const desk = new Desk(writer, { clock, random, names, taken, signal })
  const blocks = readUntil(input, desk.signal)
  const { format, start } =
    options.format === undefined ? await detect(blocks) : { format: options.format, start: Buffer.alloc(0) }
  const flow = { desk, blocks: chain(start, blocks), options, progress }
  return format === 'text' ? await pourText(flow) : await pourRecords(flow)
}

/**
 * Captures what one program writes: a text, each read of it a chunk, or records. What came in is appended at once.
 * Resolves when the input is at its end, or `signal` aborted, and all of it is durable. Rejects with the topic's error
 * as soon as an append fails, and with `produce/input` if the input cannot be read; its answer has ended with `error`
 * then.
 */
export const pour = async (input: AsyncIterable<Uint8Array>, topic: Topic, options: PourOptions): Promise<Poured> => {
  const writer = await topic.writer()
  try {
    return await flowInto(writer, topic, input, options)
  } finally {
    await writer[Symbol.asyncDispose]().catch(() => {})
  }
}
