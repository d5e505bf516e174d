import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder, syncFolder } from '../std/durable.ts'
import { errnoOf, reasonOf, StreamError } from '../std/error.ts'
import { lock } from '../std/lock.ts'
import { logPartition, packedIn, partitionsIn, type Segment as SegmentFile } from './folder.ts'
import { blockPool, Gathered } from './gather.ts'
import { InFlight, Linger, type Pool } from './group-commit.ts'
import { faultInLines } from './lines.ts'
import { batchesOf, watchInFlight, watchLog } from './metrics.ts'
import { Segment } from './segment.ts'
import type { TopicWriter } from './topic.ts'

/** Appended but not yet durable; `ready()` waits while there is more. Callers that wait may overshoot by one append each. */
export const inFlightBytesMax = 8 * 1024 * 1024
/** A segment that would grow beyond this is closed before; only a single batch may be larger. */
export const segmentBytesMax = 1024 * 1024 * 1024
/** Under load, batches follow each other no faster than this, so that small appends share a sync. */
export const lingerMs = 1
/** A batch of this size lingers no longer. */
export const lingerBytesMax = 64 * 1024

export interface WriterOptions {
  readonly inFlightBytesMax?: number
  readonly segmentBytesMax?: number
  readonly lingerMs?: number
  readonly lingerBytesMax?: number
}

type Limits = Required<WriterOptions>

const batches = batchesOf('file')

const advice: Readonly<Record<string, string>> = {
  ENOSPC: 'free some space, then start again',
  EMFILE: 'allow more open files (ulimit -n), then start again',
  EIO: 'check the disk (dmesg says more), then start again',
}

const appendError = (path: string, offset: number, cause: unknown) => {
  const todo = advice[errnoOf(cause) ?? ''] ?? 'see to that, then start again'
  const isRemoved = cause instanceof StreamError && cause.code === 'topic/removed'
  const before = isRemoved ? 'what it held is gone with it' : 'all before is durable'
  const message = `append to "${path}" at offset ${offset}: ${reasonOf(cause)}; nothing from there on is acknowledged, ${before}; ${todo}`
  return new StreamError('topic/append', message, { cause })
}

const closedError = (dir: string) =>
  new StreamError('topic/append', `append to "${dir}": its writer was closed; ask the topic for a new one`)

/** Group commit: one write and one sync for all that was appended while the last ones were under way. */
class FileWriter implements TopicWriter {
  readonly #dir: string
  readonly #lock: AsyncDisposable
  readonly #limits: Limits
  readonly #pool: Pool<Buffer>
  readonly #inFlight: InFlight
  readonly #linger: Linger
  readonly #watched = new DisposableStack()
  #base: number
  #segment: Segment | undefined
  #gathered: Gathered
  #committing: Promise<void> | undefined
  #refusal: StreamError | undefined

  constructor(dir: string, base: number, held: AsyncDisposable, limits: Limits) {
    this.#dir = dir
    this.#base = base
    this.#lock = held
    this.#limits = limits
    this.#pool = blockPool(limits.inFlightBytesMax)
    this.#inFlight = new InFlight(limits.inFlightBytesMax)
    this.#linger = new Linger(limits.lingerMs, () => this.#gathered.bytes >= limits.lingerBytesMax)
    this.#gathered = new Gathered(this.#pool)
    this.#watched.use(watchInFlight('file', () => this.#inFlight.bytes))
    this.#watched.use(watchLog(dir, () => this.#segment?.end ?? this.#base))
  }

  append(_destinationUri: string, lines: Uint8Array): Promise<void> {
    const refusal = this.#refusal ?? faultInLines(lines)
    if (refusal !== undefined) return Promise.reject(refusal)
    const gathered = this.#gathered
    gathered.add(lines)
    this.#inFlight.add(lines.length)
    this.#committing ??= this.#commitAll()
    this.#linger.appended()
    return gathered.durable
  }

  ready(): Promise<void> {
    return this.#inFlight.ready(() => this.#refusal !== undefined)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#refusal ??= closedError(this.#dir)
    await this.#committing
    this.#watched[Symbol.dispose]()
    await this.#segment?.[Symbol.asyncDispose]()
    await this.#lock[Symbol.asyncDispose]()
  }

