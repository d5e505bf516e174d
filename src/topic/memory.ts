import { StreamError } from '../std/error.ts'
import { cutLines, faultInLines } from './lines.ts'
import type { Batch, Entry, Position, ReadOptions, Topic, TopicWriter } from './topic.ts'

const batchEntriesMax = 1024
const partition = 'log'

/** The lines, and who waits for more of them. */
class Log {
  readonly entries: Entry[] = []
  readonly #waiting = new Set<() => void>()
  locked = false

  get end(): number {
    return this.entries.at(-1)?.next ?? 0
  }

  append(lines: Uint8Array): void {
    cutLines(Buffer.from(lines), this.end, this.entries)
    for (const wake of this.#waiting) wake()
  }

  /** Resolves on the next append, or when `signal` aborts. */
  async more(signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const wake = () => resolve()
    this.#waiting.add(wake)
    signal?.addEventListener('abort', wake)
    await promise
    signal?.removeEventListener('abort', wake)
    this.#waiting.delete(wake)
  }

  /** The index of the entry that begins at `offset`, or of the place behind the last one. */
  indexOf(offset: number): number {
    let low = 0
    for (let high = this.entries.length; low < high; ) {
      const middle = (low + high) >>> 1
      if (this.entries[middle].offset < offset) low = middle + 1
      else high = middle
    }
    return low
  }
}

class MemoryWriter implements TopicWriter {
  readonly #log: Log
  #open = true

  constructor(log: Log) {
    this.#log = log
    log.locked = true
  }

  async append(_destinationUri: string, lines: Uint8Array): Promise<void> {
    if (!this.#open)
      throw new StreamError('topic/append', 'append to a writer that was closed; ask the topic for a new one')
    const fault = faultInLines(lines)
    if (fault !== undefined) throw fault
    this.#log.append(lines)
  }

  async ready(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#open) this.#log.locked = false
    this.#open = false
  }
}

const start = (log: Log, from: Position, name: string): number => {
  const offset = from[partition] ?? 0
  const index = log.indexOf(offset)
  const begins = log.entries[index]?.offset ?? log.end
  if (begins === offset) return index
  throw new StreamError(
    'topic/offset',
    `read "${name}" from offset ${offset}: no record begins there; read from its start`,
  )
}

async function* read(log: Log, name: string, from: Position, options: ReadOptions): AsyncGenerator<Batch> {
  const { follow = false, signal } = options
  const until = follow
    ? Number.POSITIVE_INFINITY
    : options.until === undefined
      ? log.end
      : (options.until[partition] ?? 0)
  for (let index = start(log, from, name); signal?.aborted !== true; ) {
    const entries = log.entries.slice(index, index + batchEntriesMax).filter(({ next }) => next <= until)
    index += entries.length
    if (entries.length > 0) yield { partition, entries }
    else if (follow) await log.more(signal)
    else return
  }
}

/** The reference topic: one partition, offsets are bytes. An acknowledged record survives as long as the object. */
export const memoryTopic = (name = 'memory'): Topic => {
  const log = new Log()
  return {
    name,
    end: async () => ({ [partition]: log.end }),
    read: (from, options = {}) => read(log, name, from, options),
    writer: async () => {
      if (!log.locked) return new MemoryWriter(log)
      throw new StreamError(
        'topic/locked',
        `"${name}" already has a writer in this process (pid ${process.pid}); close it first`,
      )
    },
  }
}
