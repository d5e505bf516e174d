import { stat } from 'node:fs/promises'
import { StreamError } from '../std/error.ts'
import { logPartition, type Partition, type Segment } from './folder.ts'
import { LineFile, type OnDamage } from './line-file.ts'
import type { Entry } from './topic.ts'

/** How soon an old file that had no more lines is looked at again: there may be thousands, and they rarely grow. */
const restMs = 1000

const sizeAt = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  )

const linesOf = async (file: LineFile, signal: AbortSignal | undefined): Promise<Entry[]> => {
  const entries = await file.next(signal)
  if (entries.length > 0 || signal?.aborted) return entries
  const tail = file.tail()
  return tail === undefined ? [] : [tail]
}

/** Records of one partition from one offset on, over all its segments. */
export class PartitionReader implements AsyncDisposable {
  readonly #onDamage: OnDamage
  readonly #until: number
  #partition: Partition
  #offset: number
  #segment: Segment | undefined
  #file: LineFile | undefined
  #rest: { readonly at: number; readonly size: number } | undefined

  constructor(partition: Partition, from: number, until: number, onDamage: OnDamage) {
    this.#partition = partition
    this.#offset = from
    this.#until = until
    this.#onDamage = onDamage
  }

  /** What the folder holds by now. A segment that has one behind it is not written to any more. */
  learn(partition: Partition): void {
    this.#partition = partition
  }

  /** The next records; none if there are no more for now, or none before `until`. */
  async next(signal?: AbortSignal): Promise<Entry[]> {
    if (this.#rest !== undefined && !(await this.#isRested(this.#rest))) return []
    while (this.#offset < this.#until) {
      this.#file ??= await this.#open()
      const entries = this.#file === undefined ? [] : await linesOf(this.#file, signal)
      if (entries.length > 0) return this.#give(entries)
      if (signal?.aborted || !(await this.#leave())) return this.#pause()
    }
    return this.#pause()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.[Symbol.asyncDispose]()
  }

  /** Whoever waits at the end of an old file keeps neither a descriptor nor a buffer. */
  async #pause(): Promise<Entry[]> {
    if (this.#partition.name === logPartition) return []
    this.#rest = { at: performance.now(), size: this.#file?.size ?? 0 }
    await this[Symbol.asyncDispose]()
    return []
  }

  async #isRested({ at, size }: { readonly at: number; readonly size: number }): Promise<boolean> {
    if (performance.now() - at < restMs) return false
    const grown = (await sizeAt(this.#partition.segments[0].path)) !== size
    this.#rest = grown ? undefined : { at: performance.now(), size }
    return grown
  }

  #give(entries: Entry[]): Entry[] {
    const { next } = entries.at(-1)!
    this.#checkOverlap(next)
    this.#offset = Math.min(next, this.#until)
    return next <= this.#until ? entries : entries.filter(entry => entry.next <= this.#until)
  }

  /** The segment that holds the offset, or the first one kept. */
  async #open(): Promise<LineFile | undefined> {
    const { name, segments } = this.#partition
    const segment = segments.findLast(({ base }) => base <= this.#offset) ?? segments[0]
    this.#segment = segment
    this.#offset = Math.max(this.#offset, segment.base)
    const file = await LineFile.open(name, segment, this.#offset, this.#onDamage)
    if (!file?.isBehindEnd || this.#behind !== undefined) return file
    await file[Symbol.asyncDispose]()
    throw this.#refusal(`offset ${this.#offset} lies behind its end; is it the log that the offset came from?`)
  }

  get #behind(): Segment | undefined {
    return this.#partition.segments.find(({ base }) => base > this.#segment!.base)
  }

  /** Goes on to the segment behind this one; false if there is none. */
  async #leave(): Promise<boolean> {
    const behind = this.#behind
    if (behind === undefined) return false
    this.#file?.abandon()
    await this[Symbol.asyncDispose]()
    this.#offset = behind.base
    return true
  }

  #checkOverlap(next: number) {
    const behind = this.#behind
    if (behind === undefined || behind.base >= next) return
    throw this.#refusal(`"${behind.path}" overlaps it; take the one away that is no part of this log`)
  }

  #refusal(why: string): StreamError {
    return new StreamError('topic/offset', `read "${this.#segment!.path}": ${why}`)
  }
}
