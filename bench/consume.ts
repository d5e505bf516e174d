/** Measures `textstream consume`: how much it puts into tables, and how long a chunk takes until a query finds it. */
import { access } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { say } from '../src/cli/run.ts'
import { StreamError } from '../src/std/error.ts'
import { benchCommand, positive, runBench } from './command.ts'
import { latencyTable, logIn, measurePacedRows } from './consume-paced.ts'
import { type Consumed, consumeLog } from './consumed.ts'
import { startOn } from './machine.ts'
import { type Cost, medianCost } from './measure.ts'
import { sayCost } from './pairs.ts'
import { runScenario } from './scenario.ts'

const bin = join(import.meta.dirname, '../bin/textstream')

interface Flags {
  readonly out: string
  readonly data: string
  readonly runs: number
  readonly features: string
  readonly streams: number
  readonly rate: number
  readonly seconds: number
  readonly drop: number
  readonly json: boolean
}

/** One run more than counts, as it fills caches; its table is checked. */
const runAll = async (log: string, out: string, { runs, features }: Flags) => {
  const counted: Consumed[] = []
  for (let n = 0; n <= runs; n++) {
    const consumed = await consumeLog({ bin, log, out, features }, n === 0)
    say(`${n === 0 ? 'not counted, every document checked' : `run ${n}`}: ${sayCost(consumed.cost)}`)
    if (n > 0) counted.push(consumed)
  }
  return counted
}

const throughputTable = (
  log: string,
  features: string,
  cost: Cost,
  { rows, textBytes, fileBytes, files }: Consumed,
) => {
  const cells = [
    log,
    features,
    rows.toLocaleString('en'),
    Math.round(rows / cost.wallSeconds).toLocaleString('en'),
    (textBytes / 1e6 / cost.wallSeconds).toFixed(0),
    sayCost(cost),
    (fileBytes / rows).toFixed(2),
    `${files}`,
  ]
  return `| log | features | rows | rows/s | MB/s of text | consume | bytes a row | files |
| --- | --- | --- | --- | --- | --- | --- | --- |
| ${cells.join(' | ')} |`
}

const measureThroughput = async (name: string, dir: string, flags: Flags) => {
  const log = join(resolve(flags.data), `${name}.ndjson`)
  await access(log).catch(() => {
    const [size, own] = name.split('.')
    const make = `npx node bench/generate.ts ${size}${own === 'own' ? ' --own' : ''}`
    throw new StreamError('bench/usage', `there is no log "${log}"; make it with: ${make}`)
  })
  const machine = await startOn(dir)
  const counted = await runAll(log, dir, flags)
  const cost = medianCost(counted.map(one => one.cost))
  const report = { ...counted[0], log: name, features: flags.features, cost, machine }
  return { report, table: throughputTable(name, flags.features, cost, counted[0]) }
}

const measureLatency = async (dir: string, { streams, rate, seconds, drop: dropSeconds }: Flags) => {
  if (dropSeconds >= seconds)
    throw new StreamError('bench/usage', `--drop ${dropSeconds} leaves nothing of --seconds ${seconds}`)
  const machine = await startOn(dir)
  const pace = { streams, rate, seconds, dropSeconds }
  const report = {
    pace,
    machine,
    ...(await measurePacedRows(bin, join(dir, 'warehouse'), logIn(join(dir, 'logs')), pace)),
  }
  return { report, table: latencyTable(pace, 'the log', report) }
}

const act = (scenario: string, flags: Flags) =>
  runScenario('consume', flags, dir =>
    scenario === 'paced' ? measureLatency(dir, flags) : measureThroughput(scenario, dir, flags),
  )

const examples = [
  'Msmall.own     a log of token-sized chunks, as generate.ts made it with --own',
  'M.own          chunks of 1,024 characters',
  'paced          50 streams, 40 chunks a second each, for 120 s',
]

const command = () =>
  benchCommand('consume.ts', examples)
    .description('Measures textstream consume, from a log into committed Parquet files.')
    .argument('<scenario>', 'the name of a log in --data, or paced')
    .option('--data <dir>', 'where generate.ts put the log', join(import.meta.dirname, 'data'))
    .option('--out <dir>', 'where the warehouse goes; it is removed', join(import.meta.dirname, 'data'))
    .option('--runs <n>', 'runs that count; one more goes ahead', positive, 3)
    .option('--features <recipe>', 'text or classic', 'text')
    .option('--streams <n>', 'paced: how many', positive, 50)
    .option('--rate <n>', 'paced: chunks per second of each', positive, 40)
    .option('--seconds <n>', 'paced: how long', positive, 120)
    .option('--drop <n>', 'paced: seconds from the start that do not count', positive, 20)
    .option('--json', 'the report as one line of JSON instead of the table', false)

if (import.meta.main) await runBench(command().action(act))
