import { type Connection, ProtocolError, type Reader, Writer } from '@platformatic/kafka'
import type { ProducerIdentity } from './kafka-batch.ts'
import type { Aborted } from './kafka-records.ts'

/**
 * Requests of Kafka's protocol, written and read here because the client library makes objects of every record on the
 * way. These versions know zstd, and every broker since 2.4 knows them.
 */
const produce = { key: 0, version: 8 }
const fetch = { key: 1, version: 11 }
const initProducer = { key: 22, version: 1 }

const allReplicas = -1
const readCommitted = 1
const sessionless = { id: 0, epoch: -1 }
const anyEpoch = -1

/** Kafka's own numbers for what went wrong with one partition. */
export const fault = {
  none: 0,
  offsetOutOfRange: 1,
  corrupt: 2,
  unknownTopic: 3,
  messageTooLarge: 10,
  topicRefused: 29,
  clusterRefused: 31,
  outOfOrder: 45,
  duplicate: 46,
  unknownProducer: 59,
} as const

/** Leaders move, replicas lag, disks come back: what may be well a moment later. */
const passing = new Set([3, 5, 6, 7, 8, 9, 13, 19, 20, 56, 72, 74, 75, 78, 89, 100, 103])

export const isPassingFault = (code: number): boolean => passing.has(code)

/** Reads an answer from front to back. */
class Cursor {
  readonly #bytes: Buffer
  #at = 0

  /** One piece, whatever the pieces were that came. */
  constructor(reader: Reader) {
    this.#bytes = reader.buffer.buffer
  }

  /** Moves on; gives where it was. */
  #pass(bytes: number): number {
    const at = this.#at
    this.#at += Math.max(0, bytes)
    return at
  }

  skip(bytes: number): void {
    this.#pass(bytes)
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#pass(2))
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#pass(4))
  }

  int64(): bigint {
    return this.#bytes.readBigInt64BE(this.#pass(8))
  }

  text(): string {
    const bytes = this.int16()
    const at = this.#pass(bytes)
    return this.#bytes.toString('utf8', at, this.#at)
  }

  bytes(): Buffer {
    const bytes = this.int32()
    const at = this.#pass(bytes)
    return this.#bytes.subarray(at, this.#at)
  }

  array<One>(one: () => One): One[] {
    return Array.from({ length: Math.max(0, this.int32()) }, one)
  }
}

const ask = <Answer>(
  connection: Connection,
  { key, version }: { key: number; version: number },
  body: Writer,
  parse: (c: Cursor) => Answer,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const parser = (_correlation: number, _key: number, _version: number, reader: Reader) => parse(new Cursor(reader))
    connection.send<Answer>(
      key,
      version,
      () => body,
      parser,
      false,
      false,
      (error: Error | null, answer?: Answer) => (error ? reject(error) : resolve(answer!)),
    )
  })

/** The number under which brokers know a producer's batches apart from their repeats: a new one each time. */
export const askIdentity = (connection: Connection, timeoutMs: number): Promise<ProducerIdentity> => {
  const body = Writer.create().appendString(null, false).appendInt32(timeoutMs)
  return ask(connection, initProducer, body, c => {
    c.skip(4)
    const code = c.int16()
    if (code !== fault.none) throw new ProtocolError(code)
    return { id: c.int64(), epoch: c.int16() }
  })
}

/** What the broker says of one partition's batch. */
export interface Produced {
  readonly partition: number
  readonly fault: number
  readonly message: string
}

const producedIn = (c: Cursor): Produced[] =>
  c
    .array(() => {
      c.text()
      return c.array(() => {
        const [partition, code] = [c.int32(), c.int16()]
        c.skip(3 * 8)
        const ofRecords = c.array(() => [c.int32(), c.text()].at(1) as string)
        const message = c.text()
        return { partition, fault: code, message: message || (ofRecords.find(Boolean) ?? '') }
      })
    })
    .flat()

/** Appends one finished batch to each partition, on all replicas in sync. */
export const sendBatches = (
  connection: Connection,
  topic: string,
  batches: ReadonlyMap<number, Buffer>,
  timeoutMs: number,
): Promise<Produced[]> => {
  const body = Writer.create().appendString(null, false).appendInt16(allReplicas).appendInt32(timeoutMs)
  body.appendInt32(1).appendString(topic, false).appendInt32(batches.size)
  for (const [partition, bytes] of batches) body.appendInt32(partition).appendInt32(bytes.length).append(bytes)
  return ask(connection, produce, body, producedIn)
}

export interface FetchLimits {
  readonly waitMs: number
  readonly bytesMax: number
  readonly partitionBytesMax: number
}

/** What lies in one partition from the asked offset on: bytes of batches, the last one maybe cut off. */
export interface Fetched {
  readonly partition: number
  readonly fault: number
  readonly aborted: readonly Aborted[]
  readonly records: Buffer
}

const fetchedIn = (c: Cursor): Fetched[] => {
  c.skip(4)
  const whole = c.int16()
  c.skip(4)
  const topics = c.array(() => {
    c.text()
    return c.array(() => {
      const [partition, code] = [c.int32(), c.int16()]
      c.skip(3 * 8)
      const aborted = c.array(() => ({ producerId: c.int64(), first: Number(c.int64()) }))
      c.skip(4)
      return { partition, fault: code, aborted, records: c.bytes() }
    })
  })
  return topics.flat().map(part => (whole === fault.none ? part : { ...part, fault: whole }))
}

/** What lies in the partitions behind the given offsets; waits `waitMs` for anything at all. */
export const fetchRecords = (
  connection: Connection,
  topic: string,
  from: ReadonlyMap<number, number>,
  { waitMs, bytesMax, partitionBytesMax }: FetchLimits,
): Promise<Fetched[]> => {
  const body = Writer.create().appendInt32(-1).appendInt32(waitMs).appendInt32(1).appendInt32(bytesMax)
  body.appendInt8(readCommitted).appendInt32(sessionless.id).appendInt32(sessionless.epoch)
  body.appendInt32(1).appendString(topic, false).appendInt32(from.size)
  for (const [partition, offset] of from) {
    body.appendInt32(partition).appendInt32(anyEpoch).appendInt64(BigInt(offset)).appendInt64(-1n)
    body.appendInt32(partitionBytesMax)
  }
  body.appendInt32(0).appendString('', false)
  return ask(connection, fetch, body, fetchedIn)
}
