import { isIP } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Admin, type Connection, NetworkError } from '@platformatic/kafka'
import type { KafkaAddress, KafkaBroker } from './kafka-address.ts'
import type { ProducerIdentity } from './kafka-batch.ts'
import { isPassing } from './kafka-fault.ts'
import type { KafkaSecurity } from './kafka-security.ts'
import { askIdentity } from './kafka-wire.ts'

/** A broker that does not answer for so long is taken for dead, and its connection is closed. */
export const requestMsMax = 15_000
export const connectMsMax = 5_000
/** Who begins is told soon that nobody is there: the port may be a wrong one. */
export const firstContactMsMax = 2_000
/** Who is at work waits for a broker that restarts. */
export const outageMsMax = 120_000
/** A topic that is said to be gone may only not be known yet to a broker that restarts. */
export const absentMsMax = 5_000
/** Leaders and partitions are asked for again so often. */
export const shapeMsMax = 5_000
/** The wait between two tries doubles from the first to the second. */
export const backoffMsMin = 50
export const backoffMsMax = 1_000

/** Kafka's own, for who may not ask. */
const messageBytesMaxDefault = 1_048_588

export interface ClientLimits {
  readonly requestMsMax: number
  readonly firstContactMsMax: number
  readonly outageMsMax: number
  readonly absentMsMax: number
  readonly shapeMsMax: number
}

export const clientLimits: ClientLimits = {
  requestMsMax,
  firstContactMsMax,
  outageMsMax,
  absentMsMax,
  shapeMsMax,
}

/** What a cluster says of a topic. */
export interface Shape {
  /** Another one means that the topic was deleted and made anew. */
  readonly id: string
  /** Who leads each partition; `undefined` while nobody does. */
  readonly leaders: readonly (KafkaBroker | undefined)[]
}

const optionsOf = (address: KafkaAddress, { tls, sasl }: KafkaSecurity, { requestMsMax }: ClientLimits) => ({
  clientId: 'textstream',
  bootstrapBrokers: address.brokers.map(({ host, port }) => ({ host, port })),
  connectTimeout: Math.min(connectMsMax, requestMsMax),
  requestTimeout: requestMsMax,
  timeout: requestMsMax,
  retries: 0,
  autocreateTopics: false,
  ...(tls !== undefined && {
    tls: tls.ca === undefined ? {} : { ca: tls.ca },
    tlsServerName: !address.brokers.every(({ host }) => isIP(host) !== 0),
  }),
  ...(sasl !== undefined && { sasl: { mechanism: 'PLAIN' as const, ...sasl } }),
})

/** Connections to the brokers of one topic, for one reader or writer. */
export class KafkaClient implements AsyncDisposable {
  readonly address: KafkaAddress
  readonly limits: ClientLimits
  readonly #admin: Admin

  constructor(address: KafkaAddress, security: KafkaSecurity, limits: ClientLimits) {
    this.address = address
    this.limits = limits
    this.#admin = new Admin(optionsOf(address, security, limits))
    // The library listens for one error of a connection; a second one would end the process.
    this.#admin.connections.on('connecting', ({ connection }: { connection: Connection }) => {
      connection.on('error', () => {})
    })
  }

  get admin(): Admin {
    return this.#admin
  }

  async shape(): Promise<Shape> {
    const { topic } = this.address
    const { topics, brokers } = await this.#admin.metadata({ topics: [topic], forceUpdate: true })
    const found = topics.get(topic)!
    return { id: found.id, leaders: found.partitions.map(({ leader }) => brokers.get(leader)) }
  }

  /** A passing fault if nobody leads. */
  async connectTo(leader: KafkaBroker | undefined): Promise<Connection> {
    if (leader === undefined) throw new NetworkError('no broker leads the partition at the moment')
    return await this.#admin.connections.get(leader)
  }

  /** What the topic takes of one batch. */
  async messageBytesMax(): Promise<number> {
    const asked = { resourceType: 2, resourceName: this.address.topic, configurationKeys: ['max.message.bytes'] }
    const options = { resources: [asked], includeSynonyms: false, includeDocumentation: false }
    const [described] = await this.#admin.describeConfigs(options as never).catch(() => [])
    return Number(described?.configs[0]?.value ?? messageBytesMaxDefault)
  }

  /** The first offset kept, or the one behind the last record that can be read, of each partition. */
  async offsets(which: 'first' | 'end', partitions: number): Promise<number[]> {
    const timestamp = which === 'first' ? -2n : -1n
    const asked = Array.from({ length: partitions }, (_, partitionIndex) => ({ partitionIndex, timestamp }))
    const topics = [{ name: this.address.topic, partitions: asked }]
    const [answer] = await this.#admin.listOffsets({ topics, isolationLevel: 1 })
    const offsets: number[] = []
    for (const { partitionIndex, offset } of answer.partitions) offsets[partitionIndex] = Number(offset)
    return offsets
  }

  async identity(): Promise<ProducerIdentity> {
    const connection = await this.#admin.connections.getFirstAvailable([...this.address.brokers])
    return askIdentity(connection, this.limits.requestMsMax)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#admin.close().catch(() => {})
  }
}

/** Waits between tries, longer from one to the next, and knows when it was too long. */
export class Patience {
  readonly #outageMsMax: number
  #since: number | undefined
  #waitMs = backoffMsMin

  constructor(outageMsMax: number) {
    this.#outageMsMax = outageMsMax
  }

  /** Something worked. */
  reset(): void {
    this.#since = undefined
    this.#waitMs = backoffMsMin
  }

  /** False if it has not worked for too long; otherwise waits a while. */
  async goOn(signal?: AbortSignal): Promise<boolean> {
    const now = performance.now()
    this.#since ??= now
    if (now - this.#since >= this.#outageMsMax) return false
    await sleep(this.#waitMs, undefined, signal === undefined ? {} : { signal }).catch(() => {})
    this.#waitMs = Math.min(this.#waitMs * 2, backoffMsMax)
    return true
  }
}

/** Tries until it works, what is thrown is no passing fault, or patience ends. */
export const insist = async <Result>(
  patience: Patience,
  work: () => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> => {
  for (;;) {
    try {
      const result = await work()
      patience.reset()
      return result
    } catch (thrown) {
      if (!isPassing(thrown) || !(await patience.goOn(signal))) throw thrown
      if (signal?.aborted) throw thrown
    }
  }
}
