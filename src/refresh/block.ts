import { isUtf8 } from 'node:buffer'
import { AnswerTable } from '../chunk/answer-table.ts'
import type { Chunk } from '../chunk/chunk.ts'
import { decode, isMalformed } from '../chunk/codec.ts'
import { microsOf } from '../chunk/event-time.ts'
import { FastLine } from '../chunk/fast-line.ts'
import { isBody, seen, unescapeBody } from '../chunk/json-string.ts'
import { grown } from '../std/bytes.ts'
import { judge } from './judge.ts'

const newline = 0x0a
const carriageReturn = 0x0d
const firstRecords = 16 * 1024
const firstAnswers = 1024
const nothing = Buffer.alloc(0)

/** What an answer of a block is, as bits. */
export const bySeqBit = 1
export const byTimeBit = 2
/** Something that only `reduce` knows how to handle: its records have to go there. */
export const hardBit = 4
/** Its keys do not rise in the order of arrival. */
export const disorderBit = 8

/** A record that does not look like the others: what it holds beside its text. */
export interface Odd {
  readonly chunk: Chunk
  readonly text: Buffer
}

export interface Fault {
  readonly from: number
  readonly to: number
  readonly reason: string
}

const longer = <T extends Int32Array | Float64Array | Uint8Array>(array: T): T => grown(array, array.length * 2)

/**
 * Whole lines of a log → their records grouped by answer, in the order of the text, with the text of each answer in one
 * piece. All on typed arrays that are used again for the next block.
 *
 * `records` are numbered as they arrive; `order` lists them by answer.
 */
export class Block {
  readonly table = new AnswerTable()
  lines = 0
  blank = 0
  open = 0
  records = 0
  faults: Fault[] = []
  odd: Odd[] = []

  /** By record. A body that ends at −1 is that of an odd record: it begins at the record's number among `odd`. */
  bodyFrom = new Int32Array(firstRecords)
  bodyTo = new Int32Array(firstRecords)
  lineFrom = new Int32Array(firstRecords)
  lineTo = new Int32Array(firstRecords)
  answerOf = new Int32Array(firstRecords)
  keys = new Float64Array(firstRecords)
  micros = new Float64Array(firstRecords)
  textLengths = new Int32Array(firstRecords)
  order = new Int32Array(firstRecords)

  /** Answers that have records in this block, in the order of their first one. */
  touched = new Int32Array(firstAnswers)
  touchedCount = 0
  /** By answer. */
  counts = new Int32Array(firstAnswers)
  bits = new Uint8Array(firstAnswers)
  /** Where in `order` an answer's records begin. */
  firsts = new Int32Array(firstAnswers)
  /** Where in `text` an answer's text begins. */
  textFrom = new Int32Array(firstAnswers)
  text: Buffer = nothing

  #lastKeys = new Float64Array(firstAnswers)
  readonly #line = new FastLine()
  #bytes: Buffer = nothing
  /** Lines that only looked like plain ones. */
  #deceptive = new Set<number>()

