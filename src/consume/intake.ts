import { isUtf8 } from 'node:buffer'
import type { Chunk } from '../chunk/chunk.ts'
import { decode, isMalformed } from '../chunk/codec.ts'
import { microsOf } from '../chunk/event-time.ts'
import { FastLine } from '../chunk/fast-line.ts'
import { seen, unescapeBody } from '../chunk/json-string.ts'
import { asBuffer } from '../std/bytes.ts'
import type { Batch, Entry } from '../topic/topic.ts'
import type { Answer, Answers } from './answers.ts'
import type { Gathered } from './gathered.ts'
import { placeIn, type Voice, type Voices } from './voices.ts'
import type { Windows } from './windows.ts'

/** A batch is committed at the latest when it has so many rows, … */
const rowsMax = 262_144
/** … so much text, … */
const textBytesMax = 32 * 1024 * 1024
/** … so many answers, … */
const voicesMax = 16_384
/** … so many suspected repeats, which are looked up together, … */
const suspectsMax = 32_768
/** … or so much that is kept as it came: rejected lines and suspected repeats. */
const keptBytesMax = 16 * 1024 * 1024

export const isFull = ({ rows, suspects, keptBytes }: Gathered): boolean =>
  rows.length >= rowsMax ||
  rows.textBytes >= textBytesMax ||
  keptBytes >= keptBytesMax ||
  suspects.length >= suspectsMax ||
  rows.voices.length >= voicesMax

const isHigh = (unit: number) => (unit & 0xfc00) === 0xd800

/** The batch's bytes in one piece, if they lie so, as those of the embedded log do. */
const blockOf = (entries: readonly Entry[]): Buffer | undefined => {
  const { line: first } = entries[0]
  const { line: last } = entries[entries.length - 1]
  const length = last.byteOffset + last.length - first.byteOffset
  if (first.buffer !== last.buffer || length < 0) return undefined
  const block = Buffer.from(first.buffer as ArrayBuffer, first.byteOffset, length)
  return isUtf8(block) ? block : undefined
}

/** What the rows need of the windows. */
export type RowWindows = Pick<Windows, 'isFitDue' | 'model' | 'turnTo' | 'onWindow' | 'clusterOf' | 'waitFor'>

/** Turns records into rows, as they come. */
export class Intake {
  readonly #voices: Voices
  readonly #answers: Answers
  readonly #windows: RowWindows
  readonly #line = new FastLine()
  #to!: Gathered
  #partition = ''
  #partitionNumber = 0

  constructor(answers: Answers, voices: Voices, windows: RowWindows) {
    this.#answers = answers
    this.#voices = voices
    this.#windows = windows
  }

  /**
   * Takes entries from number `at` on into `to`, until that is full or a model is to be fitted. Gives the number of the
   * first one not taken.
   */
  take({ partition, entries }: Batch, at: number, to: Gathered): number {
    this.#to = to
    this.#turnToPartition(partition)
    const block = blockOf(entries)
    const base = entries[0].line.byteOffset
    for (; at < entries.length; at++) {
      const { line, offset } = entries[at]
      this.#to.records++
      if (block === undefined) this.#takeAlone(asBuffer(line), offset)
      else this.#takeLine(block, line.byteOffset - base, line.byteOffset - base + line.length, offset)
      if (isFull(to) || this.#windows.isFitDue) return at + 1
    }
    return at
  }

  #turnToPartition(partition: string) {
    const { partitions } = this.#to.rows
    this.#partition = partition
    this.#partitionNumber = partitions.indexOf(partition)
    if (this.#partitionNumber >= 0) return
    this.#partitionNumber = partitions.length
    partitions.push(partition)
  }

  #takeAlone(line: Buffer, offset: number) {
    if (isUtf8(line)) this.#takeLine(line, 0, line.length, offset)
    else this.#takeDecoded(line, offset)
  }

  #takeLine(block: Buffer, from: number, to: number, offset: number) {
    const line = this.#line
    if (!line.read(block, from, to) || !this.#takePlain(block, offset))
      this.#takeDecoded(block.subarray(from, to), offset)
  }

