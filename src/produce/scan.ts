import { isUtf8 } from 'node:buffer'
import type { Chunk } from '../chunk/chunk.ts'
import { decode, isMalformed } from '../chunk/codec.ts'
import { FastLine } from '../chunk/fast-line.ts'
import { asBuffer } from '../std/bytes.ts'
import type { Position, ReadOptions, Topic } from '../topic/topic.ts'
import { keyOf } from './answer-key.ts'
import type { Answer } from './line-writer.ts'
import type { Taken } from './taken.ts'
import { TextDigest } from './text-digest.ts'

/** An answer that has no closing record yet. */
export interface OpenAnswer {
  readonly answer: Answer
  /** The next record's number, and what the text amounts to so far. */
  readonly seq: number
  readonly digest: TextDigest
  /** False if its numbers have a gap: the log was damaged, and going on would not mend it. */
  readonly whole: boolean
}

export interface EndedAnswer {
  readonly answer: Answer
  readonly reason: string
  readonly chunks: number
  readonly bytes: number
}

/** What the topic has of one text: its open answers, and the last one that ended and was not superseded. */
export interface Held {
  readonly open: readonly OpenAnswer[]
  readonly ended: EndedAnswer | undefined
}

export interface Holdings {
  readonly taken: Taken
  of(file: string): Held
}

export interface HoldingsOptions {
  readonly url: string
  readonly files: ReadonlySet<string>
  /** Learns the names of the topic's documents. */
  readonly taken: Taken
  /** Answers that nothing may go on from, by their keys. */
  readonly apart?: ReadonlySet<string>
  readonly signal?: AbortSignal
}

interface Tracked {
  readonly answer: Answer
  readonly partition: string
  readonly offset: number
  readonly digest: TextDigest
  seq: number
  whole: boolean
}

interface Known {
  /** By `keyOf`. */
  readonly open: Map<string, Tracked>
  /** By file. */
  readonly ended: Map<string, EndedAnswer>
}

const recordIn = (line: Uint8Array): Chunk | undefined => {
  const decoded = decode(line)
  return decoded === undefined || isMalformed(decoded) ? undefined : decoded
}

const track = (record: Chunk, partition: string, offset: number): Tracked => {
  const { response_id, agent_id = '', destination_uri, source, supersedes } = record
  const answer = { response_id: response_id!, agent_id, destination_uri, source: source! }
  return {
    answer: supersedes === undefined ? answer : { ...answer, supersedes },
    partition,
    offset,
    digest: new TextDigest(),
    seq: 0,
    whole: true,
  }
}

const isSuperseded = (old: Answer | undefined, { supersedes, destination_uri, agent_id }: Answer) =>
  old?.response_id === supersedes && old?.destination_uri === destination_uri && old.agent_id === agent_id

const supersede = (known: Known, { answer }: Tracked) => {
  const { destination_uri, supersedes, source } = answer
  if (supersedes === undefined) return
  const key = keyOf(destination_uri, supersedes)
  if (isSuperseded(known.open.get(key)?.answer, answer)) known.open.delete(key)
  if (isSuperseded(known.ended.get(source!.file)?.answer, answer)) known.ended.delete(source!.file)
}

const begins = (known: Known, tracked: Tracked) => {
  supersede(known, tracked)
  const key = keyOf(tracked.answer.destination_uri, tracked.answer.response_id)
  if (!known.open.has(key)) known.open.set(key, tracked)
}

const ends = (known: Known, { answer }: Tracked, { reason, chunks, bytes }: NonNullable<Chunk['end']>) => {
  known.open.delete(keyOf(answer.destination_uri, answer.response_id))
  known.ended.set(answer.source!.file, { answer, reason, chunks, bytes })
}

/** What is new about the uri of one record after another: mostly nothing. */
const uriCollector = (taken: Taken) => {
  let last = Buffer.alloc(0)
  return (bytes: Uint8Array, from: number, to: number) => {
    if (last.length === to - from && last.compare(bytes, from, to) === 0) return
    last = Buffer.from(bytes.subarray(from, to))
    taken.add(last)
  }
}