  async #commitAll(): Promise<void> {
    while (this.#gathered.appends > 0) {
      await this.#linger.turn()
      const batch = this.#gathered
      this.#gathered = new Gathered(this.#pool)
      await this.#commit(batch)
    }
    this.#committing = undefined
  }

  async #commit(batch: Gathered): Promise<void> {
    this.#linger.begin(batch.appends)
    try {
      if (batch.bytes > 0) await (await this.#segmentFor(batch.bytes)).append(batch.blocks, batch.bytes)
      this.#inFlight.remove(batch.bytes)
      batches.durable(batch)
      batch.resolve()
    } catch (error) {
      await this.#fail(batch, error)
    }
    this.#inFlight.wake()
  }

  /** A segment is only left when all in it is durable, so that a sync of the newest one covers the log. */
  async #segmentFor(bytes: number): Promise<Segment> {
    const current = this.#segment
    if (current !== undefined && current.bytes + bytes <= this.#limits.segmentBytesMax) return current
    if (current !== undefined) this.#base = current.end
    this.#segment = undefined
    await current?.[Symbol.asyncDispose]()
    this.#segment = await Segment.create(this.#dir, this.#base)
    return this.#segment
  }

  async #fail(batch: Gathered, cause: unknown): Promise<void> {
    const { path, end } = this.#segment ?? { path: this.#dir, end: this.#base }
    this.#refusal = appendError(path, end, cause)
    batches.failed()
    await this.#segment?.cutBack()
    for (const rejected of [batch, this.#gathered]) rejected.reject(this.#refusal)
    this.#gathered = new Gathered(this.#pool)
  }
}

const unwritable = (dir: string, cause: unknown): StreamError => {
  const code = cause instanceof StreamError ? cause.code : undefined
  if (code === 'lock/held')
    return new StreamError('topic/locked', `log "${dir}" has a writer: ${reasonOf(cause)}`, { cause })
  if (code?.startsWith('topic/')) return cause as StreamError
  const what = ['EEXIST', 'ENOTDIR'].includes(errnoOf(cause) ?? '') ? 'it is, or lies below, a file' : reasonOf(cause)
  const message = `log "${dir}" cannot be written to: ${what}; give a folder on a disk that you may write to`
  return new StreamError('topic/unwritable', message, { cause })
}

/** The older of them may be pruned just now: then there is nothing of it to be made durable. */
const syncIfThere = (segment: SegmentFile) =>
  syncFound(segment).catch(error => {
    if (errnoOf(error) !== 'ENOENT') throw error
  })

const syncFound = async ({ path }: SegmentFile): Promise<number> => {
  await using handle = await open(path)
  await handle.sync()
  return (await handle.stat()).size
}

/** Behind every offset that was ever handed out. An empty last segment reserves the offsets before it, and keeps its name. */
const nextBase = async (segments: readonly SegmentFile[]): Promise<number> => {
  const last = segments.at(-1)
  if (last === undefined) return 0
  const before = segments.at(-2)
  if (before !== undefined) await syncIfThere(before)
  return last.base + Math.max(1, await syncFound(last))
}

const refusePacked = async (dir: string): Promise<void> => {
  const [first] = await packedIn(dir)
  if (first === undefined) return
  const why = 'it cannot be read there, so what it holds would be captured again'
  throw new StreamError(
    'topic/unwritable',
    `log "${dir}" holds the packed segment "${first}": ${why}; unpack it, or write to another folder`,
  )
}

/**
 * What was found is made durable before anybody builds on it: a predecessor that was killed may have left bytes that
 * were never synced. Only the last segment can hold any, or the last but one if a failed append was cut back.
 */
const takeOver = async (dir: string): Promise<number> => {
  await refusePacked(dir)
  const log = (await partitionsIn(dir)).find(({ name }) => name === logPartition)
  const base = await nextBase(log?.segments ?? [])
  await syncFolder(dir)
  return base
}

export const openWriter = async (dir: string, options: WriterOptions): Promise<TopicWriter> => {
  const limits = { inFlightBytesMax, segmentBytesMax, lingerMs, lingerBytesMax, ...options }
  let held: AsyncDisposable | undefined
  try {
    await makeFolder(dir)
    held = await lock(join(dir, '.lock'))
    return new FileWriter(dir, await takeOver(dir), held, limits)
  } catch (error) {
    await held?.[Symbol.asyncDispose]()
    throw unwritable(dir, error)
  }
}
