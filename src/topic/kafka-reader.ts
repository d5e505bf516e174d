import { NetworkError } from '@platformatic/kafka'
import { reasonOf, StreamError } from '../std/error.ts'
import { kafkaName } from './kafka-address.ts'
import { insist, type KafkaClient, Patience } from './kafka-client.ts'
import { faultOf, isAbsent, isPassing, refusedFetch } from './kafka-fault.ts'
import { type Answered, Fetcher } from './kafka-fetcher.ts'
import { AbortedFilter, batchesOf, entriesOf } from './kafka-records.ts'
import { TopicWatch } from './kafka-watch.ts'
import { type Fetched, fault, isPassingFault } from './kafka-wire.ts'
import type { Batch, Entry, Position, ReadOptions } from './topic.ts'

const doing = 'read'

/** From where to where partitions are read; both move on as the topic does. */
interface Span {
  /** The next offset of each partition that is not at its end. */
  readonly positions: Map<number, number>
  /** Where each one ends; one that is not in it goes on for ever. */
  readonly ends: ReadonlyMap<number, number>
}

/** Of each partition: the first offset kept, and the end. */
const bordersOf = (client: KafkaClient, partitions: number): Promise<[first: number[], end: number[]]> =>
  Promise.all([client.offsets('first', partitions), client.offsets('end', partitions)])

/** Throttled, perhaps. */
const stalled = () => new NetworkError('the broker gives no records, though there are some')

const unlessAbsent = (thrown: unknown): undefined => {
  if (!isAbsent(thrown)) throw thrown
}

const offsetError = (client: KafkaClient, partition: number | string, offset: number, why: string) => {
  const place = `read "${kafkaName(client.address)}" from offset ${offset} of partition ${partition}`
  return new StreamError('topic/offset', `${place}: ${why}; read from its start`)
}

/** Where to begin: not before what is kept, and not behind the end. */
const startOf = (client: KafkaClient, partition: number, from: Position, first: number, end: number): number => {
  const offset = from[partition] ?? first
  if (!Number.isInteger(offset) || offset < 0) throw offsetError(client, partition, offset, 'that is no offset')
  if (offset > end) throw offsetError(client, partition, offset, `it ends at ${end}`)
  return Math.max(offset, first)
}

const refuseStrangers = (client: KafkaClient, from: Position, partitions: number) => {
  const stranger = Object.keys(from).find(name => !(Number(name) < partitions) && from[name] > 0)
  if (stranger !== undefined)
    throw offsetError(client, stranger, from[stranger], `the topic has the partitions 0 to ${partitions - 1}`)
}

/** Reads one topic, over outages, until its end or for ever. */
class Reading {
  readonly #client: KafkaClient
  readonly #watch: TopicWatch
  readonly #fetcher: Fetcher
  readonly #patience: Patience
  readonly #options: ReadOptions
  readonly #span: Span

  constructor(client: KafkaClient, watch: TopicWatch, span: Span, options: ReadOptions, stopped: Promise<undefined>) {
    this.#client = client
    this.#watch = watch
    this.#span = span
    this.#options = options
    this.#fetcher = new Fetcher(client, stopped)
    this.#patience = new Patience(client.limits.outageMsMax)
  }

  async *batches(): AsyncGenerator<Batch> {
    const { positions } = this.#span
    while (positions.size > 0 && !this.#isStopped) {
      this.#fetcher.ask(positions, this.#watch.shape.leaders)
      const answered = await this.#fetcher.next()
      if (answered === undefined) return
      const spans = answered.fetched.map(fetched => ({ fetched, from: this.#advance(fetched) }))
      await this.#recover(answered)
      // The next question is on its way while this answer is worked at.
      if (positions.size > 0) this.#fetcher.ask(positions, this.#watch.shape.leaders)
      for (const { fetched, from } of spans) yield* this.#unpack(fetched, from)
    }
  }

  get #isStopped(): boolean {
    return this.#options.signal?.aborted === true
  }

  /** Moves on behind what came; gives where it began. */
  #advance({ partition, records }: Fetched): number {
    const { positions, ends } = this.#span
    const from = positions.get(partition)
    if (from === undefined) return Number.POSITIVE_INFINITY
    const next = batchesOf(records).at(-1)?.next ?? from
    if (next >= (ends.get(partition) ?? Number.POSITIVE_INFINITY)) positions.delete(partition)
    else positions.set(partition, Math.max(from, next))
    return from
  }

  *#unpack({ partition, records, aborted }: Fetched, from: number): Generator<Batch> {
    const until = this.#span.ends.get(partition) ?? Number.POSITIVE_INFINITY
    const filter = new AbortedFilter(aborted)
    for (const batch of batchesOf(records)) {
      if (this.#isStopped) return
      if (!filter.takes(batch) || batch.next <= from || batch.first >= until) continue
      const entries = this.#entries(partition, () => entriesOf(batch, from, until), batch.first)
      if (entries.length > 0) yield { partition: String(partition), entries }
    }
  }

  #entries(partition: number, unpack: () => Entry[], first: number): Entry[] {
    try {
      return unpack()
    } catch (cause) {
      const place = `read "${kafkaName(this.#client.address)}", partition ${partition}, batch at offset ${first}`
      const message = `${place}: ${reasonOf(cause)}; the offsets before it can be read`
      throw new StreamError('topic/unreadable', message, { cause })
    }
  }

