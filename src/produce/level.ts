import { isUtf8 } from 'node:buffer'
import { answerKey } from '../chunk/answer-key.ts'
import type { Chunk } from '../chunk/chunk.ts'
import { recordIn } from '../chunk/codec.ts'
import { FastLine } from '../chunk/fast-line.ts'
import { asBuffer } from '../std/bytes.ts'
import type { Tee, TeeWriter } from '../topic/tee.ts'
import type { Topic, TopicWriter } from '../topic/topic.ts'
import type { Taken } from './taken.ts'

/** Copies are made durable together up to so many bytes. */
const copiedBytesMax = 1024 * 1024

/** How far one place has an answer: all numbers below `next`. */
interface Reach {
  readonly uri: string
  next: number
  ended: boolean
}

type Reaches = Map<string, Reach>

/** From which number on an answer is lacking somewhere, by its key. */
type Lacks = ReadonlyMap<string, number>

export interface LevelOptions {
  readonly url: string
  readonly files: ReadonlySet<string>
  /** Learns the names of all documents. */
  readonly taken: Taken
  readonly signal?: AbortSignal
}

interface Numbered {
  readonly uri: string
  readonly key: string
  readonly seq: number
  /** Absent for plain records, which begin and end nothing. */
  readonly record?: Chunk
}

/** Reads records that have a number; all others are nobody's answer. */
const numberedReader = (onUri: (bytes: Uint8Array, from: number, to: number) => void) => {
  const plain = new FastLine()
  return (line: Buffer): Numbered | undefined => {
    if (plain.read(line, 0, line.length) && isUtf8(line)) {
      onUri(line, plain.uriFrom, plain.uriTo)
      if (plain.idFrom === plain.idTo || plain.seq < 0) return undefined
      const uri = line.toString('utf8', plain.uriFrom, plain.uriTo)
      return { uri, key: answerKey(uri, line.toString('utf8', plain.idFrom, plain.idTo)), seq: plain.seq }
    }
    const record = recordIn(line)
    if (record === undefined) return undefined
    const uri = Buffer.from(record.destination_uri)
    onUri(uri, 0, uri.length)
    const { response_id, seq } = record
    if (!response_id || seq === undefined) return undefined
    return { uri: record.destination_uri, key: answerKey(record.destination_uri, response_id), seq, record }
  }
}

/** What one place has of the source's texts. */
const reachesIn = async (topic: Topic, { url, files, taken, signal }: LevelOptions): Promise<Reaches> => {
  const reaches: Reaches = new Map()
  const numbered = numberedReader((bytes, from, to) => taken.add(bytes, from, to))
  const note = ({ uri, key, seq, record }: Numbered) => {
    const source = record?.source
    if (source?.url === url && files.has(source.file) && !reaches.has(key))
      reaches.set(key, { uri, next: 0, ended: false })
    const reach = reaches.get(key)
    if (reach === undefined || reach.ended || seq !== reach.next) return
    reach.next++
    reach.ended = record?.end !== undefined
  }
  for await (const { entries } of topic.read({}, signal === undefined ? {} : { signal })) {
    for (const { line } of entries) {
      const one = numbered(asBuffer(line))
      if (one !== undefined) note(one)
    }
  }
  return reaches
}

const urisOnlyIn = (one: Reaches, other: Reaches): Set<string> =>
  new Set([...one].filter(([key]) => !other.has(key)).map(([, { uri }]) => uri))

/**
 * Answers in documents that went two ways: each place has an answer there that the other one has never seen, since runs
 * that knew only one of them drew the same name, or captured a changed text. Joined they would be one document of both.
 */
const apartIn = (one: Reaches, other: Reaches): Set<string> => {
  const [ofOne, ofOther] = [urisOnlyIn(one, other), urisOnlyIn(other, one)]
  const isApart = ([, { uri }]: readonly [string, Reach]) => ofOne.has(uri) && ofOther.has(uri)
  return new Set([...one, ...other].filter(isApart).map(([key]) => key))
}

/** What `other` has and `one` lacks. Nothing goes behind an end: where one has it, the other went another way. */
const lacksOf = (one: Reaches, other: Reaches, apart: ReadonlySet<string>): Lacks => {
  const lacks = new Map<string, number>()
  for (const [key, { next }] of other) {
    const reach = one.get(key)
    if (apart.has(key) || reach?.ended === true) continue
    if (next > (reach?.next ?? 0)) lacks.set(key, reach?.next ?? 0)
  }
  return lacks
}

/** Lines of one document that lie behind one another go into one append. */
class Copier {
  readonly #writer: TopicWriter
  readonly #lines: Buffer[] = []
  #uri = ''
  #bytes = 0
  #last: Promise<void> = Promise.resolve()

  constructor(writer: TopicWriter) {
    this.#writer = writer
  }

  async add(uri: string, line: Buffer): Promise<void> {
    if (uri !== this.#uri || this.#bytes > copiedBytesMax) await this.flush()
    this.#uri = uri
    this.#lines.push(Buffer.from(line), Buffer.from('\n'))
    this.#bytes += line.length + 1
  }

  async flush(): Promise<void> {
    if (this.#bytes === 0) return
    await this.#writer.ready()
    this.#last = this.#writer.append(this.#uri, Buffer.concat(this.#lines.splice(0)))
    this.#last.catch(() => {})
    this.#bytes = 0
  }

  /** Appends resolve in order, so the last one tells. */
  async durable(): Promise<void> {
    await this.flush()
    await this.#last
  }
}

const copy = async (from: Topic, lacks: Lacks, to: TopicWriter, { signal }: LevelOptions): Promise<void> => {
  if (lacks.size === 0) return
  const copier = new Copier(to)
  const numbered = numberedReader(() => {})
  const next = new Map(lacks)
  for await (const { entries } of from.read({}, signal === undefined ? {} : { signal })) {
    for (const { line } of entries) {
      const one = numbered(asBuffer(line))
      if (one === undefined || one.seq !== next.get(one.key)) continue
      next.set(one.key, one.seq + 1)
      await copier.add(one.uri, asBuffer(line))
    }
  }
  await copier.durable()
}

/**
 * Gives each of two places what it lacks of the answers that were captured from a source: a process that was killed
 * left them different, and so did runs that knew only one of them. Their records are copied as they are, and durable
 * once this resolves. Documents that went two ways are left as they are; their answers' keys are returned, as nothing
 * may go on there.
 */
export const level = async (
  { places }: Tee,
  { writers }: TeeWriter,
  options: LevelOptions,
): Promise<ReadonlySet<string>> => {
  const [first, second] = [await reachesIn(places[0], options), await reachesIn(places[1], options)]
  const apart = apartIn(first, second)
  if (options.signal?.aborted) return apart
  await copy(places[0], lacksOf(second, first, apart), writers[1], options)
  await copy(places[1], lacksOf(first, second, apart), writers[0], options)
  return apart
}
