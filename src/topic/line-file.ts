import type { FileHandle } from 'node:fs/promises'
import { lineBytesMax } from '../chunk/chunk.ts'
import { recordIn } from '../chunk/codec.ts'
import { errnoOf, StreamError } from '../std/error.ts'
import { logPartition, openToRead, type Segment, unreadable } from './folder.ts'
import { cutLines } from './lines.ts'
import type { Entry } from './topic.ts'

const blockBytes = 256 * 1024
/** Room for the longest line, its `\r\n`, and the block in which it ends. */
const bufferBytesMax = lineBytesMax + 2 + blockBytes
const lineEnd = 0x0a
const carriageReturn = 0x0d
const brace = 0x7d

/** Bytes that are no record of anybody's, and were not handed out. */
export interface Damage {
  readonly partition: string
  readonly offset: number
  readonly bytes: number
  /**
   * `too-long`: a line longer than `lineBytesMax`. `torn`: a last line without its end, in a file that is not written to
   * any more. `stray`: what follows, on the same line, a record that had no line end when it was read.
   */
  readonly reason: 'too-long' | 'torn' | 'stray'
}

export type OnDamage = (damage: Damage) => void

/** A last line without its line end counts if it is a record: nobody but its line end can be missing. */
export const isRecord = (line: Buffer): boolean => {
  if (line.length > lineBytesMax || line.lastIndexOf(brace) === -1) return false
  return recordIn(line) !== undefined
}

/** A disk that cannot be written to has nothing to be synced. */
const harmless = new Set(['EROFS', 'EINVAL', 'ENOTSUP'])

export const sizeOf = async (handle: FileHandle): Promise<number> => (await handle.stat()).size

/**
 * The size up to which the file survives a power cut. A reader that went beyond it could build on records that a
 * power cut takes back, and on offsets that then mean other bytes. Any process may sync; if all is synced it is cheap.
 */
export const durableSize = async (handle: FileHandle): Promise<number> => {
  const size = await sizeOf(handle)
  await handle.datasync().catch(error => {
    if (!harmless.has(errnoOf(error) ?? '')) throw error
  })
  return size
}

/** Lines of one file from one offset on, in memory that doesn't grow with the file. */
export class LineFile implements AsyncDisposable {
  readonly #partition: string
  readonly #segment: Segment
  readonly #handle: FileHandle
  readonly #onDamage: OnDamage
  #buffer = Buffer.allocUnsafeSlow(blockBytes)
  /** Of the first byte in the buffer. */
  #offset: number
  #from = 0
  #to = 0
  #durable = 0
  #isBehindEnd = false
  /** While the rest of a line is thrown away: where that began, and why. */
  #discarding: Pick<Damage, 'offset' | 'reason'> | undefined

  private constructor(partition: string, segment: Segment, handle: FileHandle, offset: number, onDamage: OnDamage) {
    this.#partition = partition
    this.#segment = segment
    this.#handle = handle
    this.#offset = offset
    this.#onDamage = onDamage
  }

  /** `undefined` if the file is gone. */
  static async open(
    partition: string,
    segment: Segment,
    offset: number,
    onDamage: OnDamage,
  ): Promise<LineFile | undefined> {
    const handle = await openToRead(segment.path)
    if (handle === undefined) return undefined
    const file = new LineFile(partition, segment, handle, offset, onDamage)
    try {
      await file.#expectStart()
    } catch (error) {
      await handle.close()
      throw error
    }
    return file
  }

  /** As it was when the end was last looked for; what was read lies before it. */
  get size(): number {
    return this.#durable
  }

  /** The file ended before the offset at which reading it was to begin. */
  get isBehindEnd(): boolean {
    return this.#isBehindEnd
  }

