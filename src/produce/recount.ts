import { isUtf8 } from 'node:buffer'
import { answerKey, answerKeyOfLine } from '../chunk/answer-key.ts'
import type { Chunk } from '../chunk/chunk.ts'
import { recordIn } from '../chunk/codec.ts'
import { FastLine } from '../chunk/fast-line.ts'
import { asBuffer } from '../std/bytes.ts'
import type { Position, Topic } from '../topic/topic.ts'
import type { Answers, Begun } from './answers.ts'
import type { Answer } from './line-writer.ts'
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

interface Counted extends OpenAnswer {
  seq: number
  whole: boolean
}

/** A number that is there already is a repeat. One that skips some shows a gap: what it numbers is counted, to close behind it. */
const count = (counted: Counted, seq: number, body: Buffer, from: number, to: number) => {
  if (seq < counted.seq || !counted.digest.add(body, from, to)) return
  if (seq > counted.seq) counted.whole = false
  counted.seq = seq + 1
}

const countRecord = (counted: Counted, { chunk, seq }: Chunk) => {
  if (seq === undefined) {
    counted.whole = false
    return
  }
  const body = Buffer.from(JSON.stringify(chunk))
  count(counted, seq, body, 1, body.length - 1)
}

/** Where the first open answer begins; partitions without one are not read again. */
const startOf = (open: Iterable<Begun>, end: Position): Position => {
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

const keyOfRecord = (record: Chunk | undefined) =>
  record?.response_id === undefined ? undefined : answerKey(record.destination_uri, record.response_id)

/**
 * Second pass, only if an answer is open: its numbers, and the digest of its text. `answers` learns of those that
 * turn out to have ended meanwhile.
 */
export const recount = async (topic: Topic, answers: Answers, signal?: AbortSignal): Promise<readonly OpenAnswer[]> => {
  const begun = answers.open()
  if (begun.size === 0) return []
  const open = new Map<string, Counted>()
  for (const [key, { answer }] of begun) open.set(key, { answer, digest: new TextDigest(), seq: 0, whole: true })
  const turn = turns()
  const plain = new FastLine()
  const take = (line: Buffer) => {
    const isPlain = plain.read(line, 0, line.length) && isUtf8(line)
    const record = isPlain ? undefined : recordIn(line)
    const key = isPlain ? answerKeyOfLine(line, plain) : keyOfRecord(record)
    const counted = key === undefined ? undefined : open.get(key)
    if (key === undefined || counted === undefined) return
    turn(counted.digest)
    if (record === undefined) count(counted, plain.seq, line, plain.bodyFrom, plain.bodyTo)
    else if (record.end === undefined) countRecord(counted, record)
    else {
      open.delete(key)
      answers.ends(key, record.end)
    }
  }
  const until = await topic.end()
  const options = { until, ...(signal && { signal }) }
  for await (const { entries } of topic.read(startOf(begun.values(), until), options)) {
    for (const { line } of entries) take(asBuffer(line))
  }
  turn()
  return [...open.values()]
}
