import type { KafkaBroker } from './kafka-address.ts'
import type { KafkaClient } from './kafka-client.ts'
import { type Fetched, fetchRecords } from './kafka-wire.ts'

/** So much of the topic is asked for at once, compressed as it is; a single larger batch comes nevertheless. */
export const fetchBytesMax = 8 * 1024 * 1024
export const fetchPartitionBytesMax = 4 * 1024 * 1024
/** A broker that has nothing new answers after this. */
export const fetchWaitMs = 500

const limits = { waitMs: fetchWaitMs, bytesMax: fetchBytesMax, partitionBytesMax: fetchPartitionBytesMax }

/** An answer, or why there is none, of one leader about some partitions. */
export interface Answered {
  readonly leader: KafkaBroker | undefined
  readonly partitions: readonly number[]
  readonly fetched: readonly Fetched[]
  readonly failure?: unknown
}

/** Keeps at most one question open with each leader, so that what waits in memory is bounded. */
export class Fetcher {
  readonly #client: KafkaClient
  readonly #open = new Map<string, Promise<Answered>>()
  readonly #stopped: Promise<undefined>
  #turn = 0

  constructor(client: KafkaClient, stopped: Promise<undefined>) {
    this.#client = client
    this.#stopped = stopped
  }

  /** Asks each leader that is not being asked already for what lies behind the positions. */
  ask(positions: ReadonlyMap<number, number>, leaders: readonly (KafkaBroker | undefined)[]): void {
    const byLeader = Map.groupBy(positions.keys(), partition => keyOf(leaders[partition]))
    for (const [key, partitions] of byLeader) {
      if (this.#open.has(key)) continue
      const from = new Map(this.#turned(partitions).map(partition => [partition, positions.get(partition)!]))
      this.#open.set(key, this.#fetch(leaders[partitions[0]], from))
    }
  }

  /** The first answer that is there; `undefined` once the reading is stopped. */
  async next(): Promise<Answered | undefined> {
    const answered = await Promise.race([this.#stopped, ...this.#open.values()])
    if (answered !== undefined) this.#open.delete(keyOf(answered.leader))
    return answered
  }

  /** The broker fills its answer from the front: each partition is at the front in its turn. */
  #turned(partitions: readonly number[]): readonly number[] {
    const at = this.#turn++ % partitions.length
    return [...partitions.slice(at), ...partitions.slice(0, at)]
  }

  async #fetch(leader: KafkaBroker | undefined, from: ReadonlyMap<number, number>): Promise<Answered> {
    const partitions = [...from.keys()]
    try {
      const connection = await this.#client.connectTo(leader)
      const fetched = await fetchRecords(connection, this.#client.address.topic, from, limits)
      return { leader, partitions, fetched }
    } catch (failure) {
      return { leader, partitions, fetched: [], failure }
    }
  }
}

const keyOf = (leader: KafkaBroker | undefined) => (leader === undefined ? '' : `${leader.host}:${leader.port}`)