  /** False if the record is one for the slow path; then nothing has changed. */
  #takePlain(block: Buffer, offset: number): boolean {
    const line = this.#line
    const voice = this.#voices.ofLine(block, line)
    const { answer } = voice
    const { rows } = this.#to
    const { bodyFrom, bodyTo } = line
    const from = rows.textBytes
    rows.begin(bodyTo - bodyFrom)
    const to = unescapeBody(block, bodyFrom, bodyTo, rows.text, from)
    if (to < 0 || (seen.first | seen.last | answer.carry) !== 0) return false
    const seq = line.idTo > line.idFrom ? line.seq : -1
    if (seq >= 0 && !answer.seen.add(seq)) return false
    this.#addRow(voice, from, to, seq, line.micros, offset)
    return true
  }

  #addRow(voice: Voice, from: number, to: number, seq: number, micros: number, offset: number) {
    const { answer } = voice
    const windows = this.#windows
    const { rows } = this.#to
    const row = rows.length
    windows.turnTo(answer, seq)
    answer.follower.add(rows.text, from, to, windows.onWindow)
    rows.voice[row] = placeIn(this.#to, voice)
    rows.partition[row] = this.#partitionNumber
    rows.offset[row] = offset
    rows.micros[row] = micros
    rows.seq[row] = seq
    this.#assign(answer, row, to > from)
    rows.end(to)
    this.#answers.touch(answer)
  }

  #assign(answer: Answer, row: number, hasText: boolean) {
    const windows = this.#windows
    const { rows } = this.#to
    const { model } = windows
    const cluster = windows.clusterOf(answer, hasText)
    rows.cluster[row] = cluster
    rows.model[row] = cluster < 0 ? 0 : model!.id
    rows.waitsFor[row] = model === undefined ? windows.waitFor(answer, hasText) : -1
  }

  #takeDecoded(line: Buffer, offset: number) {
    const record = decode(line)
    if (record === undefined) return
    if (!isMalformed(record)) return this.#takeRecord(record, line, offset)
    this.#to.malformed++
    this.#reject(record.malformed, line, offset)
  }

  #reject(reason: string, line: Buffer, offset: number) {
    this.#to.rejected.push({ partition: this.#partition, offset, reason, line: Buffer.from(line) })
    this.#to.keptBytes += line.length
  }

  #takeRecord(record: Chunk, line: Buffer, offset: number) {
    const responseId = record.response_id ?? ''
    const voice = this.#voices.ofRecord(record.agent_id, record.destination_uri, responseId)
    const seq = responseId === '' ? -1 : (record.seq ?? -1)
    const micros = record.event_time === undefined ? Number.NaN : microsOf(record.event_time)
    if (seq >= 0 && !voice.answer.seen.add(seq)) return this.#suspect(record, voice, seq, micros, line, offset)
    if (responseId !== '' && seq <= 0) this.#takeOpening(record, voice, offset)
    const end = seq >= 0 ? this.#takeEnding(record, voice, seq, micros, offset) : undefined
    this.#addText(record, voice, seq, micros, offset, end)
  }

  /** The text of a record, after what the last one left over. A closing record is a row only if there is some. */
  #addText(
    { chunk, extra }: Chunk,
    voice: Voice,
    seq: number,
    micros: number,
    offset: number,
    end: string | undefined,
  ) {
    const { answer } = voice
    const { rows } = this.#to
    const text = answer.carry === 0 ? chunk : String.fromCharCode(answer.carry) + chunk
    const last = text.length === 0 || end !== undefined ? 0 : text.charCodeAt(text.length - 1)
    answer.carry = isHigh(last) ? last : 0
    this.#answers.touch(answer)
    if (end !== undefined && text === '') return
    const whole = answer.carry === 0 ? text : text.slice(0, -1)
    const from = rows.textBytes
    const to = rows.write(whole)
    const row = rows.length
    if (extra !== undefined) rows.extras.set(row, extra)
    if (end !== undefined) rows.endReasons.set(row, end)
    this.#addRow(voice, from, to, seq, micros, offset)
  }

  #takeOpening({ source, supersedes, agent_id, destination_uri, response_id }: Chunk, voice: Voice, offset: number) {
    if (source === undefined && supersedes === undefined) return
    this.#answers.touch(voice.answer)
    const requested = source?.requested_at === undefined ? Number.NaN : microsOf(source.requested_at)
    this.#to.openings.push({
      agent_id,
      destination_uri,
      response_id,
      url: source?.url,
      file: source?.file,
      supersedes,
      requestedMicros: Number.isNaN(requested) ? undefined : requested,
      partition: this.#partition,
      offset,
    })
  }

  #takeEnding(record: Chunk, voice: Voice, seq: number, micros: number, offset: number): string | undefined {
    const ending = endingOf(record, seq, micros, this.#partition, offset)
    if (ending === undefined) return undefined
    this.#answers.touch(voice.answer)
    this.#to.endings.push(ending)
    return ending.reason
  }

  #suspect(record: Chunk, { answer }: Voice, seq: number, micros: number, line: Buffer, offset: number) {
    const { chunk: text, agent_id, extra } = record
    const ending = endingOf(record, seq, micros, this.#partition, offset)
    const kept = { text, agent_id, extra, ending, partition: this.#partition, offset, line: Buffer.from(line) }
    this.#to.suspects.push({ answer, seq, micros, ...kept })
    this.#to.keptBytes += line.length
  }
}

const endingOf = (record: Chunk, seq: number, micros: number, partition: string, offset: number) => {
  const { end, agent_id, destination_uri, response_id } = record
  if (end === undefined) return undefined
  const { reason, chunks, bytes, sha256 } = end
  const place = { partition, offset, ...(Number.isNaN(micros) ? {} : { micros }) }
  return { agent_id, destination_uri, response_id, seq, reason, chunks, bytes, sha256, ...place }
}
