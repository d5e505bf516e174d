/** Measures `textstream produce`: how much it carries, and how long a chunk takes until it is durable. */
import { join } from 'node:path'
import { say } from '../src/cli/run.ts'
import { StreamError } from '../src/std/error.ts'
import { benchCommand, positive, runBench } from './command.ts'
import { type Machine, startOn } from './machine.ts'
import { median } from './measure.ts'
import { type Latencies, measureBare, measurePaced, type Pace, type Paced } from './paced.ts'
import { type Comparison, compare, type Pair, sayCost, sayRatio } from './pairs.ts'
import { makeTexts, type Texts } from './produce-texts.ts'
import { runScenario } from './scenario.ts'
import type { Spent } from './served.ts'
import type { Size } from './sizes.ts'
import { type Carried, carryOurs, carryPlain, type Flow, proveLog } from './throughput.ts'

const bin = join(import.meta.dirname, '../bin/textstream')

const shapes: Readonly<Record<string, Size>> = {
  large: { documents: 50, characters: 20_000_000, chunk: 1024 },
  tokens: { documents: 20, characters: 1_000_000, chunk: 5 },
}

interface Flags {
  readonly texts: string
  readonly out: string
  readonly seed: number
  readonly pairs: number
  readonly documents?: number
  readonly characters?: number
  readonly streams: number
  readonly rate: number
  readonly seconds: number
  readonly drop: number
  readonly control: boolean
  readonly json: boolean
}

interface Throughput extends Comparison {
  readonly scenario: string
  readonly chunk: number
  readonly texts: Texts
  readonly textMBperSecond: number
  readonly chunksPerSecond: number
  /** While it served ours. */
  readonly source: Spent
  readonly machine: Machine
}

const medianSpent = (all: readonly Carried[]): Spent => ({
  cpuSeconds: median(all.map(({ source }) => source.cpuSeconds)),
  peakMiB: median(all.map(({ source }) => source.peakMiB)),
})

/** One pair more than counts, as it fills caches; the plain one first, so that the log lies there to be proven. */
const runPairs = async (flow: Flow, count: number) => {
  const pairs: Pair[] = []
  const ours: Carried[] = []
  for (let n = 0; n <= count; n++) {
    const b = await carryPlain(flow)
    const a = await carryOurs(flow)
    say(`${n === 0 ? 'not counted' : `pair ${n}`}: A ${sayCost(a.cost)}; B ${sayCost(b.cost)}`)
    if (n === 0) continue
    pairs.push({ a: a.cost, b: b.cost })
    ours.push(a)
  }
  await proveLog(flow)
  say('every text was rebuilt from the last log, byte for byte')
  return { pairs, source: medianSpent(ours) }
}

const measureThroughput = async (scenario: string, size: Size, dir: string, flags: Flags): Promise<Throughput> => {
  const machine = await startOn(dir)
  const texts = await makeTexts(join(dir, 'texts'), flags.texts, size, flags.seed)
  const { pairs, source } = await runPairs({ bin, texts, chunk: size.chunk, out: join(dir, 'out') }, flags.pairs)
  const compared = compare(pairs)
  const { wallSeconds } = compared.a
  const speed = { textMBperSecond: texts.bytes / 1e6 / wallSeconds, chunksPerSecond: texts.chunks / wallSeconds }
  return { scenario, chunk: size.chunk, texts, ...speed, source, machine, ...compared }
}

const throughputTable = (t: Throughput) => {
  const cells = [
    `${t.scenario}: ${t.texts.names.length} texts, ${(t.texts.bytes / 1e6).toFixed(0)} MB, ${t.chunk} characters`,
    t.textMBperSecond.toFixed(0),
    t.chunksPerSecond.toFixed(0),
    sayCost(t.a),
    `${t.source.cpuSeconds.toFixed(2)} s CPU, ${t.source.peakMiB.toFixed(0)} MiB`,
    sayCost(t.b),
    sayRatio(t.wall),
  ]
  return `| texts | MB/s of text | chunks/s | produce | its source | curl, cat, one fsync | wall ratio (min–max) |
| --- | --- | --- | --- | --- | --- | --- |
| ${cells.join(' | ')} |`
}

