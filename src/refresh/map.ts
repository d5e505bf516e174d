import { answerKey } from '../chunk/answer-key.ts'
import type { Chunk } from '../chunk/chunk.ts'
import { microsOf } from '../chunk/event-time.ts'
import { compareUtf8 } from '../std/bytes.ts'

/** What `map` makes of a record: itself, under the key that `compare` sorts by. */
export interface Keyed {
  readonly chunk: Chunk
  readonly uri: string
  /** The empty string is the document's implicit answer. */
  readonly responseId: string
  /** Of the records with `seq`, which come first in their answer. */
  readonly bySeq: boolean
  /** `seq`, or the time that the record is sorted by: its own, or its predecessor's; −∞ without either. */
  readonly key: number
  /** The how-manieth record of the input it is. */
  readonly arrival: number
  /** Its own `event_time` in microseconds since the epoch; NaN without one. */
  readonly micros: number
  /**
   * Its text as UTF-8, where that is known without the chunk: of a record without `end`, whose text is whole characters.
   * Valid until the next record.
   */
  readonly text?: Uint8Array
}

/**
 * The map of the job: record → keyed record. Must see the records of a document in the order of their arrival, since
 * one without a time is sorted by the time of the one before it.
 */
export const mapper = () => {
  const lastTimes = new Map<string, number>()
  return (chunk: Chunk, arrival: number): Keyed => {
    const uri = chunk.destination_uri
    const responseId = chunk.response_id ?? ''
    const micros = chunk.event_time === undefined ? Number.NaN : microsOf(chunk.event_time)
    if (chunk.seq !== undefined && responseId !== '') {
      return { chunk, uri, responseId, bySeq: true, key: chunk.seq, arrival, micros }
    }
    const answer = answerKey(uri, responseId)
    const key = Number.isNaN(micros) ? (lastTimes.get(answer) ?? Number.NEGATIVE_INFINITY) : micros
    lastTimes.set(answer, key)
    return { chunk, uri, responseId, bySeq: false, key, arrival, micros }
  }
}

/** The sort order of the job. */
export const compare = (a: Omit<Keyed, 'chunk'>, b: Omit<Keyed, 'chunk'>): number =>
  compareUtf8(a.uri, b.uri) ||
  compareUtf8(a.responseId, b.responseId) ||
  Number(b.bySeq) - Number(a.bySeq) ||
  (a.key === b.key ? 0 : a.key - b.key) ||
  a.arrival - b.arrival
