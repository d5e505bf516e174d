import type { Position, Topic } from '../topic/topic.ts'
import type { Receipt } from './refresh.ts'
import { LinesDigest, topicPartOf } from './topic-inputs.ts'

type Input = Receipt['inputs'][number]

/** Parts of topics that were read again, by their names in the receipt: what is wrong with them, if anything. */
export type TopicProblems = ReadonlyMap<string, string | undefined>

const lastName = (name: string) => name.slice(name.lastIndexOf('/') + 1)

/** The one that was read, or that of the same name at other brokers. */
const topicOf = (input: Input, topics: readonly Topic[]): Topic | undefined => {
  const own = topics.find(({ name }) => input.name.startsWith(`${name}/`))
  return own ?? topics.find(({ name }) => lastName(name) === topicPartOf(input.name)?.topic)
}

const problemOf = async (input: Input, topic: Topic, end: Position): Promise<string | undefined> => {
  const { partition } = topicPartOf(input.name)!
  const { from, to } = input
  if (!((end[partition] ?? 0) >= to)) return `ends at offset ${end[partition] ?? 0}; the refresh read it up to ${to}`
  const digest = new LinesDigest()
  let first: number | undefined
  if (from < to) {
    for await (const { entries } of topic.read({ [partition]: from }, { until: { [partition]: to } })) {
      first ??= entries[0].offset
      for (const { line } of entries) digest.add(line)
    }
  }
  if (first !== undefined && first > from) return `begins at offset ${first} now; the refresh read it from ${from}`
  return digest.sha256() === input.sha256 ? undefined : `has other records from offset ${from} to ${to}`
}

/** Reads again what a refresh read of these topics. What the receipt does not name is left alone. */
export const checkTopics = async ({ inputs }: Receipt, topics: readonly Topic[]): Promise<TopicProblems> => {
  const problems = new Map<string, string | undefined>()
  const ends = new Map<Topic, Position>()
  for (const input of inputs) {
    const topic = topicPartOf(input.name) ? topicOf(input, topics) : undefined
    if (topic === undefined) continue
    const end = ends.get(topic) ?? (await topic.end())
    ends.set(topic, end)
    problems.set(input.name, await problemOf(input, topic, end))
  }
  return problems
}
