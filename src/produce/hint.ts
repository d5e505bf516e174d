import { resolve } from 'node:path'
import type { Topic } from '../topic/topic.ts'
import type { Begun } from './answers.ts'
import { type Hint, type HintOf, readHint, writeHint } from './hint-file.ts'
import { prove } from './span.ts'

/** Fewer records are read again sooner than a hint is worth writing. */
export const hintRecordsMin = 100_000

/** Where what a first pass learned is kept for the next one. All of it can be removed at any time. */
export interface HintOptions {
  readonly folder: string
  readonly recordsMin?: number
  readonly othersBytesMax?: number
}

/** A log is called by its path, as somebody wrote it: in another folder the same words mean another log. */
const placeOf = ({ name }: Topic) => (name.includes('://') ? name : resolve(name))

const hintOf = (topic: Topic, url: string): HintOf => ({ topic: placeOf(topic), url })

/**
 * What still holds: without the answers whose beginnings were pruned, as whoever reads what is left would not find them
 * either. `undefined` if that cannot be told: an answer's first record is gone, and a repeat of it is not.
 */
const proven = async (topic: Topic, hint: Hint, signal?: AbortSignal): Promise<Hint | undefined> => {
  const span = await prove(topic, hint.span, signal)
  if (span === undefined) return undefined
  const isKept = ({ partition }: Begun, offset: number) => offset >= (span.get(partition)?.first.offset ?? 0)
  const isUnclear = (one: Begun) => !isKept(one, one.offset) && isKept(one, one.again)
  if (Iterator.from(hint.answers).some(isUnclear)) return undefined
  return { ...hint, span, answers: Iterator.from(hint.answers).filter(one => isKept(one, one.offset)) }
}

/**
 * What was learned of the topic and the source's answers in it before, and still holds; `undefined` if there is nothing
 * of the kind. Whatever keeps the topic from being asked about it, the reading of all of it will tell.
 */
export const recall = async (
  { folder }: HintOptions,
  topic: Topic,
  url: string,
  signal?: AbortSignal,
): Promise<Hint | undefined> => {
  const hint = await readHint(folder, hintOf(topic, url))
  return hint && proven(topic, hint, signal).catch(() => undefined)
}

/** Keeps what was learned, if it took enough reading. */
export const keep = async (
  { folder, recordsMin = hintRecordsMin }: HintOptions,
  topic: Topic,
  records: number,
  learned: Omit<Hint, 'topic'>,
): Promise<void> => {
  if (records > recordsMin) await writeHint(folder, { ...learned, ...hintOf(topic, learned.url) })
}
