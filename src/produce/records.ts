import { lineBytesMax } from '../chunk/chunk.ts'
import type { Desk } from './desk.ts'
import { type Answer, LineWriter } from './line-writer.ts'
import { Lines } from './lines.ts'
import * as metrics from './metrics.ts'
import { type Given, readGiven, withMembers } from './stamp.ts'
import { TextDigest } from './text-digest.ts'

/** Answers that we number, open at once; beyond it the one that was silent for longest is closed. */
export const answersOpenMax = 10_000

/** What we add is never longer. */
const addedBytesMax = 64 * 1024

/** A line that is no record. */
export interface SetAside {
  /** From 1. */
  readonly line: number
  readonly offset: number
  readonly reason: string
  /** Without its line end. Valid until the call returns. */
  readonly bytes: Buffer
}

export interface RecordsOptions {
  readonly agent: () => string
  readonly uri: () => string
  readonly setAside: (line: SetAside) => void
}

interface Numbered {
  readonly answer: Answer
  readonly digest: TextDigest
  seq: number
}

const isComplete = ({ keys }: Given) =>
  keys.has('agent_id') && keys.has('response_id') && (keys.has('event_time') || keys.has('timestamp'))

const tooLong = (given: Given, line: Buffer) =>
  line.length + addedBytesMax > lineBytesMax && !isComplete(given)
    ? `longer than ${lineBytesMax} bytes with the members that it lacks`
    : undefined

/** Records from a program on their way into the topic: what they lack is added, what they have stays as it is. */
export class Records {
  records = 0
  malformed = 0
  readonly #desk: Desk
  readonly #options: RecordsOptions
  readonly #lines: Lines
  readonly #numbered = new Map<string, Numbered>()
  #uri = ''
  #gathered: string[] = []
  #lastTime = ''

  constructor(desk: Desk, options: RecordsOptions) {
    this.#desk = desk
    this.#options = options
    this.#lines = new Lines(this.#onLine, 'pass')
  }

  push(block: Uint8Array): void {
    this.#lines.push(block)
    this.#flush()
  }

  /** There is nothing more to come: answers that we number get their closing record. */
  finish(reason: string): void {
    this.#lines.end()
    this.#flush()
    for (const key of this.#numbered.keys()) this.#close(key, reason)
  }

  #onLine = (bytes: Buffer, from: number, to: number): void => {
    const line = bytes.subarray(from, to)
    const given = readGiven(line, this.#options.uri)
    if (given === undefined) return
    const reason = 'malformed' in given ? given.malformed : tooLong(given, line)
    if (reason !== undefined) this.#refuse(reason, line)
    else this.#take(given as Given)
  }

  #take(given: Given) {
    this.#gather(given.record.destination_uri, withMembers(given.text, this.#missing(given)))
  }

  #refuse(reason: string, bytes: Buffer) {
    this.malformed++
    metrics.malformed.add()
    this.#options.setAside({ line: this.#lines.number, offset: this.#lines.offset, reason, bytes })
  }

  #gather(uri: string, text: string) {
    if (uri !== this.#uri) this.#flush()
    this.#uri = uri
    this.#gathered.push(text)
    this.records++
  }

  #flush() {
    if (this.#gathered.length === 0) return
    this.#desk.append(this.#uri, Buffer.from(`${this.#gathered.join('\n')}\n`))
    this.#gathered = []
  }

  /** Records of one answer that have no number are ordered by time: a clock that jumps back must not turn them round. */
  #time() {
    const now = this.#desk.now()
    if (now > this.#lastTime) this.#lastTime = now
    return this.#lastTime
  }

  #missing({ record, keys }: Given): Record<string, unknown> {
    const agent_id = record.agent_id ?? this.#options.agent()
    return {
      ...(keys.has('agent_id') ? {} : { agent_id }),
      ...(keys.has('event_time') || keys.has('timestamp') ? {} : { event_time: this.#time() }),
      ...(keys.has('response_id') ? {} : this.#place({ ...record, agent_id }, keys.has('seq'))),
    }
  }

  /**
   * One answer for each agent and document, and another one for records that bring their own number. The number of a
   * record that names its answer is not ours to give: there may be more of that answer elsewhere.
   */
  #place(record: Given['record'] & { agent_id: string }, hasSeq: boolean) {
    const key = JSON.stringify([record.destination_uri, record.agent_id, hasSeq])
    const numbered = this.#numbered.get(key) ?? this.#begin(record)
    this.#numbered.delete(key)
    const { response_id } = numbered.answer
    if (record.end === undefined) this.#numbered.set(key, numbered)
    if (hasSeq) return { response_id }
    const body = Buffer.from(JSON.stringify(record.chunk))
    numbered.digest.add(body, 1, body.length - 1)
    numbered.digest.flush()
    return { response_id, seq: numbered.seq++ }
  }

  #begin({ destination_uri, agent_id }: { destination_uri: string; agent_id: string }): Numbered {
    if (this.#numbered.size >= answersOpenMax) this.#close(this.#numbered.keys().next().value!, 'stop')
    const answer = { response_id: this.#desk.responseId(), agent_id, destination_uri }
    return { answer, digest: new TextDigest(), seq: 0 }
  }

  /** Answers whose numbers came along are closed by whoever numbered them. */
  #close(key: string, reason: string) {
    const { answer, seq, digest } = this.#numbered.get(key)!
    this.#numbered.delete(key)
    if (seq === 0) return
    this.#flush()
    const writer = new LineWriter(answer, seq, lines => this.#desk.append(answer.destination_uri, lines))
    writer.stamp(this.#time())
    writer.close({ reason, chunks: seq, ...digest.result() })
    writer.flush()
  }
}
