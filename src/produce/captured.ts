import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { Chunk } from '../chunk/chunk.ts'
import { decode, isMalformed } from '../chunk/codec.ts'
import type { Topic } from '../topic/topic.ts'

/** What a topic holds of one text, for tests: joined by hand, each number exactly once. */
export interface Captured {
  readonly id: string
  readonly file: string
  readonly uri: string
  readonly agent: string
  readonly text: string
  readonly reason: string | undefined
  readonly supersedes: string | undefined
  readonly numbers: readonly number[]
}

export const linesOf = async (topic: Topic): Promise<string[]> => {
  const lines: string[] = []
  for await (const { entries } of topic.read({}))
    for (const { line } of entries) lines.push(Buffer.from(line).toString())
  return lines
}

const recordOf = (line: string): Chunk => {
  const record = decode(Buffer.from(line))
  assert.ok(record !== undefined && !isMalformed(record), `malformed: ${line}`)
  return record
}

const checkEnd = (text: string, chunks: number, { end, seq }: Chunk) => {
  const bytes = Buffer.from(text)
  assert.deepEqual(end, {
    ...end,
    chunks,
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  })
  assert.equal(seq, chunks)
}

const capturedOf = (records: readonly Chunk[]): Captured => {
  const [first] = records
  const last = records.at(-1)!
  const text = records
    .map(({ chunk }) => chunk)
    .join('')
    .toWellFormed()
  const numbers = records.map(({ seq }) => seq!)
  if (last.end !== undefined && numbers.every((n, i) => n === i)) checkEnd(text, records.length - 1, last)
  return {
    id: first.response_id!,
    file: first.source?.file ?? '',
    uri: first.destination_uri,
    agent: first.agent_id!,
    text,
    reason: last.end?.reason,
    supersedes: first.supersedes,
    numbers,
  }
}

/** All answers, in the order of their first records. */
export const answersIn = async (topic: Topic): Promise<Captured[]> => {
  const records = (await linesOf(topic)).map(recordOf)
  return [...Map.groupBy(records, ({ response_id }) => response_id).values()].map(capturedOf)
}

const isWhole = ({ numbers }: Captured) => numbers.every((n, i) => n === i)

/** File → text of the surviving answers, each of which must be complete, once. */
export const textsIn = async (topic: Topic): Promise<Record<string, string>> => {
  const answers = await answersIn(topic)
  const superseded = new Set(answers.map(({ supersedes }) => supersedes))
  const texts: Record<string, string> = {}
  for (const answer of answers.filter(({ id }) => !superseded.has(id))) {
    assert.equal(answer.reason, 'stop')
    assert.ok(isWhole(answer), `numbers of ${answer.file}: ${answer.numbers}`)
    assert.equal(texts[answer.file], undefined, `${answer.file} twice`)
    texts[answer.file] = answer.text
  }
  return texts
}
