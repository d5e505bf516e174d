/** Measures Kafka as the topic: our client beside Kafka's own tools, and the whole path. */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { say } from '../src/cli/run.ts'
import { StreamError } from '../src/std/error.ts'
import { type KafkaAddress, kafkaAddressOf, kafkaName } from '../src/topic/kafka-address.ts'
import { createKafkaTopic } from '../src/topic/kafka-create.ts'
import { batchBytesMax } from '../src/topic/kafka-writer.ts'
import { benchCommand, positive, runBench } from './command.ts'
import { latencyTable, measurePacedRows } from './consume-paced.ts'
import { installTools, javaConsumer, javaProducer } from './kafka-peer.ts'
import { startOn } from './machine.ts'
import { type Cost, measured, medianCost, type Program, runProgram } from './measure.ts'
import type { Pace } from './paced.ts'
import { type Comparison, compare, runPairs, sayCost, sayRatio } from './pairs.ts'
import { makeTexts, type Texts } from './produce-texts.ts'
import { runScenario } from './scenario.ts'
import { Served } from './served.ts'
import type { Size } from './sizes.ts'

const bin = join(import.meta.dirname, '../bin/textstream')
const client = join(import.meta.dirname, 'kafka-client.ts')
const payloadLines = 20_000

const pace: Pace = { streams: 50, rate: 40, seconds: 120, dropSeconds: 20 }

const shapes: Readonly<Record<string, Size>> = {
  large: { documents: 50, characters: 5_000_000, chunk: 1024 },
  tokens: { documents: 20, characters: 250_000, chunk: 5 },
}

interface Flags {
  readonly kafkaBrokerPort: string
  readonly texts: string
  readonly out: string
  readonly records: number
  readonly bytes: number
  readonly partitions: number
  readonly pairs: number
  readonly json: boolean
}

const newTopic = async (name: string, { kafkaBrokerPort, partitions }: Flags): Promise<KafkaAddress> => {
  const address = kafkaAddressOf(kafkaBrokerPort, `bench-${name}-${process.pid}-${Math.floor(performance.now())}`)
  await createKafkaTopic(address, { partitions, replication: 1 })
  return address
}

