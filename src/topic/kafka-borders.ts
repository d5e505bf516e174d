import type { KafkaAddress } from './kafka-address.ts'
import { clientLimits, insist, KafkaClient, Patience } from './kafka-client.ts'
import { faultOf } from './kafka-fault.ts'
import type { KafkaSecurity } from './kafka-security.ts'
import { TopicWatch } from './kafka-watch.ts'
import type { Position } from './topic.ts'

const doing = 'read'

export interface Borders {
  /** The first offset that is kept, of each partition. */
  readonly first: Position
  /** Behind the last record that can be read. */
  readonly end: Position
}

/** Where a topic begins and ends, asked again and again over the same connections. */
export class KafkaBorders implements AsyncDisposable {
  readonly #client: KafkaClient
  #watch: TopicWatch | undefined

  constructor(address: KafkaAddress, security: KafkaSecurity = {}) {
    this.#client = new KafkaClient(address, security, clientLimits)
  }

  /** Waits for brokers that are gone for a while, but not when it asks for the first time. */
  async ask(signal?: AbortSignal): Promise<Borders> {
    const { firstContactMsMax, outageMsMax } = this.#client.limits
    try {
      const patience = new Patience(this.#watch === undefined ? firstContactMsMax : outageMsMax)
      return await insist(patience, () => this.#ask(), signal)
    } catch (thrown) {
      throw faultOf(thrown, this.#client.address, doing)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]()
  }

  async #ask(): Promise<Borders> {
    if (this.#watch === undefined) this.#watch = await TopicWatch.begin(this.#client, doing)
    else await this.#watch.refresh()
    const { length } = this.#watch.shape.leaders
    const [first, end] = await Promise.all([this.#client.offsets('first', length), this.#client.offsets('end', length)])
    return { first: positionOf(first), end: positionOf(end) }
  }
}

const positionOf = (offsets: readonly number[]): Position =>
  Object.fromEntries(offsets.map((offset, partition) => [String(partition), offset]))
