import type { Topic } from '../topic/topic.ts'
import { Answers } from './answers.ts'
import { type HintOptions, keep, recall } from './hint.ts'
import type { Answer } from './line-writer.ts'
import { type OpenAnswer, recount } from './recount.ts'
import type { Span } from './span.ts'
import { survey } from './survey.ts'
import type { Taken } from './taken.ts'

export type { OpenAnswer } from './recount.ts'

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
  /** Answers that nothing may go on from, by their keys. With them, all is read. */
  readonly apart?: ReadonlySet<string>
  /** Where to look for what an earlier run learned of the topic, and to keep it for the next one. */
  readonly hints?: HintOptions
  readonly signal?: AbortSignal
}

/** First pass, behind what a hint says if it holds. */
const learn = async (topic: Topic, asked: HoldingsOptions): Promise<Answers> => {
  const { url, files, taken, apart, signal } = asked
  // Who is apart is found out anew each time.
  const hints = apart === undefined ? asked.hints : undefined
  const answers = new Answers(file => files.has(file), hints?.othersBytesMax)
  const hint = hints && (await recall(hints, topic, url, signal))
  for (const answer of hint?.answers ?? []) answers.add(answer)
  for (const [number, page] of hint?.pages ?? []) taken.addPage(number, page)
  const span: Span = hint?.span ?? new Map()
  const records = await survey(topic, answers, span, asked)
  const isWhole = answers.areAll && signal?.aborted !== true
  if (hints && isWhole) await keep(hints, topic, records, { url, span, answers: answers.all(), pages: taken.pages() })
  return answers
}

/**
 * What the topic holds of the texts of one source. The topic alone decides; a hint only saves reading what was read
 * before. What this needs in memory follows from the number of `files` and of their open answers, and of other files'
 * answers up to `othersBytesMax`, not from the length of the topic. Once `signal` aborts, the rest is left unread.
 */
export const holdingsOf = async (topic: Topic, asked: HoldingsOptions): Promise<Holdings> => {
  const answers = await learn(topic, asked)
  const open = Map.groupBy(await recount(topic, answers, asked.signal), ({ answer }) => answer.source!.file)
  return { taken: asked.taken, of: file => ({ open: open.get(file) ?? [], ended: answers.ended(file) }) }
}
