import type { KafkaBroker } from './kafka-address.ts'
import type { ProducerIdentity, RecordBatch } from './kafka-batch.ts'
import { type KafkaClient, Patience } from './kafka-client.ts'
import { isPassing, refusedBatch } from './kafka-fault.ts'
import type { TopicWatch } from './kafka-watch.ts'
import { fault, type Produced, sendBatches } from './kafka-wire.ts'

/** Sequence numbers are 32 bits, and begin again at 0. */
const sequences = 2 ** 31

/** One batch that is ready to go, the same bytes at every try: so the broker knows a repeat. */
export type Finished = Buffer

/**
 * Sends rounds one after another, each until all of it is on all replicas in sync. At no time is more than one batch
 * of a partition on the way, and each is numbered: whatever is sent twice counts once, and nothing overtakes.
 */
export class Sender {
  readonly #client: KafkaClient
  readonly #watch: TopicWatch
  readonly #identity: ProducerIdentity
  readonly #nextSequence = new Map<number, number>()

  constructor(client: KafkaClient, watch: TopicWatch, identity: ProducerIdentity) {
    this.#client = client
    this.#watch = watch
    this.#identity = identity
  }

  /** Numbers and compresses what `send` takes; in the order in which it is to be sent. */
  async finish(batches: ReadonlyMap<number, RecordBatch>): Promise<Map<number, Finished>> {
    const finished = [...batches].map(async ([partition, batch]) => {
      const bytes = await batch.finish(this.#identity, this.#number(partition, batch.records))
      return [partition, bytes] as const
    })
    return new Map(await Promise.all(finished))
  }

  #number(partition: number, records: number): number {
    const sequence = this.#nextSequence.get(partition) ?? 0
    this.#nextSequence.set(partition, (sequence + records) % sequences)
    return sequence
  }

  /** Resolves once the brokers have all of it; what they took is taken from `waiting`. */
  async send(waiting: Map<number, Finished>): Promise<void> {
    const patience = new Patience(this.#client.limits.outageMsMax)
    if (this.#watch.isStale) await this.#refresh()
    while (waiting.size > 0) {
      const before = waiting.size
      const failure = await this.#try(waiting)
      if (waiting.size < before) patience.reset()
      if (failure === undefined) continue
      if (!isPassing(failure) || !(await patience.goOn())) throw failure
      await this.#refresh()
    }
  }

  /** A topic that is gone ends it; a broker that does not answer is told by the next try. */
  async #refresh(): Promise<void> {
    try {
      await this.#watch.refresh()
    } catch (thrown) {
      if (!isPassing(thrown)) throw thrown
    }
  }

  /** Takes from `waiting` what the brokers have; gives what went wrong with the rest. */
  async #try(waiting: Map<number, Finished>): Promise<unknown> {
    const { leaders } = this.#watch.shape
    const byLeader = Map.groupBy(waiting.keys(), partition => leaders[partition])
    const tries = [...byLeader].map(([leader, partitions]) => this.#tryLeader(leader, partitions, waiting))
    const results = await Promise.allSettled(tries)
    return results.find(result => result.status === 'rejected')?.reason
  }

  async #tryLeader(leader: KafkaBroker | undefined, partitions: readonly number[], waiting: Map<number, Finished>) {
    const batches = new Map(partitions.map(partition => [partition, waiting.get(partition)!]))
    const connection = await this.#client.connectTo(leader)
    const { topic } = this.#client.address
    const answers = await sendBatches(connection, topic, batches, this.#client.limits.requestMsMax)
    for (const answer of answers) this.#take(answer, waiting)
    const failed = answers.find(({ partition }) => waiting.has(partition))
    if (failed !== undefined) throw refusedBatch(this.#client.address, failed)
  }

  #take({ partition, fault: code }: Produced, waiting: Map<number, Finished>) {
    if (code === fault.none || code === fault.duplicate) waiting.delete(partition)
  }
}