  /** Finds out what became of partitions that gave nothing but a fault, and of those that are new. */
  async #recover({ fetched, failure }: Answered): Promise<void> {
    const failed = fetched.filter(part => part.fault !== fault.none)
    for (const part of failed) if (part.fault === fault.offsetOutOfRange) await this.#comeBack(part.partition)
    const passing = failed.filter(part => part.fault !== fault.offsetOutOfRange)
    const refused = passing.find(part => !isPassingFault(part.fault))
    if (refused !== undefined) throw refusedFetch(refused)
    const isStalled = this.#options.follow !== true && fetched.every(({ records }) => records.length === 0)
    if (failure === undefined && passing.length === 0 && !isStalled) {
      this.#patience.reset()
      if (this.#watch.isStale) await this.#refresh(undefined)
    } else await this.#refresh(failure ?? (passing.length > 0 ? refusedFetch(passing[0]) : stalled()))
  }

  async #refresh(failure: unknown): Promise<void> {
    if (this.#isStopped) return
    if (failure !== undefined) {
      if (!isPassing(failure) || !(await this.#patience.goOn(this.#options.signal))) throw failure
    }
    try {
      await this.#watch.refresh()
      if (this.#options.follow) this.#addNewPartitions()
    } catch (thrown) {
      if (!isPassing(thrown)) throw thrown
    }
  }

  #addNewPartitions() {
    const { leaders } = this.#watch.shape
    for (let partition = 0; partition < leaders.length; partition++) {
      if (!this.#span.positions.has(partition)) this.#span.positions.set(partition, 0)
    }
  }

  /** Retention may have overtaken this reader; an offset behind the end means that the topic lost records. */
  async #comeBack(partition: number): Promise<void> {
    const at = this.#span.positions.get(partition)
    if (at === undefined) return
    await this.#refresh(undefined)
    const { length } = this.#watch.shape.leaders
    const borders = await insist(this.#patience, () => bordersOf(this.#client, length)).catch(unlessAbsent)
    // The next answer will say that the topic is not known, and then that is looked into.
    if (borders === undefined) return
    const [first, end] = borders
    if (at > end[partition]) throw offsetError(this.#client, partition, at, `it ends at ${end[partition]} now`)
    const until = this.#span.ends.get(partition) ?? Number.POSITIVE_INFINITY
    if (first[partition] >= until) this.#span.positions.delete(partition)
    else this.#span.positions.set(partition, Math.max(at, first[partition]))
  }
}

const untilOf = ({ follow = false, until }: ReadOptions, partition: number, end: number): number => {
  if (follow) return Number.POSITIVE_INFINITY
  return until === undefined ? end : Math.min(end, until[partition] ?? 0)
}

const spanOf = async (client: KafkaClient, partitions: number, from: Position, options: ReadOptions): Promise<Span> => {
  refuseStrangers(client, from, partitions)
  const [first, end] = await bordersOf(client, partitions)
  const positions = new Map<number, number>()
  const ends = new Map<number, number>()
  for (let partition = 0; partition < partitions; partition++) {
    const start = startOf(client, partition, from, first[partition], end[partition])
    const until = untilOf(options, partition, end[partition])
    if (start < until) positions.set(partition, start)
    if (!options.follow) ends.set(partition, until)
  }
  return { positions, ends }
}

const begin = async (client: KafkaClient, from: Position, options: ReadOptions, stopped: Promise<undefined>) => {
  const patience = new Patience(client.limits.firstContactMsMax)
  const { watch, span } = await insist(patience, async () => {
    const watch = await TopicWatch.begin(client, doing)
    return { watch, span: await spanOf(client, watch.shape.leaders.length, from, options) }
  })
  return new Reading(client, watch, span, options, stopped)
}

/** The end of each partition that can be read, transactions that are not yet decided left out. */
export const endOf = async (client: KafkaClient): Promise<Position> => {
  await using _ = client
  try {
    const patience = new Patience(client.limits.firstContactMsMax)
    const ends = await insist(patience, async () => {
      const { shape } = await TopicWatch.begin(client, doing)
      return client.offsets('end', shape.leaders.length)
    })
    return Object.fromEntries(ends.map((offset, partition) => [String(partition), offset]))
  } catch (thrown) {
    throw faultOf(thrown, client.address, doing)
  }
}

/** Takes the client over, and closes it. */
export async function* readKafka(client: KafkaClient, from: Position, options: ReadOptions): AsyncGenerator<Batch> {
  const { signal } = options
  const stopped = Promise.withResolvers<undefined>()
  const stop = () => stopped.resolve(undefined)
  signal?.addEventListener('abort', stop)
  try {
    if (signal?.aborted) return
    const reading = await Promise.race([begin(client, from, options, stopped.promise), stopped.promise])
    if (reading !== undefined) yield* reading.batches()
  } catch (thrown) {
    if (!signal?.aborted) throw faultOf(thrown, client.address, doing)
  } finally {
    signal?.removeEventListener('abort', stop)
    await client[Symbol.asyncDispose]()
  }
}