/** First pass: which documents there are, and who captured what. Looks closely at first and closing records only. */
const survey = async (
  topic: Topic,
  { url, files, taken, apart }: HoldingsOptions,
  options: Pick<ReadOptions, 'signal'>,
): Promise<Known> => {
  const known: Known = { open: new Map(), ended: new Map() }
  const plain = new FastLine()
  const collect = uriCollector(taken)
  const note = (record: Chunk, partition: string, offset: number) => {
    const uri = Buffer.from(record.destination_uri)
    collect(uri, 0, uri.length)
    const { response_id, seq, source, end } = record
    if (response_id === undefined || response_id === '' || seq === undefined) return
    const key = keyOf(record.destination_uri, response_id)
    const isOurs = source?.url === url && files.has(source.file) && !apart?.has(key)
    if (isOurs) begins(known, track(record, partition, offset))
    const tracked = known.open.get(key)
    if (end !== undefined && tracked !== undefined) ends(known, tracked, end)
  }
  for await (const { partition, entries } of topic.read({}, options)) {
    for (const { line, offset } of entries) {
      if (plain.read(line, 0, line.length)) collect(line, plain.uriFrom, plain.uriTo)
      else {
        const record = recordIn(line)
        if (record !== undefined) note(record, partition, offset)
      }
    }
  }
  return known
}

/** A number that is there already is a repeat. One that skips some shows a gap: what it numbers is counted, to close behind it. */
const count = (tracked: Tracked, seq: number, body: Buffer, from: number, to: number) => {
  if (seq < tracked.seq || !tracked.digest.add(body, from, to)) return
  if (seq > tracked.seq) tracked.whole = false
  tracked.seq = seq + 1
}

const countRecord = (known: Known, tracked: Tracked, { chunk, seq, end }: Chunk) => {
  if (end !== undefined) return ends(known, tracked, end)
  if (seq === undefined) {
    tracked.whole = false
    return
  }
  const body = Buffer.from(JSON.stringify(chunk))
  count(tracked, seq, body, 1, body.length - 1)
}

/** Where the first open answer begins; partitions without one are not read again. */
const startOf = (open: Iterable<Tracked>, end: Position): Position => {
  const from: Record<string, number> = { ...end }
  for (const { partition, offset } of open) from[partition] = Math.min(from[partition] ?? offset, offset)
  return from
}

/** Digests share one buffer: each is flushed before the next one is added to. */
const turns = () => {
  let current: TextDigest | undefined
  return (next?: TextDigest) => {
    if (current !== next) current?.flush()
    current = next
  }
}

const keyOfLine = (line: Buffer, { uriFrom, uriTo, idFrom, idTo }: FastLine) =>
  keyOf(line.toString('utf8', uriFrom, uriTo), line.toString('utf8', idFrom, idTo))

const keyOfRecord = (record: Chunk | undefined) =>
  record?.response_id === undefined ? undefined : keyOf(record.destination_uri, record.response_id)

/** Second pass, only if an answer is open: its numbers, and the digest of its text. */
const recount = async (topic: Topic, known: Known, options: Pick<ReadOptions, 'signal'>): Promise<void> => {
  const until = await topic.end()
  const turn = turns()
  const plain = new FastLine()
  const take = (line: Buffer) => {
    const isPlain = plain.read(line, 0, line.length) && isUtf8(line)
    const record = isPlain ? undefined : recordIn(line)
    const key = isPlain ? keyOfLine(line, plain) : keyOfRecord(record)
    const tracked = key === undefined ? undefined : known.open.get(key)
    if (tracked === undefined) return
    turn(tracked.digest)
    if (record === undefined) count(tracked, plain.seq, line, plain.bodyFrom, plain.bodyTo)
    else countRecord(known, tracked, record)
  }
  for await (const { entries } of topic.read(startOf(known.open.values(), until), { ...options, until })) {
    for (const { line } of entries) take(asBuffer(line))
  }
  turn()
}

/**
 * What the topic holds of the texts of one source. The topic alone is asked, all of it; what this needs in memory
 * follows from the number of `files` and of their open answers, not from the length of the topic. Once `signal` aborts,
 * the rest is left unread.
 */
export const holdingsOf = async (topic: Topic, asked: HoldingsOptions): Promise<Holdings> => {
  const { taken, signal } = asked
  const options = signal === undefined ? {} : { signal }
  const known = await survey(topic, asked, options)
  if (known.open.size > 0) await recount(topic, known, options)
  const open = Map.groupBy(known.open.values(), ({ answer }) => answer.source!.file)
  return { taken, of: file => ({ open: open.get(file) ?? [], ended: known.ended.get(file) }) }
}
