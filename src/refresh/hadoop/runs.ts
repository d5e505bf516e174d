import type { Chunk } from '../../chunk/chunk.ts'
import { decode } from '../../chunk/codec.ts'
import { microsOf } from '../../chunk/event-time.ts'
import { FastLine } from '../../chunk/fast-line.ts'
import { seen, unescapeBody } from '../../chunk/json-string.ts'
import type { Keyed } from '../map.ts'
import type { Frame } from './frames.ts'
import { type Place, placeBytes, readNumber, readPlace, writeNumber } from './key.ts'

/**
 * What a mapper found of an answer, in its order: each `seq` is the one before it and one, or each time at least the one
 * before it. A run is one record to Hadoop, under the place of its first record. Its value: `seq` or time and arrival of
 * its last record; then for each record its arrival, counted from the first one's, its length, and its line.
 */
const headBytes = 16
export const recordHeadBytes = 8

/** More is not put into one run, unless it is one record. */
export const runBytesMax = 64 * 1024

export const runBytes = (records: number, lineBytes: number): number =>
  headBytes + records * recordHeadBytes + lineBytes

/** Whether a record that is placed at `next` may stand behind one at `last` in a run. */
export const follows = (next: Place, last: Place): boolean => {
  if (next.bySeq !== last.bySeq) return false
  if (next.bySeq) return next.key === last.key + 1
  return next.key > last.key || (next.key === last.key && next.arrival > last.arrival)
}

export const writeRunHead = (last: Place, into: Buffer, at: number): number => {
  writeNumber(last.key, into, at)
  writeNumber(last.arrival, into, at + 8)
  return at + headBytes
}

export const writeRunRecord = (line: Buffer, behindFirst: number, into: Buffer, at: number): number => {
  into.writeInt32BE(behindFirst, at)
  into.writeInt32BE(line.length, at + 4)
  into.set(line, at + recordHeadBytes)
  return at + recordHeadBytes + line.length
}

export interface Run {
  /** What its answer's keys begin with. */
  readonly answer: Buffer
  readonly first: Place
  readonly last: Place
  readonly value: Buffer
  /** Its bytes are no longer there. */
  isGone: boolean
}

export const readRun = ({ key, value }: Frame): Run => {
  const placeAt = key.length - placeBytes
  const first = readPlace(key, placeAt)
  const last = { bySeq: first.bySeq, key: readNumber(value, 0), arrival: readNumber(value, 8) }
  return { answer: key.subarray(0, placeAt), first, last, value, isGone: false }
}

export const isUndated = ({ first }: Run): boolean => Number.isNaN(first.key)

export const isOfSame = (a: Run, b: Run): boolean => a.first.bySeq === b.first.bySeq && a.answer.equals(b.answer)

/** Whether a record that is placed at `next` belongs before the one at `last`, or repeats it. */
export const overlaps = (last: Place, next: Place): boolean => {
  if (next.key !== last.key) return next.key < last.key
  return next.bySeq || next.arrival < last.arrival
}

interface Whose {
  readonly uri: string
  readonly responseId: string
}

/** A record that `FastLine` understands: its text is known without making the record. */
class PlainRecord implements Keyed {
  readonly uri: string
  readonly responseId: string
  readonly bySeq: boolean
  readonly key: number
  readonly arrival: number
  readonly micros: number
  readonly text: Buffer
  readonly #run: Run
  readonly #from: number
  readonly #to: number

  constructor(whose: Whose, place: Place, micros: number, text: Buffer, run: Run, from: number, to: number) {
    this.uri = whose.uri
    this.responseId = whose.responseId
    this.bySeq = place.bySeq
    this.key = place.key
    this.arrival = place.arrival
    this.micros = micros
    this.text = text
    this.#run = run
    this.#from = from
    this.#to = to
  }

  get chunk(): Chunk {
    if (this.#run.isGone) throw new Error('a record was asked for when its bytes were gone')
    return decode(this.#run.value.subarray(this.#from, this.#to)) as Chunk
  }
}

const carriageReturn = 0x0d

/** Reads the records of runs, one after another. */
export class RunReader {
  readonly #fast = new FastLine()
  #text: Buffer = Buffer.alloc(0)
  #run: Run | undefined
  #whose: Whose = { uri: '', responseId: '' }
  #at = 0
  /** Of the record that `next` gave last. */
  line: Buffer = Buffer.alloc(0)

  open(run: Run, whose: Whose): void {
    this.#run = run
    this.#whose = whose
    this.#at = headBytes
  }

  /** A record's text is valid until the next one is asked for, its chunk until the run is gone. */
  next(): Keyed | undefined {
    const run = this.#run
    if (run === undefined || this.#at >= run.value.length) return undefined
    const arrival = run.first.arrival + run.value.readInt32BE(this.#at)
    const from = this.#at + recordHeadBytes
    const to = from + run.value.readInt32BE(this.#at + 4)
    this.#at = to
    this.line = run.value.subarray(from, to)
    return this.#plain(run, from, to, arrival) ?? this.#decoded(run.first.bySeq, arrival)
  }

  #plain(run: Run, from: number, to: number, arrival: number): Keyed | undefined {
    const fast = this.#fast
    const { value } = run
    if (!fast.read(value, from, value[to - 1] === carriageReturn ? to - 1 : to)) return undefined
    if (this.#text.length < to - from) this.#text = Buffer.allocUnsafeSlow(2 * (to - from))
    const written = unescapeBody(value, fast.bodyFrom, fast.bodyTo, this.#text, 0)
    if (written < 0 || (seen.first | seen.last | seen.lone) !== 0) return undefined
    const { bySeq } = run.first
    const place = { bySeq, key: bySeq ? fast.seq : fast.micros, arrival }
    return new PlainRecord(this.#whose, place, fast.micros, this.#text.subarray(0, written), run, from, to)
  }

  #decoded(bySeq: boolean, arrival: number): Keyed {
    const chunk = decode(this.line) as Chunk
    const micros = chunk.event_time === undefined ? Number.NaN : microsOf(chunk.event_time)
    return { ...this.#whose, chunk, bySeq, key: bySeq ? (chunk.seq as number) : micros, arrival, micros }
  }
}
