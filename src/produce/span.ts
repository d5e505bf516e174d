import { hash } from 'node:crypto'
import type { Batch, Entry, Position, Topic } from '../topic/topic.ts'

/** A record, and where it lies. */
export interface Mark {
  readonly offset: number
  readonly next: number
  readonly sha256: string
}

export interface Borders {
  readonly first: Mark
  readonly last: Mark
}

/** The first and the last record that were read of each partition. */
export type Span = Map<string, Borders>

const markOf = ({ offset, next, line }: Entry): Mark => ({ offset, next, sha256: hash('sha256', line) })

/** The batch lies behind what was read so far. */
export const extend = (span: Span, { partition, entries }: Batch): void => {
  const last = markOf(entries.at(-1)!)
  span.set(partition, { first: span.get(partition)?.first ?? markOf(entries[0]), last })
}

const positionOf = (span: Span, place: (borders: Borders) => number): Position =>
  Object.fromEntries([...span].map(([partition, borders]) => [partition, place(borders)]))

/** Where to go on reading. */
export const behind = (span: Span): Position => positionOf(span, ({ last }) => last.next)

type Which = keyof Borders

/** What lies now where the first or last records lay; a partition that has nothing there is not in it. */
const marksIn = async (topic: Topic, span: Span, which: Which, signal?: AbortSignal): Promise<Map<string, Mark>> => {
  const from = positionOf(span, borders => borders[which].offset)
  const until = positionOf(span, borders => borders[which].next)
  const marks = new Map<string, Mark>()
  for await (const { partition, entries } of topic.read(from, { until, ...(signal && { signal }) }))
    marks.set(partition, markOf(entries[0]))
  return marks
}

/** The first records that are kept of these partitions, none of which is empty. */
const firstsIn = async (topic: Topic, span: Span, signal?: AbortSignal): Promise<Map<string, Mark>> => {
  const firsts = new Map<string, Mark>()
  if (span.size === 0) return firsts
  for await (const { partition, entries } of topic.read({}, { until: behind(span), ...(signal && { signal }) })) {
    if (!firsts.has(partition)) firsts.set(partition, markOf(entries[0]))
    if (firsts.size === span.size) break
  }
  return firsts
}

const isSame = (one: Mark, other: Mark | undefined) => one.offset === other?.offset && one.sha256 === other.sha256

const subset = (span: Span, isIn: (partition: string, borders: Borders) => boolean): Span =>
  new Map([...span].filter(([partition, borders]) => isIn(partition, borders)))

/**
 * The span as it is now, if the topic still is the one that was read: its last records are, and its first ones, too,
 * where they were not pruned. What was pruned is left out. Else `undefined`.
 */
export const prove = async (topic: Topic, span: Span, signal?: AbortSignal): Promise<Span | undefined> => {
  const lasts = await marksIn(topic, span, 'last', signal)
  if (subset(span, (partition, { last }) => !isSame(last, lasts.get(partition))).size > 0) return undefined
  const firsts = await marksIn(topic, span, 'first', signal)
  if (subset(span, (partition, { first }) => firsts.has(partition) && !isSame(first, firsts.get(partition))).size > 0)
    return undefined
  const pruned = subset(span, partition => !firsts.has(partition))
  const left = await firstsIn(topic, pruned, signal)
  if (left.size < pruned.size) return undefined
  return new Map(
    [...span].map(([partition, { first, last }]) => [partition, { first: left.get(partition) ?? first, last }]),
  )
}
