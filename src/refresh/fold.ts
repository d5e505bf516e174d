import { createHash } from 'node:crypto'
import type { Chunk, End } from '../chunk/chunk.ts'
import { type Answer, endFaults, type Fault, sortFaults, stateOf } from './answer.ts'
import type { Keyed } from './map.ts'

/** Text is encoded once this many UTF-16 code units have come together. */
const textUnitsMax = 64 * 1024

const isHigh = (unit: number) => (unit & 0xfc00) === 0xd800

/** Where texts that come as UTF-8 gather, so that short ones are hashed together. Only one answer is folded at a time. */
const gathered = Buffer.allocUnsafeSlow(64 * 1024)

/** Joins chunks as UTF-16 and hands them on as UTF-8, so that a surrogate pair split over two chunks heals. */
class TextEncoderOverChunks {
  readonly #write: (bytes: Uint8Array) => void
  readonly #hash = createHash('sha256')
  #text = ''
  /** What is gathered came before `#text`. */
  #gatheredBytes = 0
  bytes = 0
  lone = false

  constructor(write: (bytes: Uint8Array) => void) {
    this.#write = write
  }

  add(text: string) {
    this.#text += text
    if (this.#text.length < textUnitsMax) return
    const half = isHigh(this.#text.charCodeAt(this.#text.length - 1)) ? 1 : 0
    const whole = this.#text.slice(0, this.#text.length - half)
    this.#text = this.#text.slice(whole.length)
    this.#put(whole)
  }

  /** Text without halves at its borders. */
  addBytes(text: Uint8Array) {
    if (text.length === 0) return
    if (this.#text !== '') this.#endText()
    if (this.#gatheredBytes + text.length > gathered.length) this.#endGathered()
    if (text.length > gathered.length) return void this.#hand(text)
    gathered.set(text, this.#gatheredBytes)
    this.#gatheredBytes += text.length
  }

  digest(): string {
    this.#endText()
    return this.#hash.digest('hex')
  }

  #endText() {
    const text = this.#text
    this.#text = ''
    this.#put(text)
  }

  #put(text: string) {
    if (!text.isWellFormed()) this.lone = true
    this.#endGathered()
    this.#hand(Buffer.from(text))
  }

  #endGathered() {
    const bytes = this.#gatheredBytes
    this.#gatheredBytes = 0
    if (bytes > 0) this.#hand(gathered.subarray(0, bytes))
  }

  #hand(bytes: Uint8Array) {
    this.#hash.update(bytes)
    this.bytes += bytes.length
    this.#write(bytes)
  }
}

const sameRecord = (a: Chunk, b: Chunk) =>
  a.chunk === b.chunk && JSON.stringify(a.end ?? null) === JSON.stringify(b.end ?? null)

/** Folds the records of one answer, in the sort's order, into its account; its text goes to `write` as it is known. */
export class AnswerFold {
  readonly #first: Keyed
  /** What its first record says of the answer. */
  readonly #said: Pick<Answer, 'agentId' | 'source' | 'supersedes'>
  readonly #text: TextEncoderOverChunks
  readonly #faults = new Set<Fault>()
  #last: Keyed | undefined
  #nextSeq = 0
  #end: End | undefined
  #endSeq = 0
  #chunks = 0
  #firstMicros = Number.NaN
  #lastMicros = Number.NaN
  #repeats = 0
  #conflicts = 0
  #gaps = 0
  #missing = 0
  #outOfOrder = 0

  constructor(first: Keyed, write: (bytes: Uint8Array) => void) {
    const { agent_id, source, supersedes } = first.chunk
    this.#first = first
    this.#said = { agentId: agent_id, source, supersedes }
    this.#text = new TextEncoderOverChunks(write)
  }

  add(record: Keyed): void {
    if (record.bySeq && this.#isAgain(record)) return
    this.#place(record)
    this.#time(record.micros)
    const end = record.bySeq && record.text === undefined ? record.chunk.end : undefined
    if (end !== undefined) this.#close(end, record.key)
    else {
      this.#chunks++
      if (this.#end !== undefined) this.#faults.add('after-end')
    }
    if (record.text === undefined) this.#text.add(record.chunk.chunk)
    else this.#text.addBytes(record.text)
  }

  answer(): Answer {
    const sha256 = this.#text.digest()
    const bytes = this.#text.bytes
    if (this.#gaps > 0) this.#faults.add('gap')
    if (this.#text.lone) this.#faults.add('lone-surrogate')
    if (this.#end !== undefined) for (const f of endFaults(this.#end, this.#endSeq, bytes, sha256)) this.#faults.add(f)
    const faults = sortFaults(this.#faults)
    return {
      responseId: this.#first.responseId,
      ...this.#said,
      end: this.#end,
      state: stateOf(this.#first.bySeq, faults, this.#end !== undefined),
      chunks: this.#chunks,
      bytes,
      sha256,
      firstMicros: this.#firstMicros,
      lastMicros: this.#lastMicros,
      repeats: this.#repeats,
      conflicts: this.#conflicts,
      gaps: this.#gaps,
      missing: this.#missing,
      outOfOrder: this.#outOfOrder,
      faults,
    }
  }

  #isAgain(record: Keyed): boolean {
    const last = this.#last
    if (last === undefined || last.key !== record.key) return false
    if (sameRecord(last.chunk, record.chunk)) this.#repeats++
    else this.#conflicts++
    return true
  }

  #place(record: Keyed) {
    const last = this.#last
    if (last !== undefined && last.bySeq === record.bySeq && record.arrival < last.arrival) this.#outOfOrder++
    this.#last = record
    if (!record.bySeq) return
    if (record.key > this.#nextSeq) {
      this.#gaps++
      this.#missing += record.key - this.#nextSeq
    }
    this.#nextSeq = record.key + 1
  }

  #time(micros: number) {
    if (Number.isNaN(micros)) return
    if (!(micros >= this.#firstMicros)) this.#firstMicros = micros
    if (!(micros <= this.#lastMicros)) this.#lastMicros = micros
  }

  #close(end: End, seq: number) {
    if (this.#end !== undefined) {
      this.#faults.add('second-end')
      return
    }
    this.#end = end
    this.#endSeq = seq
  }
}
