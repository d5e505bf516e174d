import { StreamError } from '../std/error.ts'
import { unusualChunk, usual, usualChunk } from './chunk-line.ts'
import { type Answer, LineWriter } from './line-writer.ts'
import { Lines } from './lines.ts'
import { TextDigest } from './text-digest.ts'

const excerptBytes = 60

export interface Start {
  readonly seq: number
  readonly digest: TextDigest
}

const excerpt = (bytes: Buffer, from: number, to: number) =>
  JSON.stringify(bytes.toString('utf8', from, Math.min(to, from + excerptBytes))) +
  (to - from > excerptBytes ? '…' : '')

const sameText = (a: TextDigest, b: TextDigest) => {
  const [one, other] = [a.result(), b.result()]
  return one.bytes === other.bytes && one.sha256 === other.sha256
}

/** One answer on its way into the topic: blocks of NDJSON in, lines of the log out, number and digest kept. */
export class Recording {
  readonly answer: Answer
  readonly #digest: TextDigest
  readonly #writer: LineWriter
  #lines: Lines
  /** Chunks that a source which cannot seek gives again, and what they amount to. */
  #again = 0
  #check: TextDigest | undefined

  constructor(answer: Answer, start: Start, emit: (lines: Buffer) => void) {
    this.answer = answer
    this.#digest = start.digest
    this.#writer = new LineWriter(answer, start.seq, emit)
    this.#lines = new Lines(this.#onLine)
  }

  get seq(): number {
    return this.#writer.seq
  }

  /** As of the last block. */
  get text(): { bytes: number; sha256: string } {
    return this.#digest.result()
  }

  /** A stream begins, at its chunk `from`; an unfinished line of the last one is forgotten. */
  begin(from: number): void {
    this.#lines = new Lines(this.#onLine, 'refuse', from)
    this.#again = this.seq - from
    this.#check = this.#again > 0 ? new TextDigest() : undefined
  }

  /** What came before a fault is recorded, also if this throws. */
  push(block: Uint8Array, eventTime: string): void {
    this.#do(eventTime, () => this.#lines.push(block))
  }

  /** The stream is at its end. */
  finish(eventTime: string): void {
    this.#do(eventTime, () => this.#lines.end())
    if (this.#again > 0) throw this.#changed()
  }

  /** Appends the closing record; nothing may follow. */
  close(reason: string, eventTime: string): void {
    this.#writer.stamp(eventTime)
    this.#writer.close({ reason, chunks: this.seq, ...this.text })
    this.#writer.flush()
  }

  #do(eventTime: string, take: () => void) {
    this.#writer.stamp(eventTime)
    try {
      take()
    } finally {
      this.#check?.flush()
      this.#digest.flush()
      this.#writer.flush()
    }
  }

  #onLine = (bytes: Buffer, from: number, to: number): void => {
    if (usualChunk(bytes, from, to) && this.#take(bytes, usual.from, usual.to)) return
    this.#takeUnusual(bytes, from, to)
  }

  #takeUnusual(bytes: Buffer, from: number, to: number) {
    const chunk = unusualChunk(bytes.subarray(from, to))
    if (chunk === undefined) return
    const isChunk = typeof chunk === 'object' && this.#take(chunk.chunk, 0, chunk.chunk.length, chunk.more)
    if (isChunk) return
    const why = typeof chunk === 'string' ? chunk : 'not JSON'
    throw new StreamError(
      'produce/not-a-chunk',
      `line ${this.#lines.number} is no chunk: ${why}: ${excerpt(bytes, from, to)}`,
    )
  }

  #take(bytes: Buffer, from: number, to: number, more?: Buffer): boolean {
    if (this.#again > 0) return this.#checkAgain(bytes, from, to)
    if (!this.#digest.add(bytes, from + 1, to - 1)) return false
    this.#writer.write(bytes, from, to, more)
    return true
  }

  #checkAgain(bytes: Buffer, from: number, to: number): boolean {
    const check = this.#check!
    if (!check.add(bytes, from + 1, to - 1)) return false
    if (--this.#again > 0) return true
    check.flush()
    this.#check = undefined
    if (!sameText(check, this.#digest)) throw this.#changed()
    return true
  }

  #changed() {
    return new StreamError('source/changed', 'the text is not the one that was captured so far')
  }
}