  /**
   * Reads `bytes[from, to)`: whole lines, the last one perhaps without its end, which is then `open` if it is no record.
   */
  read(bytes: Buffer, from: number, to: number): void {
    if (this.text.length < to - from) this.text = Buffer.allocUnsafeSlow(bytes.length)
    this.#untilTrue(bytes, from, to, () => {
      this.#group()
      return this.#render()
    })
  }

  /** As `read`, but makes no text. */
  arrange(bytes: Buffer, from: number, to: number): void {
    this.#untilTrue(bytes, from, to, () => {
      this.#group()
      return this.#checkBodies()
    })
  }

  /** As `read`, but only finds the records and whose they are: neither `order` nor `text` is made. */
  index(bytes: Buffer, from: number, to: number): void {
    this.#untilTrue(bytes, from, to, () => this.#checkBodies())
  }

  /** Some lines are not what they look like: once they are known, they are read the long way. */
  #untilTrue(bytes: Buffer, from: number, to: number, areWhatTheyLook: () => boolean) {
    this.#bytes = bytes
    this.#deceptive.clear()
    do this.#scan(from, to)
    while (!areWhatTheyLook())
  }

  chunkOf(record: number): Chunk {
    if (this.bodyTo[record] < 0) return this.odd[this.bodyFrom[record]].chunk
    return decode(this.lineOf(record)) as Chunk
  }

  lineOf(record: number): Buffer {
    return this.#bytes.subarray(this.lineFrom[record], this.lineTo[record])
  }

  /** Forgets the answers, too. */
  clear(): void {
    this.table.clear()
  }

  #scan(from: number, to: number) {
    const bytes = this.#bytes
    const allUtf8 = isUtf8(bytes.subarray(from, to))
    this.lines = this.blank = this.open = this.records = this.touchedCount = 0
    this.faults = []
    this.odd = []
    for (let at = from; at < to; ) {
      let end = bytes.indexOf(newline, at)
      const terminated = end >= 0 && end < to
      if (!terminated) end = to
      this.lines++
      const plainEnd = bytes[end - 1] === carriageReturn ? end - 1 : end
      if (allUtf8 && this.#line.read(bytes, at, plainEnd) && !this.#deceptive.has(at)) this.#addPlain(at, end)
      else this.#addOdd(at, end, terminated)
      at = end + 1
    }
  }

  #addPlain(from: number, to: number) {
    const line = this.#line
    const answer = this.table.find(this.#bytes, line.uriFrom, line.uriTo, this.#bytes, line.idFrom, line.idTo)
    const record = this.#add(answer, from, to)
    this.bodyFrom[record] = line.bodyFrom
    this.bodyTo[record] = line.bodyTo
    const bySeq = line.seq >= 0 && line.idTo > line.idFrom
    this.#place(record, answer, bySeq ? bySeqBit : byTimeBit, bySeq ? line.seq : line.micros, line.micros)
  }

  #addOdd(from: number, to: number, terminated: boolean) {
    const line = this.#bytes.subarray(from, to)
    const found = judge({ bytes: line, length: line.length, terminated })
    if (found === 'blank') this.blank++
    else if (found === 'open') this.open++
    else if (isMalformed(found)) this.faults.push({ from, to, reason: found.malformed })
    else this.#addDecoded(found, from, to)
  }

  #addDecoded(chunk: Chunk, from: number, to: number) {
    const uri = Buffer.from(chunk.destination_uri)
    const id = Buffer.from(chunk.response_id ?? '')
    const answer = this.table.find(uri, 0, uri.length, id, 0, id.length)
    const record = this.#add(answer, from, to)
    this.bodyFrom[record] = this.odd.length
    this.bodyTo[record] = -1
    this.odd.push({ chunk, text: Buffer.from(chunk.chunk) })
    const micros = chunk.event_time === undefined ? Number.NaN : microsOf(chunk.event_time)
    const bySeq = chunk.seq !== undefined && id.length > 0
    const hard = !chunk.chunk.isWellFormed() || (!bySeq && Number.isNaN(micros))
    const bits = (bySeq ? bySeqBit : byTimeBit) | (hard ? hardBit : 0)
    this.#place(record, answer, bits, bySeq ? (chunk.seq as number) : micros, micros)
  }

  #add(answer: number, from: number, to: number): number {
    if (this.records === this.keys.length) this.#growRecords()
    if (answer >= this.counts.length) this.#growAnswers()
    const record = this.records++
    this.answerOf[record] = answer
    this.lineFrom[record] = from
    this.lineTo[record] = to
    return record
  }

  #place(record: number, answer: number, bits: number, key: number, micros: number) {
    this.keys[record] = key
    this.micros[record] = micros
    if (this.#isNew(answer)) {
      this.touched[this.touchedCount] = answer
      this.firsts[answer] = this.touchedCount++
      this.counts[answer] = 0
      this.bits[answer] = bits
    } else {
      this.bits[answer] |= bits
      if (key < this.#lastKeys[answer]) this.bits[answer] |= disorderBit
    }
    this.counts[answer]++
    this.#lastKeys[answer] = key
  }

  /** Between scan and group `firsts` holds an answer's place in `touched`; a stale one points to another answer, or behind. */
  #isNew(answer: number): boolean {
    const place = this.firsts[answer]
    return !(place < this.touchedCount && this.touched[place] === answer)
  }

  /** A counting sort by answer keeps the order of arrival; only answers in disorder are sorted by key. */
  #group() {
    const { touched, counts, firsts, order, answerOf } = this
    let at = 0
    for (let i = 0; i < this.touchedCount; i++) {
      firsts[touched[i]] = at
      at += counts[touched[i]]
    }
    for (let record = 0; record < this.records; record++) order[firsts[answerOf[record]]++] = record
    for (let i = 0; i < this.touchedCount; i++) {
      const answer = touched[i]
      firsts[answer] -= counts[answer]
      if (this.bits[answer] & disorderBit) this.#sort(answer)
    }
  }

  #sort(answer: number) {
    const keys = this.keys
    const slice = this.order.subarray(this.firsts[answer], this.firsts[answer] + this.counts[answer])
    if (!insertionSort(slice, keys)) slice.sort((a, b) => keys[a] - keys[b] || a - b)
  }

  /** Unescapes all bodies, answer by answer; false if some were none. */
  #render(): boolean {
    const { bodyFrom, bodyTo, order, textLengths, text } = this
    const known = this.#deceptive.size
    const bytes = this.#bytes
    let write = 0
    let at = 0
    for (let i = 0; i < this.touchedCount; i++) {
      const answer = this.touched[i]
      this.textFrom[answer] = write
      for (const end = at + this.counts[answer]; at < end; at++) {
        const record = order[at]
        const before = write
        if (bodyTo[record] < 0) write = this.#copyOdd(bodyFrom[record], write)
        else {
          write = unescapeBody(bytes, bodyFrom[record], bodyTo[record], text, write)
          if (write < 0) {
            this.#deceptive.add(this.lineFrom[record])
            write = before
          } else if ((seen.first | seen.last | seen.lone) !== 0) this.bits[answer] |= hardBit
        }
        textLengths[record] = write - before
      }
    }
    return this.#deceptive.size === known
  }

  /** False if some bodies are none. */
  #checkBodies(): boolean {
    const { bodyFrom, bodyTo, records } = this
    const known = this.#deceptive.size
    for (let record = 0; record < records; record++) {
      if (bodyTo[record] < 0) continue
      if (!isBody(this.#bytes, bodyFrom[record], bodyTo[record])) this.#deceptive.add(this.lineFrom[record])
    }
    return this.#deceptive.size === known
  }

  #copyOdd(odd: number, write: number): number {
    const { text } = this.odd[odd]
    if (write + text.length > this.text.length) throw new Error('text outgrew its line')
    return write + text.copy(this.text, write)
  }

  #growRecords() {
    this.bodyFrom = longer(this.bodyFrom)
    this.bodyTo = longer(this.bodyTo)
    this.lineFrom = longer(this.lineFrom)
    this.lineTo = longer(this.lineTo)
    this.answerOf = longer(this.answerOf)
    this.keys = longer(this.keys)
    this.micros = longer(this.micros)
    this.textLengths = longer(this.textLengths)
    this.order = longer(this.order)
  }

  #growAnswers() {
    this.touched = longer(this.touched)
    this.counts = longer(this.counts)
    this.bits = longer(this.bits)
    this.firsts = longer(this.firsts)
    this.textFrom = longer(this.textFrom)
    this.#lastKeys = longer(this.#lastKeys)
  }
}

const movesPerRecordMax = 16

/** Stable, and fast where little is out of place; gives up where much is. */
const insertionSort = (order: Int32Array, keys: Float64Array): boolean => {
  let moves = order.length * movesPerRecordMax
  for (let i = 1; i < order.length; i++) {
    const record = order[i]
    const key = keys[record]
    let j = i - 1
    for (; j >= 0 && keys[order[j]] > key; j--) order[j + 1] = order[j]
    order[j + 1] = record
    moves -= i - 1 - j
    if (moves < 0) return false
  }
  return true
}
