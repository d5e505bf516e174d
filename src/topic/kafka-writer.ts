import { asBuffer } from '../std/bytes.ts'
import type { Clock } from '../std/clock.ts'
import { StreamError } from '../std/error.ts'
import { InFlight, Linger, type Pool } from './group-commit.ts'
import { kafkaName } from './kafka-address.ts'
import type { RecordBatch } from './kafka-batch.ts'
import { insist, type KafkaClient, Patience } from './kafka-client.ts'
import { faultOf } from './kafka-fault.ts'
import { partitionOf } from './kafka-partitions.ts'
import { batchPool, Round } from './kafka-rounds.ts'
import { Sender } from './kafka-sender.ts'
import { TopicWatch } from './kafka-watch.ts'
import { faultInLines, hasLineLongerThan } from './lines.ts'
import { batchesOf, watchInFlight } from './metrics.ts'
import type { TopicWriter } from './topic.ts'

/** Appended but not yet acknowledged; `ready()` waits while there is more. Callers that wait may overshoot by one append each. */
export const inFlightBytesMax = 8 * 1024 * 1024
/** Of one partition, before compression; a single record may be larger. Below what brokers take unless told otherwise. */
export const batchBytesMax = 1_000_000
/** Under load, rounds follow each other no faster than this, so that small appends share a request. */
export const lingerMs = 2
/** A round of this size lingers no longer. */
export const lingerBytesMax = 256 * 1024
/** What a batch of one record has beside key and value, at most. */
const overheadBytesMax = 256
/** What cannot be compressed becomes a little longer. */
const growthMax = 1.005

export interface KafkaWriterLimits {
  readonly inFlightBytesMax: number
  readonly batchBytesMax: number
  readonly lingerMs: number
  readonly lingerBytesMax: number
}

export const kafkaWriterLimits: KafkaWriterLimits = { inFlightBytesMax, batchBytesMax, lingerMs, lingerBytesMax }

const doing = 'append to'
const batches = batchesOf('kafka')

/** Gathers while a round is on the way; rounds go one after another, so appends resolve in the order of the calls. */
class KafkaWriter implements TopicWriter {
  readonly #client: KafkaClient
  readonly #sender: Sender
  readonly #limits: KafkaWriterLimits
  readonly #clock: Clock
  readonly #partitions: number
  readonly #messageBytesMax: number
  readonly #pool: Pool<RecordBatch>
  readonly #inFlight: InFlight
  readonly #linger: Linger
  readonly #rounds: Round[]
  readonly #watched = watchInFlight('kafka', () => this.#inFlight.bytes)
  #committing: Promise<void> | undefined
  #refusal: StreamError | undefined

  constructor(client: KafkaClient, sender: Sender, topic: TopicFacts, limits: KafkaWriterLimits, clock: Clock) {
    this.#client = client
    this.#sender = sender
    this.#partitions = topic.partitions
    this.#messageBytesMax = topic.messageBytesMax
    this.#limits = limits
    this.#clock = clock
    this.#pool = batchPool(limits.batchBytesMax, limits.inFlightBytesMax)
    this.#inFlight = new InFlight(limits.inFlightBytesMax)
    this.#linger = new Linger(limits.lingerMs, () => this.#isFull)
    this.#rounds = [new Round(this.#pool)]
  }

  append(destinationUri: string, lines: Uint8Array): Promise<void> {
    const key = Buffer.from(destinationUri)
    const refusal = this.#refusal ?? faultInLines(lines) ?? this.#tooLong(key, lines)
    if (refusal !== undefined) return Promise.reject(refusal)
    this.#gather(key, asBuffer(lines))
    this.#inFlight.add(lines.length)
    const round = this.#rounds.at(-1)!
    round.appends++
    this.#committing ??= this.#commitAll()
    this.#linger.appended()
    return round.durable
  }

  ready(): Promise<void> {
    return this.#inFlight.ready(() => this.#refusal !== undefined)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const name = kafkaName(this.#client.address)
    this.#refusal ??= new StreamError(
      'topic/append',
      `append to "${name}": its writer was closed; ask the topic for a new one`,
    )
    await this.#committing
    this.#watched[Symbol.dispose]()
    await this.#client[Symbol.asyncDispose]()
  }

  #gather(key: Buffer, lines: Buffer) {
    const partition = partitionOf(key, this.#partitions)
    const nowMs = Math.floor(this.#clock() / 1000)
    for (let from = 0; from < lines.length; ) {
      from = this.#rounds.at(-1)!.add(partition, key, lines, from, nowMs)
      if (from < lines.length) this.#turnOver()
    }
  }

  /** What is full is compressed while others are on their way. */
  #turnOver() {
    this.#rounds.at(-1)!.finish(this.#sender)
    this.#rounds.push(new Round(this.#pool))
  }

  /** The first round takes no more, or is large enough to go. */
  get #isFull(): boolean {
    return this.#rounds.length > 1 || this.#rounds[0].bytes >= this.#limits.lingerBytesMax
  }

  #tooLong(key: Buffer, lines: Uint8Array): StreamError | undefined {
    const bytesMax = Math.floor((this.#messageBytesMax - overheadBytesMax) / growthMax) - key.length
    if (!hasLineLongerThan(lines, bytesMax)) return undefined
    const name = kafkaName(this.#client.address)
    const todo = 'raise its max.message.bytes, or cut the text smaller'
    return new StreamError(
      'topic/line',
      `append to "${name}": a line is longer than ${bytesMax} bytes, what the topic takes of one message; ${todo}`,
    )
  }

  async #commitAll(): Promise<void> {
    while (this.#rounds.length > 1 || this.#rounds[0].appends > 0) {
      await this.#linger.turn()
      const round = this.#rounds.shift()!
      if (this.#rounds.length === 0) this.#rounds.push(new Round(this.#pool))
      await this.#commit(round)
    }
    this.#committing = undefined
  }

  async #commit(round: Round): Promise<void> {
    this.#linger.begin(round.appends)
    try {
      await this.#sender.send(await round.finish(this.#sender))
      this.#inFlight.remove(round.bytes)
      batches.durable(round)
      round.resolve()
    } catch (thrown) {
      this.#fail(round, thrown)
    }
    this.#inFlight.wake()
  }

  #fail(round: Round, thrown: unknown) {
    this.#refusal = faultOf(thrown, this.#client.address, doing, 'topic/append')
    batches.failed()
    for (const rejected of [round, ...this.#rounds]) rejected.reject(this.#refusal)
    this.#rounds.splice(0, this.#rounds.length, new Round(this.#pool))
  }
}

interface TopicFacts {
  readonly partitions: number
  readonly messageBytesMax: number
}

export const openKafkaWriter = async (
  client: KafkaClient,
  limits: KafkaWriterLimits,
  clock: Clock,
): Promise<TopicWriter> => {
  try {
    const patience = new Patience(client.limits.firstContactMsMax)
    const watch = await insist(patience, () => TopicWatch.begin(client, doing))
    const identity = await insist(patience, () => client.identity())
    const messageBytesMax = await client.messageBytesMax()
    const topic = { partitions: watch.shape.leaders.length, messageBytesMax }
    return new KafkaWriter(client, new Sender(client, watch, identity), topic, limits, clock)
  } catch (thrown) {
    await client[Symbol.asyncDispose]()
    throw faultOf(thrown, client.address, doing, 'topic/unwritable')
  }
}