/** Records as `produce` writes them, each of exactly so many bytes, with text that compresses as text does. */
const makePayload = async (path: string, { texts, bytes }: Flags) => {
  const names = ['bicycles.md', 'bread.txt', 'garden-year.txt', 'lease-of-a-boathouse.txt', 'night-sky.txt']
  const read = await Promise.all(names.map(name => readFile(join(texts, name), 'latin1')))
  const text = read.join(' ').replace(/[^ -~]|["\\]/g, ' ')
  const lines = Array.from({ length: payloadLines }, (_, seq) => {
    const time = `2026-11-23T08:37:${String(seq % 60).padStart(2, '0')}.${String((seq * 7919) % 1_000_000).padStart(6, '0')}Z`
    const behind = `","agent_id":"Agent_Ada","destination_uri":"/${seq % 64}.md","event_time":"${time}","response_id":"20261123083704123456-abcdef${seq % 64}","seq":${seq}}`
    const room = bytes - behind.length - '{"chunk":"'.length
    const from = (seq * 7919) % (text.length - room)
    return `{"chunk":"${text.slice(from, from + room)}${behind}`
  })
  if (lines[0].length !== bytes) throw new StreamError('bench/usage', `--bytes ${bytes} is too few for a record`)
  await writeFile(path, `${lines.join('\n')}\n`)
}

const ours = (...args: string[]): Program => ({
  program: process.execPath,
  args: ['--disable-warning=ExperimentalWarning', client, ...args],
})

/** In turn, each with a topic of its own. */
const compareInTurn = async (count: number, one: () => Promise<readonly [a: Cost, b: Cost]>): Promise<Comparison> => {
  const pairs = await runPairs(count, one, sayCost)
  return compare(pairs.map(([a, b]) => ({ a, b })))
}

const rowsOf = (what: string, units: number, { a, b, wall, cpu }: Comparison) =>
  `| ${[what, ...[a, b].map(({ wallSeconds }) => Math.round(units / wallSeconds).toLocaleString('en')), sayCost(a), sayCost(b), sayRatio(wall), sayRatio(cpu)].join(' | ')} |`

const head = (
  unit: string,
  b: string,
) => `| what | A: ${unit}/s | B: ${unit}/s | A: textstream | B: ${b} | wall ratio | CPU ratio |
| --- | --- | --- | --- | --- | --- | --- |`

const compareClients = async (dir: string, flags: Flags) => {
  await installTools()
  const { records, bytes, pairs } = flags
  const payload = join(dir, 'payload.ndjson')
  await makePayload(payload, flags)
  let filled: KafkaAddress | undefined
  const produced = await compareInTurn(pairs, async () => {
    const [own, other] = [await newTopic('ours', flags), await newTopic('java', flags)]
    const a = await measured(ours('produce', kafkaName(own), payload, String(records)))
    const b = await measured(javaProducer(other, payload, records, batchBytesMax))
    filled = own
    return [a, b]
  })
  const consumed = await compareInTurn(pairs, async () => [
    await measured(ours('consume', kafkaName(filled!), String(records))),
    await measured(javaConsumer(filled!, records)),
  ])
  const what = `${records.toLocaleString('en')} records of ${bytes} bytes, ${flags.partitions} partitions, zstd`
  const table = [
    head('records', "Kafka's tools"),
    rowsOf(`produce: ${what}, acks=all, idempotent`, records, produced),
    rowsOf(`consume: ${what}`, records, consumed),
  ]
  return { report: { produced, consumed }, table: table.join('\n') }
}

const carry = async (texts: Texts, { chunk }: Size, to: readonly string[]): Promise<Cost> => {
  const args = ['source', '-d', texts.dir, '-c', `${chunk}`, '-p', '0', '--json']
  await using source = await Served.start({ program: bin, args })
  return await measured({ program: bin, args: ['produce', '-s', source.url, ...to] })
}

const prove = async (place: string, out: string, { dir }: Texts) => {
  await runProgram({ program: bin, args: ['refresh', place, '-o', out] })
  await runProgram({ program: bin, args: ['verify', out, '--against', dir] })
  await rm(out, { recursive: true })
}

/** From a source over HTTP into Kafka, and beside it into the embedded log; then from both into tables. */
const measurePath = async (scenario: string, dir: string, flags: Flags) => {
  const size = shapes[scenario]
  const texts = await makeTexts(join(dir, 'texts'), flags.texts, size, 1)
  const log = join(dir, 'log')
  let address: KafkaAddress | undefined
  const produced = await compareInTurn(flags.pairs, async () => {
    await rm(log, { recursive: true, force: true })
    address = await newTopic(scenario, flags)
    const a = await carry(texts, size, ['-k', flags.kafkaBrokerPort, '-t', address.topic])
    return [a, await carry(texts, size, ['-l', log])]
  })
  const kafka = kafkaName(address!)
  await prove(kafka, join(dir, 'refresh'), texts)
  say('every text was rebuilt from the last topic, byte for byte')
  const warehouse = join(dir, 'warehouse')
  const consume = async (from: string) => {
    await rm(warehouse, { recursive: true, force: true })
    return measured({ program: bin, args: ['consume', '--from', from, '--once', '--warehouse', warehouse] })
  }
  const consumed = await compareInTurn(flags.pairs, async () => [await consume(kafka), await consume(log)])
  const megabytes = texts.bytes / 1e6 / medianCost([produced.a]).wallSeconds
  const what = `${texts.names.length} texts, ${(texts.bytes / 1e6).toFixed(0)} MB, ${size.chunk} characters`
  const table = [
    head('chunks', 'the embedded log'),
    rowsOf(`source → produce: ${what}; ${megabytes.toFixed(0)} MB/s of text into Kafka`, texts.chunks, produced),
    rowsOf(`consume → Parquet: ${what}`, texts.chunks, consumed),
  ]
  return { report: { scenario, texts, produced, consumed, megabytes }, table: table.join('\n') }
}

/** Of the embedded log: consume.ts. */
const measureLatency = async (dir: string, flags: Flags) => {
  const address = await newTopic('paced', flags)
  const between = {
    into: ['-k', flags.kafkaBrokerPort, '-t', address.topic],
    from: kafkaName(address),
    isThere: () => Promise.resolve(),
  }
  const latencies = await measurePacedRows(bin, join(dir, 'warehouse'), between, pace)
  return { report: { pace, ...latencies }, table: latencyTable(pace, 'Kafka', latencies) }
}

const measure = (scenario: string, dir: string, flags: Flags) => {
  if (scenario === 'client') return compareClients(dir, flags)
  return scenario === 'paced' ? measureLatency(dir, flags) : measurePath(scenario, dir, flags)
}

const act = async (scenario: string, flags: Flags) => {
  if (!['client', 'paced'].includes(scenario) && !Object.hasOwn(shapes, scenario))
    throw new StreamError('bench/usage', `no scenario "${scenario}"; there are client, large, paced, tokens`)
  await runScenario('kafka', flags, async dir => {
    const machine = await startOn(dir)
    const { report, table } = await measure(scenario, dir, flags)
    return { report: { machine, ...report }, table }
  })
}

const examples = [
  "client     a million records of 557 bytes, beside Kafka's own ProducerPerformance and ConsumerPerformance",
  'tokens     the whole path at 5 characters a chunk, beside the embedded log',
  'large      the whole path at 1,024 characters a chunk, beside the embedded log',
  'paced      50 streams, 40 chunks a second each, for 120 s: how late is a row',
]

const command = () =>
  benchCommand('kafka.ts', examples)
    .description('Measures Kafka as the topic. Start a broker before: textstream stack up kafka')
    .argument('<scenario>', 'client, tokens, large or paced')
    .option('-k, --kafka-broker-port <port>', 'of the broker, or host:port', '9092')
    .option('--texts <dir>', 'what texts are made from', join(import.meta.dirname, '../examples/texts'))
    .option('--out <dir>', 'where files go; they are removed, topics are not', join(import.meta.dirname, 'data'))
    .option('--records <n>', 'client: how many', positive, 1_000_000)
    .option('--bytes <n>', 'client: of each record', positive, 557)
    .option('--partitions <n>', 'of each topic', positive, 2)
    .option('--pairs <n>', 'that count; one more goes ahead', positive, 3)
    .option('--json', 'the report as one line of JSON instead of the table', false)

if (import.meta.main) await runBench(command().action(act))
