import { createHash } from 'node:crypto'
import { StreamError } from '../std/error.ts'
import type { Entry, Topic } from '../topic/topic.ts'
import { jsonBytes, jsonIn, type Memory } from './kept.ts'

const prefix = 'o/'
/** So many partitions are looked at to see whether the topic is the one that the warehouse was filled from. */
const checkedMax = 16

/** The first record of a partition that was ever read. */
interface First {
  readonly offset: number
  readonly next: number
  readonly sha256: string
}

const digestOf = (line: Uint8Array) => createHash('sha256').update(line).digest('hex')

const firstAt = async (topic: Topic, partition: string, { offset, next }: First): Promise<Entry | undefined> => {
  for await (const { entries } of topic.read({ [partition]: offset }, { until: { [partition]: next } }))
    return entries[0]
  return undefined
}

const another = (topic: Topic, warehouse: string, partition: string, option: string) =>
  new StreamError(
    'consume/usage',
    `"${topic.name}" is not what "${warehouse}" was filled from: "${partition}" begins with another record; give another ${option}`,
  )

/**
 * Offsets mean something only in the topic that they came from. Remembers the first record of each partition, and refuses
 * a topic that begins with another one. A partition whose beginning is gone tells nothing.
 */
export class Origin {
  readonly #known = new Set<string>()
  readonly #memory: Pick<Memory, 'recallAll'>

  constructor(memory: Pick<Memory, 'recallAll'>) {
    this.#memory = memory
    for (const [key] of memory.recallAll(prefix)) this.#known.add(key.slice(prefix.length))
  }

  /** `option` names the place where the warehouse, or the table, is given. */
  async check(topic: Topic, warehouse: string, option = '--warehouse'): Promise<void> {
    let left = checkedMax
    for (const [key, value] of this.#memory.recallAll(prefix)) {
      if (left-- === 0) return
      const partition = key.slice(prefix.length)
      const first = jsonIn(value) as First
      const entry = await firstAt(topic, partition, first)
      if (entry === undefined) continue
      if (entry.offset === first.offset && digestOf(entry.line) !== first.sha256)
        throw another(topic, warehouse, partition, option)
    }
  }

  knows(partition: string): boolean {
    return this.#known.has(partition)
  }

  /** What to keep of a partition's first record, if it is not known yet. */
  learn(partition: string, { offset, next, line }: Entry): readonly [string, Uint8Array] | undefined {
    if (this.#known.has(partition)) return undefined
    this.#known.add(partition)
    const first: First = { offset, next, sha256: digestOf(line) }
    return [prefix + partition, jsonBytes(first)]
  }
}
