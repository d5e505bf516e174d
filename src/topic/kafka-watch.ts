import type { KafkaClient, Shape } from './kafka-client.ts'
import { gone, isAbsent, notFound } from './kafka-fault.ts'

/** What is known of a topic's partitions and their leaders, kept fresh; and whether it is still the same topic. */
export class TopicWatch {
  readonly #client: KafkaClient
  readonly #doing: string
  #shape: Shape
  #askedAt = performance.now()
  #absentSince: number | undefined

  constructor(client: KafkaClient, shape: Shape, doing: string) {
    this.#client = client
    this.#shape = shape
    this.#doing = doing
  }

  /** Rejects with `topic/not-found` if there is no such topic. */
  static async begin(client: KafkaClient, doing: string): Promise<TopicWatch> {
    try {
      return new TopicWatch(client, await client.shape(), doing)
    } catch (thrown) {
      throw isAbsent(thrown) ? notFound(client.address, doing) : thrown
    }
  }

  get shape(): Shape {
    return this.#shape
  }

  get isStale(): boolean {
    return performance.now() - this.#askedAt >= this.#client.limits.shapeMsMax
  }

  /**
   * Asks anew. A broker that restarts may not know the topic for a moment; `topic/not-found` if that lasts, or if the
   * topic is another one by now.
   */
  async refresh(): Promise<void> {
    try {
      const shape = await this.#client.shape()
      if (shape.id !== this.#shape.id) throw gone(this.#client.address, this.#doing)
      this.#shape = shape
      this.#absentSince = undefined
      this.#askedAt = performance.now()
    } catch (thrown) {
      if (!isAbsent(thrown)) throw thrown
      this.#absentSince ??= performance.now()
      if (performance.now() - this.#absentSince >= this.#client.limits.absentMsMax)
        throw gone(this.#client.address, this.#doing)
    }
  }
}