  /** The whole lines of the next block; none if there are no more for now, or `signal` aborted the search for them. */
  async next(signal?: AbortSignal): Promise<Entry[]> {
    for (;;) {
      const entries = this.#cut()
      if (entries.length > 0 || signal?.aborted) return entries
      if (!(await this.#fill())) return entries
    }
  }

  /** At the end of the file: the last line without its line end, if it is a record. */
  tail(): Entry | undefined {
    const line = this.#rest
    if (this.#discarding !== undefined || !isRecord(line)) return undefined
    const offset = this.#offset + this.#from
    this.#from = this.#to
    this.#discarding = { offset: offset + line.length, reason: 'stray' }
    return { offset, next: offset + line.length, line }
  }

  /** Nothing will follow: what is left over is nobody's record. */
  abandon(): void {
    const left = this.#rest.length
    if (this.#discarding !== undefined) this.#discarded(this.#offset + this.#to)
    else if (left > 0) this.#report({ offset: this.#offset + this.#from, reason: 'torn' }, left)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close()
  }

  get #rest(): Buffer {
    return this.#buffer.subarray(this.#from, this.#to)
  }

  /** Behind a record that had no line end when it was read, only that line end may follow. */
  async #expectStart(): Promise<void> {
    const at = this.#offset - this.#segment.base
    if (at === 0) return
    const { bytesRead, buffer } = await this.#read(Buffer.alloc(2), at - 1)
    this.#isBehindEnd = bytesRead === 0
    if (bytesRead === 0 || buffer[0] === lineEnd) return
    if (bytesRead === 2 && buffer[1] !== lineEnd && buffer[1] !== carriageReturn) throw this.#notAStart()
    this.#discarding = { offset: this.#offset, reason: 'stray' }
  }

  #notAStart() {
    const { path } = this.#segment
    return new StreamError(
      'topic/offset',
      `read "${path}" from offset ${this.#offset}: it lies inside a record; take an offset that was handed out`,
    )
  }

  async #read(buffer: Buffer, at: number) {
    return this.#handle.read(buffer, 0, buffer.length, at).catch(error => {
      throw unreadable(this.#segment.path, error)
    })
  }

  #cut(): Entry[] {
    if (this.#discarding !== undefined && !this.#discard()) return []
    const entries: Entry[] = []
    this.#from += cutLines(this.#rest, this.#offset + this.#from, entries)
    return this.#buffer.length > blockBytes ? entries.filter(entry => this.#isShort(entry)) : entries
  }

  #isShort({ offset, line }: Entry): boolean {
    const short = line.length <= lineBytesMax || (line.length === lineBytesMax + 1 && line.at(-1) === carriageReturn)
    if (!short) this.#report({ offset, reason: 'too-long' }, line.length)
    return short
  }

  /** Throws away up to the line's end; false if that is yet to come. */
  #discard(): boolean {
    const found = this.#rest.indexOf(lineEnd)
    this.#from = found === -1 ? this.#to : this.#from + found + 1
    if (found === -1) return false
    this.#discarded(this.#offset + this.#from - 1)
    return true
  }

  #discarded(to: number) {
    const { offset, reason } = this.#discarding!
    const isLineEnd = reason === 'stray' && to - offset <= 1
    if (!isLineEnd) this.#report({ offset, reason }, to - offset)
    this.#discarding = undefined
  }

  #report({ offset, reason }: Pick<Damage, 'offset' | 'reason'>, bytes: number) {
    this.#onDamage({ partition: this.#partition, offset, bytes, reason })
  }

  /** Reads on behind what is left over; false at the end of the file. */
  async #fill(): Promise<boolean> {
    this.#makeRoom()
    const at = this.#offset + this.#to - this.#segment.base
    if (at >= this.#durable) this.#durable = await this.#durableSize()
    const room = this.#buffer.subarray(this.#to, this.#to + Math.max(0, this.#durable - at))
    if (room.length === 0) return false
    const { bytesRead } = await this.#read(room, at)
    this.#to += bytesRead
    return bytesRead > 0
  }

  #makeRoom() {
    const left = this.#rest
    const isFull = left.length === this.#buffer.length
    if (isFull && left.length >= bufferBytesMax) this.#giveUpLine()
    else if (isFull) this.#grow()
    else this.#buffer.copyWithin(0, this.#from, this.#to)
    this.#offset += this.#from
    this.#to -= this.#from
    this.#from = 0
  }

  #giveUpLine() {
    this.#discarding = { offset: this.#offset + this.#from, reason: 'too-long' }
    this.#from = this.#to
  }

  #grow() {
    const larger = Buffer.allocUnsafeSlow(Math.min(bufferBytesMax, this.#buffer.length * 2))
    this.#rest.copy(larger)
    this.#buffer = larger
  }

  async #durableSize(): Promise<number> {
    return (this.#partition === logPartition ? durableSize(this.#handle) : sizeOf(this.#handle)).catch(error => {
      throw unreadable(this.#segment.path, error)
    })
  }
}
