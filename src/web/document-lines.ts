import { isUtf8 } from 'node:buffer'
import type { Chunk } from '../chunk/chunk.ts'
import { recordIn } from '../chunk/codec.ts'
import { microsOf } from '../chunk/event-time.ts'
import { FastLine } from '../chunk/fast-line.ts'
import { isBody } from '../chunk/json-string.ts'
import type { Keyed } from '../refresh/map.ts'
import { textOfBody } from './measure.ts'

/** Cheap and never wrong about a line that it leaves out: only escapes can spell a name in another way. */
const mayName = (uri: string) => {
  const spelled = Buffer.from(JSON.stringify(uri).slice(1, -1))
  const others = [Buffer.from('\\u'), Buffer.from('\\/')]
  return (line: Buffer) => line.includes(spelled) || others.some(other => line.includes(other))
}

/** What a record is sorted by: as `mapper` has it. */
export type Key = Pick<Keyed, 'responseId' | 'bySeq' | 'key' | 'micros'>

const sortsBehind = (a: Key, b: Key) =>
  a.responseId === b.responseId && (a.bySeq === b.bySeq ? a.key <= b.key : a.bySeq && !b.bySeq)

/** The lines of one document in the order in which they arrived → its records with their keys. Plain lines are not parsed. */
export class DocumentLines {
  readonly #uri: string
  readonly #uriBytes: Buffer
  readonly #mayName: (line: Buffer) => boolean
  readonly #fast = new FastLine()
  readonly #lastTimes = new Map<string, number>()
  #idBytes = Buffer.alloc(0)
  #id = ''
  #agentBytes = Buffer.alloc(0)
  #agent = ''
  #record: Chunk | undefined
  #before: Key | undefined
  /** Whether all that was read came in the order of the text, as one answer. */
  isInOrder = true

  constructor(uri: string) {
    this.#uri = uri
    this.#uriBytes = Buffer.from(uri)
    this.#mayName = mayName(uri)
  }

  /** The key of the record in this line; none if it is no record of the document. */
  key(line: Buffer): Key | undefined {
    const key = this.#fast.read(line, 0, line.length) ? this.#plainKey(line) : this.#parsedKey(line)
    if (key === undefined) return undefined
    if (this.#before !== undefined && !sortsBehind(this.#before, key)) this.isInOrder = false
    this.#before = key
    return key
  }

  /** The record of the last line. */
  record(line: Buffer): Chunk {
    if (this.#record !== undefined) return this.#record
    const { bodyFrom, bodyTo, agentFrom, agentTo, seq } = this.#fast
    if (this.#agentBytes.compare(line, agentFrom, agentTo) !== 0) {
      this.#agentBytes = Buffer.from(line.subarray(agentFrom, agentTo))
      this.#agent = this.#agentBytes.toString()
    }
    const chunk = textOfBody(line, bodyFrom, bodyTo)
    const names = { agent_id: this.#agent, destination_uri: this.#uri }
    return this.#id === '' ? { chunk, ...names } : { chunk, ...names, response_id: this.#id, seq }
  }

  #plainKey(line: Buffer): Key | undefined {
    const { uriFrom, uriTo, bodyFrom, bodyTo, idFrom, idTo, micros, seq } = this.#fast
    if (this.#uriBytes.compare(line, uriFrom, uriTo) !== 0) return undefined
    if (!isUtf8(line) || !isBody(line, bodyFrom, bodyTo)) return undefined
    this.#record = undefined
    if (this.#idBytes.compare(line, idFrom, idTo) !== 0) {
      this.#idBytes = Buffer.from(line.subarray(idFrom, idTo))
      this.#id = this.#idBytes.toString()
    }
    return this.#keyOf(this.#id, seq < 0 ? undefined : seq, micros)
  }

  #parsedKey(line: Buffer): Key | undefined {
    if (!this.#mayName(line)) return undefined
    const record = recordIn(line)
    if (record?.destination_uri !== this.#uri) return undefined
    this.#record = record
    const micros = record.event_time === undefined ? Number.NaN : microsOf(record.event_time)
    return this.#keyOf(record.response_id ?? '', record.seq, micros)
  }

  #keyOf(responseId: string, seq: number | undefined, micros: number): Key {
    if (seq !== undefined && responseId !== '') return { responseId, bySeq: true, key: seq, micros }
    const key = Number.isNaN(micros) ? (this.#lastTimes.get(responseId) ?? Number.NEGATIVE_INFINITY) : micros
    this.#lastTimes.set(responseId, key)
    return { responseId, bySeq: false, key, micros }
  }
}
