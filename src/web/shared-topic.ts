import { StreamError } from '../std/error.ts'
import type { Batch, Position, ReadOptions, Topic, TopicWriter } from '../topic/topic.ts'

/** A writer that nobody holds is given back after this, where others may want to write, too. */
const idleMsMax = 30_000

export interface SharedTopicOptions {
  /** Takes the right to write at once and keeps it; otherwise it is taken when it is needed, and given back. */
  readonly keeps: boolean
}

/** One of those who write. What it appended is durable once it is disposed of; the writer itself goes on. */
class Lease implements TopicWriter {
  readonly #writer: TopicWriter
  readonly #failed: () => void
  readonly #returned: () => void
  #last: Promise<void> = Promise.resolve()
  #isOpen = true

  constructor(writer: TopicWriter, failed: () => void, returned: () => void) {
    this.#writer = writer
    this.#failed = failed
    this.#returned = returned
  }

  append(destinationUri: string, lines: Uint8Array): Promise<void> {
    if (!this.#isOpen) return Promise.reject(new StreamError('topic/append', 'append to a writer that was closed'))
    const appended = this.#writer.append(destinationUri, lines)
    if (this.#last !== appended) {
      this.#last = appended
      appended.catch(thrown => isRefusal(thrown) || this.#failed())
    }
    return appended
  }

  ready(): Promise<void> {
    return this.#writer.ready()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    await this.#last.catch(() => {})
    this.#returned()
  }
}

/** Of these lines alone: the writer goes on. */
const isRefusal = (thrown: unknown) => thrown instanceof StreamError && thrown.code === 'topic/line'

/**
 * A topic whose one writer is shared by all who write in this process. If an append fails, whoever asks next gets a new
 * writer. What is read is the topic's own.
 */
export class SharedTopic implements Topic, AsyncDisposable {
  readonly #topic: Topic
  readonly #keeps: boolean
  #writer: Promise<TopicWriter> | undefined
  #closing: Promise<void> = Promise.resolve()
  #leases = 0
  #idle: NodeJS.Timeout | undefined

  constructor(topic: Topic, { keeps }: SharedTopicOptions) {
    this.#topic = topic
    this.#keeps = keeps
  }

  get name(): string {
    return this.#topic.name
  }

  end(): Promise<Position> {
    return this.#topic.end()
  }

  read(from: Position, options?: ReadOptions): AsyncIterable<Batch> {
    return this.#topic.read(from, options)
  }

  async writer(): Promise<TopicWriter> {
    clearTimeout(this.#idle)
    this.#leases++
    try {
      const opened = this.#open()
      return new Lease(await opened, () => this.#renounce(opened), this.#returned)
    } catch (thrown) {
      this.#returned()
      throw thrown
    }
  }

  #open(): Promise<TopicWriter> {
    if (this.#writer !== undefined) return this.#writer
    const opening = this.#closing.then(() => this.#topic.writer())
    opening.catch(() => {
      if (this.#writer === opening) this.#writer = undefined
    })
    this.#writer = opening
    return opening
  }

  #renounce(opened: Promise<TopicWriter>) {
    if (this.#writer !== opened) return
    this.#writer = undefined
    this.#closing = opened.then(writer => writer[Symbol.asyncDispose]()).catch(() => {})
  }

  readonly #returned = () => {
    if (--this.#leases > 0 || this.#keeps) return
    this.#idle = setTimeout(() => this.#writer && this.#renounce(this.#writer), idleMsMax).unref()
  }

  /** Waits for all that was appended, then gives the right to append back. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#idle)
    if (this.#writer !== undefined) this.#renounce(this.#writer)
    await this.#closing
  }
}
