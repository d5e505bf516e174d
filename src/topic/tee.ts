import type { Topic, TopicWriter } from './topic.ts'

/** Two topics that get the same: each append goes to both, and counts once both have it. */
export interface Tee extends Topic {
  readonly places: readonly [Topic, Topic]
}

export interface TeeWriter extends TopicWriter {
  /** Of the places, in their order: to give one what only the other one has. */
  readonly writers: readonly [TopicWriter, TopicWriter]
}

export const isTee = (topic: Topic): topic is Tee => 'places' in topic

const closeAll = async (closables: readonly AsyncDisposable[]) => {
  const results = await Promise.allSettled(closables.map(one => one[Symbol.asyncDispose]()))
  for (const result of results) if (result.status === 'rejected') throw result.reason
}

const openBoth = async ([first, second]: Tee['places']): Promise<TeeWriter> => {
  const one = await first.writer()
  const other = await second.writer().catch(async thrown => {
    await one[Symbol.asyncDispose]()
    throw thrown
  })
  const writers = [one, other] as const
  return {
    writers,
    append: (uri, lines) => Promise.all(writers.map(writer => writer.append(uri, lines))).then(() => {}),
    ready: () => Promise.all(writers.map(writer => writer.ready())).then(() => {}),
    [Symbol.asyncDispose]: () => closeAll(writers),
  }
}

/**
 * Reads the first one; appends to both. What one of them took of a rejected append stays there, so a process that ends
 * in the middle leaves them different: `level` in src/produce evens that out before anything is appended again.
 */
export const tee = (first: Topic, second: Topic): Tee => {
  const places = [first, second] as const
  return {
    name: `${first.name} and ${second.name}`,
    places,
    end: () => first.end(),
    read: (from, options) => first.read(from, options),
    writer: () => openBoth(places),
  }
}
