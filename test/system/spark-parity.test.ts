import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encode, recordIn } from '../../src/chunk/codec.ts'
import { FastLine } from '../../src/chunk/fast-line.ts'
import { embedded } from '../../src/cluster/embedded.ts'
import { recipeOf } from '../../src/cluster/recipes.ts'
import { consume, newProgress } from '../../src/consume/consume.ts'
import { kafkaTopic } from '../../src/topic/kafka.ts'
import type { KafkaAddress } from '../../src/topic/kafka-address.ts'
import { memoryWarehouse } from '../../src/warehouse/memory.ts'
import { answer, query } from '../consumed.ts'
import { sparkSkip } from '../spark.ts'
import { hardLog } from './hard-log.ts'
import { kafkaSkip, sharedBroker } from './kafka-broker.ts'
import { fill, newTopic } from './kafka-topics.ts'
import { SparkTable, type TableKind } from './spark-table.ts'

const skip = sparkSkip || (await kafkaSkip())
const isLong = process.env.TEXTSTREAM_LONG !== undefined

const broker = await sharedBroker(skip)

/** What the embedded engine makes of the same topic, which its own tests hold against the protocol. */
const embeddedTables = async (address: KafkaAddress) => {
  const [warehouse, progress] = [memoryWarehouse(), newProgress()]
  const settings = { features: 'classic' } as const
  await consume(kafkaTopic(address), warehouse, { clustering: embedded, recipeOf, settings, progress })
  return { warehouse, progress }
}

const columns: Readonly<Record<Exclude<TableKind, 'clusters'>, string>> = {
  chunks: 'agent_id, destination_uri, epoch_us(event_time) event_time, chunk, response_id, seq, end_reason, extra',
  openings:
    'agent_id, destination_uri, response_id, url, file, supersedes, epoch_us(requested_time) requested_time, "partition", topic_offset',
  endings:
    'agent_id, destination_uri, response_id, seq, epoch_us(event_time) event_time, reason, chunks, bytes, sha256, "partition", topic_offset',
  rejected: '"partition", topic_offset, reason, line',
}

const plain = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  return typeof value === 'bigint' ? Number(value) : value
}

const sorted = (rows: readonly Readonly<Record<string, unknown>>[], names: readonly string[]): string[] =>
  rows.map(row => JSON.stringify(names.map(name => plain(row[name])))).sort()

const linesIn = (bytes: Buffer): Buffer[] => {
  const lines: Buffer[] = []
  for (let from = 0; from < bytes.length; ) {
    const to = bytes.indexOf(0x0a, from)
    lines.push(bytes.subarray(from, to === -1 ? bytes.length : to))
    from = to === -1 ? bytes.length : to + 1
  }
  return lines
}

/** As our own producer would have written it: in the shape that Spark reads by itself, if nothing in it is odd. */
const asProduced = (line: Buffer): Buffer => {
  const record = recordIn(line)
  if (record === undefined) return line
  const { source: _, sourceExtra: __, supersedes: ___, ...rest } = record
  return encode({ ...rest, agent_id: 'Agent_Ada', event_time: '2026-11-23T08:37:04.000001' }).subarray(0, -1)
}

const linesOf = (seed: number, logs: number): Buffer[] =>
  fc
    .sample(hardLog, { seed, numRuns: logs })
    .flatMap(({ inputs }, n) =>
      [...inputs.values()].flatMap(linesIn).map(line => (n % 4 === 0 ? line : asProduced(line))),
    )

/** Characters cut in two among lines that Spark reads by itself, healed at once, later, or never. */
const halves = (): Buffer[] =>
  [
    ['one ', 'two \ud83d', '\ude00 three', 'four \ud83d', 'five', '\ude00', 'six \ud83d'],
    ['\ud83d', 'one', 'two'],
    ['one', 'two', '\ude00 three'],
  ]
    .flatMap((pieces, n) => answer(`h${n}`, pieces))
    .map(line => Buffer.from(line.trimEnd()))

const isPlain = (line: Buffer) => new FastLine().read(line, 0, line.length)

const newline = Buffer.from('\n')

test('whatever a topic holds, Spark leaves the rows that the embedded engine leaves, in batches cut anywhere', {
  skip,
  timeout: 300_000,
}, async () => {
  await using table = new SparkTable('parity')
  const address = await newTopic(broker, 1)
  const lines = [...halves(), ...linesOf(7, isLong ? 400 : 60), ...halves()]
  const share = lines.filter(isPlain).length / lines.length
  assert.ok(share > 0.3 && share < 0.7, `${share} of the lines are plain ones`)
  const written = lines.map(line => Buffer.concat([line, newline]))
  await fill(address, written)
  // So few answers are remembered that most are looked up in the tables when they go on.
  const limits = { batchRecordsMax: Math.ceil(lines.length / 3), answersMax: 5 }
  const ours = await table.consume(address, { limits })
  const { warehouse, progress } = await embeddedTables(address)
  for (const kind of ['chunks', 'openings', 'endings', 'rejected'] as const) {
    const from = kind === 'chunks' ? 'chunks_clustered' : kind
    const expected = await query<Record<string, unknown>>(warehouse, `select ${columns[kind]} from ${from}`)
    const names = Object.keys(expected[0])
    assert.deepEqual(sorted(await table.rows(kind), names), sorted(expected, names), kind)
  }
  const counted = ({ records, rows, malformed, repeats, conflicts }: typeof ours) => ({
    records,
    rows,
    malformed,
    repeats,
    conflicts,
  })
  assert.deepEqual(counted(ours), counted(progress))
  assert.ok(ours.repeats > 0 && ours.conflicts > 0 && ours.malformed > 0)
})
