import { answerKey } from '../chunk/answer-key.ts'
import type { Chunk } from '../chunk/chunk.ts'
import { recordIn } from '../chunk/codec.ts'
import { FastLine } from '../chunk/fast-line.ts'
import type { Topic } from '../topic/topic.ts'
import type { Answers, Begun } from './answers.ts'
import { behind, extend, type Span } from './span.ts'
import type { Taken } from './taken.ts'

export interface SurveyOptions {
  readonly url: string
  /** Learns the names of the topic's documents. */
  readonly taken: Taken
  /** Answers that nothing may go on from, by their keys. */
  readonly apart?: ReadonlySet<string>
  readonly signal?: AbortSignal
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

const answerOf = ({ response_id, agent_id = '', destination_uri, source, supersedes }: Chunk): Begun['answer'] => {
  const answer = { response_id: response_id!, agent_id, destination_uri, source: source! }
  return supersedes === undefined ? answer : { ...answer, supersedes }
}

/**
 * First pass: which documents there are, and who captured what. Looks closely at first and closing records only. Goes
 * on behind `span`, which grows by what is read; gives the number of records.
 */
export const survey = async (topic: Topic, answers: Answers, span: Span, options: SurveyOptions): Promise<number> => {
  const { url, taken, apart, signal } = options
  const plain = new FastLine()
  const collect = uriCollector(taken)
  let records = 0
  const note = (record: Chunk, partition: string, offset: number) => {
    const { destination_uri, response_id, seq, source, end } = record
    const uri = Buffer.from(destination_uri)
    collect(uri, 0, uri.length)
    if (response_id === undefined || response_id === '' || seq === undefined) return
    const key = answerKey(destination_uri, response_id)
    if (source?.url === url && !apart?.has(key)) answers.begins(answerOf(record), partition, offset)
    if (end !== undefined) answers.ends(key, end)
  }
  for await (const batch of topic.read(behind(span), signal === undefined ? {} : { signal })) {
    const { partition, entries } = batch
    for (const { line, offset } of entries) {
      if (plain.read(line, 0, line.length)) collect(line, plain.uriFrom, plain.uriTo)
      else {
        const record = recordIn(line)
        if (record !== undefined) note(record, partition, offset)
      }
    }
    extend(span, batch)
    records += entries.length
  }
  return records
}
