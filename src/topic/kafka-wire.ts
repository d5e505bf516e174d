import { type Connection, type Reader, Writer } from '@platformatic/kafka'
import type { Aborted } from './kafka-records.ts'

/**
 * Two requests of Kafka's protocol, written and read here because the client library makes objects of every record on
 * the way. Both versions know zstd, and every broker since 2.4 knows them.
 */
const produce = { key: 0, version: 8 }
const fetch = { key: 1, version: 11 }

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

interface Cursor {
  readonly bytes: Buffer
  at: number
}

const int16 = (c: Cursor) => c.bytes.readInt16BE((c.at += 2) - 2)
const int32 = (c: Cursor) => c.bytes.readInt32BE((c.at += 4) - 4)
const int64 = (c: Cursor) => c.bytes.readBigInt64BE((c.at += 8) - 8)
const skip = (c: Cursor, bytes: number) => {
  c.at += Math.max(0, bytes)
}

const text = (c: Cursor): string => {
  const bytes = int16(c)
  return bytes < 0 ? '' : c.bytes.toString('utf8', c.at, (c.at += bytes))
}

const array = <One>(c: Cursor, one: (c: Cursor) => One): One[] =>
  Array.from({ length: Math.max(0, int32(c)) }, () => one(c))

/** One piece, whatever the pieces were that came. */
const cursorOf = (reader: Reader): Cursor => ({ bytes: reader.buffer.buffer, at: 0 })

const ask = <Answer>(
  connection: Connection,
  { key, version }: { key: number; version: number },
  body: Writer,
  parse: (c: Cursor) => Answer,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const parser = (_correlation: number, _key: number, _version: number, reader: Reader) => parse(cursorOf(reader))
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

/** What the broker says of one partition's batch. */
export interface Produced {
  readonly partition: number
  readonly fault: number
  readonly message: string
}

const producedIn = (c: Cursor): Produced[] =>
  array(c, () => {
    text(c)
    return array(c, () => {
      const [partition, code] = [int32(c), int16(c)]
      skip(c, 3 * 8)
      const ofRecords = array(c, () => [int32(c), text(c)].at(1) as string)
      const message = text(c)
      return { partition, fault: code, message: message || (ofRecords.find(Boolean) ?? '') }
    })
  }).flat()

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
  skip(c, 4)
  const whole = int16(c)
  skip(c, 4)
  const parts = array(c, () => {
    text(c)
    return array(c, () => {
      const [partition, code] = [int32(c), int16(c)]
      skip(c, 3 * 8)
      const aborted = array(c, () => ({ producerId: int64(c), first: Number(int64(c)) }))
      skip(c, 4)
      const bytes = Math.max(0, int32(c))
      const records = c.bytes.subarray(c.at, (c.at += bytes))
      return { partition, fault: code, aborted, records }
    })
  }).flat()
  return whole === fault.none ? parts : parts.map(part => ({ ...part, fault: whole }))
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
