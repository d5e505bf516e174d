import { hash } from 'node:crypto'
import { StreamError } from '../std/error.ts'
import type { Batch, Entry, Position, ReadOptions, Topic } from '../topic/topic.ts'

const batchEntriesMax = 3

/** One line of a history, with its place in its partition. */
export interface Past {
  readonly partition: string
  readonly entry: Entry
}

/** Which lines of a history, by their numbers, a topic still has, or has already. */
export interface Moment {
  /** By partition. */
  readonly first: Readonly<Record<string, number>>
  readonly end: number
}

const documentIn = (line: string): string => /"destination_uri": ?"([^"]*)"/.exec(line)?.[1] ?? ''

/** As Kafka does it: a document's lines are all in one partition, which its name decides. */
const partitionOf = (line: string, partitions: number) =>
  String(Number.parseInt(hash('sha256', documentIn(line)).slice(0, 8), 16) % partitions)

export const pastOf = (lines: readonly string[], partitions: number): Past[] => {
  const ends: Record<string, number> = {}
  return lines.map(line => {
    const partition = partitionOf(line, partitions)
    const offset = ends[partition] ?? 0
    const bytes = Buffer.from(line)
    ends[partition] = offset + bytes.length + 1
    return { partition, entry: { offset, next: ends[partition], line: bytes } }
  })
}

const endOf = (past: readonly Past[], end: number): Position =>
  Object.fromEntries(past.slice(0, end).map(({ partition, entry }) => [partition, entry.next]))

const refuseBehind = (from: Position, end: Position) => {
  for (const [partition, offset] of Object.entries(from))
    if (offset > (end[partition] ?? 0)) throw new StreamError('topic/offset', `${partition} ends before ${offset}`)
}

/**
 * A topic as it is at one moment, for tests: it was pruned since, and has several partitions. Gives what lies between
 * two of `rests` partition by partition, as who read on at each of them saw it. `onEntry` is told of all that is read.
 */
export const pastTopic = (
  past: readonly Past[],
  { first, end }: Moment,
  rests: readonly number[] = [],
  onEntry = () => {},
): Topic => {
  const epochOf = (number: number) => rests.filter(rest => rest <= number).length
  const kept = past
    .map(({ partition, entry }, number) => ({ partition, entry, number, epoch: epochOf(number) }))
    .filter(({ partition, number }) => number >= (first[partition] ?? 0) && number < end)
    .sort((a, b) => a.epoch - b.epoch || a.partition.localeCompare(b.partition) || a.number - b.number)
  async function* read(from: Position, { until = endOf(past, end), signal }: ReadOptions = {}): AsyncGenerator<Batch> {
    refuseBehind(from, endOf(past, end))
    const asked = kept.filter(
      ({ partition, entry }) => entry.offset >= (from[partition] ?? 0) && entry.next <= (until[partition] ?? 0),
    )
    let entries: Entry[] = []
    for (const [i, { partition, entry }] of asked.entries()) {
      if (signal?.aborted) return
      entries.push(entry)
      onEntry()
      if (asked[i + 1]?.partition === partition && entries.length < batchEntriesMax) continue
      yield { partition, entries }
      entries = []
    }
  }
  const writer = async () => {
    throw new StreamError('topic/unwritable', 'the past is as it is')
  }
  return { name: 'past', end: async () => endOf(past, end), read, writer }
}