interface PacedReport extends Paced {
  readonly pace: Pace
  readonly bare?: Latencies
  readonly machine: Machine
}

const measureLatency = async (dir: string, flags: Flags): Promise<PacedReport> => {
  const machine = await startOn(dir)
  const { streams, rate, seconds, drop: dropSeconds } = flags
  const pace = { streams, rate, seconds, dropSeconds }
  if (dropSeconds >= seconds)
    throw new StreamError('bench/usage', `--drop ${dropSeconds} leaves nothing of --seconds ${seconds}`)
  const bare = flags.control ? { bare: await measureBare(pace) } : {}
  return { pace, machine, ...(await measurePaced(bin, join(dir, 'logs'), pace)), ...bare }
}

const latencyRow = (what: string, { p50Ms, p99Ms, p999Ms, maxMs, counted }: Latencies, cost: string) =>
  `| ${[what, counted, ...[p50Ms, p99Ms, p999Ms, maxMs].map(ms => ms.toFixed(2)), cost].join(' | ')} |`

const latencyTable = ({ pace, latencies, bare, cost }: PacedReport) => {
  const what = `${pace.streams} streams × ${pace.rate} chunks/s`
  return [
    '| paced | chunks | p50 ms | p99 ms | p99.9 ms | max ms | produce |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    latencyRow(`${what}, to durable`, latencies, sayCost(cost)),
    ...(bare === undefined ? [] : [latencyRow(`${what}, over HTTP alone`, bare, '')]),
  ].join('\n')
}

const sizeOf = (scenario: string, { documents, characters }: Flags): Size => {
  if (!Object.hasOwn(shapes, scenario))
    throw new StreamError(
      'bench/usage',
      `no scenario "${scenario}"; there are ${Object.keys(shapes).join(', ')}, paced`,
    )
  const shape = shapes[scenario]
  return { ...shape, documents: documents ?? shape.documents, characters: characters ?? shape.characters }
}

const measure = async (scenario: string, dir: string, flags: Flags) => {
  if (scenario === 'paced') {
    const report = await measureLatency(dir, flags)
    return { report, table: latencyTable(report) }
  }
  const report = await measureThroughput(scenario, sizeOf(scenario, flags), dir, flags)
  return { report, table: throughputTable(report) }
}

const act = (scenario: string, flags: Flags) => runScenario('produce', flags, dir => measure(scenario, dir, flags))

const examples = [
  'large              50 texts of 20 MB, 1,024 characters a chunk',
  'tokens             20 texts of 1 MB, 5 characters a chunk',
  'paced --control    50 streams, 40 chunks a second each, for 120 s, twice',
]

const command = () =>
  benchCommand('produce.ts', examples)
    .description('Measures textstream produce from a source over HTTP into a log.')
    .argument('<scenario>', 'large, tokens or paced')
    .option('--texts <dir>', 'what texts are made from', join(import.meta.dirname, '../examples/texts'))
    .option('--out <dir>', 'where texts and logs go; they are removed', join(import.meta.dirname, 'data'))
    .option('--seed <n>', 'another one, other texts', positive, 1)
    .option('--pairs <n>', 'large, tokens: pairs that count; one more goes ahead', positive, 3)
    .option('--documents <n>', "large, tokens: texts, instead of the scenario's own", positive)
    .option('--characters <n>', "large, tokens: of each text, instead of the scenario's own", positive)
    .option('--streams <n>', 'paced: how many', positive, 50)
    .option('--rate <n>', 'paced: chunks per second of each', positive, 40)
    .option('--seconds <n>', 'paced: how long', positive, 120)
    .option('--drop <n>', 'paced: seconds from the start that do not count', positive, 20)
    .option('--control', 'paced: also over HTTP alone, in the same way', false)
    .option('--json', 'the report as one line of JSON instead of the table', false)

if (import.meta.main) await runBench(command().action(act))
