import { closeSync, openSync } from 'node:fs'
import { FileWriter, readFully } from '../refresh/files.ts'
import type { Keyed } from '../refresh/map.ts'
import type { ChunkPage } from './api.ts'

/** Of one chunk in the file: start in its answer, time, seq, length, agent. */
const entryBytes = 32
/** Behind these, chunks are said to be of the last one. */
const agentsMax = 4_096

const isHigh = (unit: number) => (unit & 0xfc00) === 0xd800

/** What is known of one answer of a document after a rebuild: enough to go on with it. */
export interface AnswerPart {
  readonly id: string
  readonly bySeq: boolean
  /** Where its chunks lie in the table. */
  readonly from: number
  count: number
  /** Length of its text, UTF-16. */
  units: number
  nextSeq: number
  hasGap: boolean
  isClosed: boolean
  /** The highest key, of records without `seq`. */
  lastKey: number
  /** The key of the one of these that arrived last, and when that was. */
  arrivedKey: number
  arrival: number
  firstMicros: number
  /** The half of a surrogate pair that its text ends with, if it does. */
  half: string
  readonly claims: boolean
  /** Whether it has records without `seq`, too. */
  hasUnnumbered: boolean
}

/** Where each chunk of a document begins, gathered while its records go by in the order of the text. */
export class ChunkTable implements Disposable {
  readonly parts: AnswerPart[] = []
  readonly agents: string[] = []
  readonly #file: FileWriter
  readonly #agentNumbers = new Map<string, number>()
  readonly #entry = Buffer.alloc(entryBytes)
  #last: Keyed | undefined
  #entries = 0

  constructor(path: string) {
    this.#file = new FileWriter(path)
  }

  *watched(sorted: Iterable<Keyed>): Generator<Keyed> {
    for (const record of sorted) {
      this.#see(record)
      yield record
    }
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]()
  }

  #see(record: Keyed) {
    const last = this.#last
    const isNext = last === undefined || last.responseId !== record.responseId
    if (!isNext && record.bySeq && last.bySeq && last.key === record.key) return
    if (isNext) this.#begin(record)
    this.#last = record
    this.#add(this.parts[this.parts.length - 1], record)
  }

  #begin({ responseId, bySeq, chunk }: Keyed) {
    this.parts.push({
      id: responseId,
      bySeq,
      from: this.#entries,
      count: 0,
      units: 0,
      nextSeq: 0,
      hasGap: false,
      isClosed: false,
      lastKey: Number.NEGATIVE_INFINITY,
      arrivedKey: Number.NEGATIVE_INFINITY,
      arrival: -1,
      firstMicros: Number.NaN,
      half: '',
      claims: chunk.supersedes !== undefined,
      hasUnnumbered: !bySeq,
    })
  }

  #add(part: AnswerPart, { chunk: record, bySeq, key, micros, arrival }: Keyed) {
    const { chunk: text, agent_id = '', end } = record
    if (bySeq) {
      if (key !== part.nextSeq) part.hasGap = true
      part.nextSeq = key + 1
    } else {
      part.hasUnnumbered = true
      part.lastKey = key
      if (arrival > part.arrival) [part.arrival, part.arrivedKey] = [arrival, key]
    }
    if (!(micros >= part.firstMicros) && !Number.isNaN(micros)) part.firstMicros = micros
    if (text !== '') part.half = isHigh(text.charCodeAt(text.length - 1)) ? text.slice(-1) : ''
    const isClosing = bySeq && end !== undefined
    if (isClosing) part.isClosed = true
    if (isClosing && text === '') return
    this.#write(part.units, micros, bySeq ? key : -1, text.length, this.#numberOf(agent_id))
    part.units += text.length
    part.count++
  }

  #write(start: number, micros: number, seq: number, length: number, agent: number) {
    const entry = this.#entry
    entry.writeDoubleLE(start, 0)
    entry.writeDoubleLE(micros, 8)
    entry.writeDoubleLE(seq, 16)
    entry.writeUInt32LE(length, 24)
    entry.writeUInt32LE(agent, 28)
    this.#file.write(entry)
    this.#entries++
  }

  #numberOf(agent: string): number {
    const known = this.#agentNumbers.get(agent)
    if (known !== undefined) return known
    if (this.agents.length === agentsMax) return agentsMax - 1
    this.#agentNumbers.set(agent, this.agents.length)
    return this.agents.push(agent) - 1
  }
}

/** The answers that a document's text consists of, in its order, and where their chunks are. */
export interface Chunks {
  readonly path: string
  readonly parts: readonly AnswerPart[]
  readonly agents: readonly string[]
}

const emptyPage = (total: number, from: number, units: number, agents: readonly string[]): ChunkPage => ({
  total,
  from,
  units,
  agents: [...agents],
  answers: [],
  start: [],
  length: [],
  time: [],
  agent: [],
  answer: [],
  seq: [],
})

const addEntry = (page: ChunkPage, entry: Buffer, before: number, answer: number) => {
  const micros = entry.readDoubleLE(8)
  const seq = entry.readDoubleLE(16)
  page.start.push(before + entry.readDoubleLE(0))
  page.length.push(entry.readUInt32LE(24))
  page.time.push(Number.isNaN(micros) ? null : micros)
  page.agent.push(entry.readUInt32LE(28))
  page.answer.push(answer)
  page.seq.push(seq < 0 ? null : seq)
}

/** Chunks `from` to `from + limit` of the text. */
export const readChunks = ({ path, parts, agents }: Chunks, from: number, limit: number): ChunkPage => {
  const total = parts.reduce((sum, { count }) => sum + count, 0)
  const page = emptyPage(
    total,
    from,
    parts.reduce((sum, { units }) => sum + units, 0),
    agents,
  )
  const fd = openSync(path, 'r')
  try {
    let [before, unitsBefore] = [0, 0]
    for (const { id, from: at, count, units } of parts) {
      const first = Math.max(0, from - before)
      const wanted = Math.min(count, from + limit - before) - first
      if (wanted > 0) {
        const entries = Buffer.allocUnsafe(wanted * entryBytes)
        readFully(fd, entries, 0, entries.length, (at + first) * entryBytes)
        for (let i = 0; i < wanted; i++)
          addEntry(page, entries.subarray(i * entryBytes, (i + 1) * entryBytes), unitsBefore, page.answers.length)
        page.answers.push(id)
      }
      before += count
      unitsBefore += units
    }
    return page
  } finally {
    closeSync(fd)
  }
}
