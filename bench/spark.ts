/** Measures `textstream consume --engine spark` beside the old consumer on PySpark, in turn: topic to Hive table. */
import { globSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Option } from 'commander'
import { foldersFrom } from '../src/stack/folders.ts'
import { StreamError } from '../src/std/error.ts'
import { type KafkaAddress, kafkaAddressOf, kafkaName } from '../src/topic/kafka-address.ts'
import { createKafkaTopic } from '../src/topic/kafka-create.ts'
import { installClusterPeers, ownPython } from './cluster-peers.ts'
import { benchCommand, positive, runBench } from './command.ts'
import { startOn } from './machine.ts'
import { measuredOnMachine } from './machine-cpu.ts'
import { runProgram } from './measure.ts'
import { type Pairs, runPairs, sayBoth, sayRatioOf } from './pairs.ts'
import { makeTexts, type Texts } from './produce-texts.ts'
import { type Measured, runScenario } from './scenario.ts'
import { Served } from './served.ts'
import type { Size } from './sizes.ts'

const bin = join(import.meta.dirname, '../bin/textstream')
const peer = join(import.meta.dirname, 'peers/consume_pyspark.py')

/** 3,500 rows are the old system's five books. */
const shapes: Readonly<Record<string, Size>> = {
  small: { documents: 5, characters: 700 * 1024, chunk: 1024 },
  large: { documents: 50, characters: 4000 * 1024, chunk: 1024 },
}

interface Flags {
  readonly kafkaBrokerPort: string
  readonly texts: string
  readonly out: string
  readonly pairs: number
  readonly batchRows: number
  readonly python: string
  readonly json: boolean
}

interface Run {
  readonly wallSeconds: number
  readonly machineCpuSeconds: number
  /** Of the peer: until its own Spark was there; ours is a server that runs. */
  readonly readySeconds: number
}

/** Each run has a topic's copy, a table and folders of its own, so that nobody finds what another one left. */
interface Scene {
  readonly address: KafkaAddress
  readonly texts: Texts
  readonly dir: string
  readonly flags: Flags
  /** Spark's settings, as the stack gave them to its server. */
  readonly properties: string
  readonly kafkaJars: readonly string[]
}

const mustHave = (rows: number, { texts }: Scene, who: string) => {
  if (rows >= texts.chunks) return
  throw new StreamError('bench/wrong', `${who} wrote ${rows} rows of ${texts.chunks}; this is a bug`)
}

const runOurs = async (scene: Scene, table: string): Promise<Run> => {
  const stdout = join(scene.dir, `${table}.json`)
  const from = ['--engine', 'spark', '--from', kafkaName(scene.address), '--hive-table', table, '--once', '--json']
  const { wallSeconds, machineCpuSeconds } = await measuredOnMachine({
    program: bin,
    args: ['consume', ...from],
    stdout,
  })
  mustHave(JSON.parse(await readFile(stdout, 'utf8')).rows, scene, 'consume')
  return { wallSeconds, machineCpuSeconds, readySeconds: 0 }
}

const runPeer = async (scene: Scene, table: string): Promise<Run> => {
  const { address, flags, dir } = scene
  const stdout = join(dir, `${table}.json`)
  const where = [
    scene.properties,
    scene.kafkaJars.join(','),
    address.brokers.map(({ host, port }) => `${host}:${port}`).join(','),
    address.topic,
  ]
  const args = [peer, ...where, table, join(dir, table), `${flags.batchRows}`]
  const { wallSeconds, machineCpuSeconds } = await measuredOnMachine({ program: flags.python, args, stdout })
  const said = JSON.parse((await readFile(stdout, 'utf8')).trim().split('\n').at(-1)!)
  mustHave(said.rows, scene, 'the peer')
  return { wallSeconds, machineCpuSeconds, readySeconds: said.readySeconds }
}

const sayRun = ({ wallSeconds, machineCpuSeconds: cpu, readySeconds }: Run) =>
  `${wallSeconds.toFixed(1)} s wall${readySeconds > 0 ? `, of which ${readySeconds.toFixed(1)} s to start` : ''}, ${cpu.toFixed(1)} s CPU`

const onePair = async (scene: Scene, n: number) => {
  const name = `bench_${process.pid}_${n}`
  return [await runOurs(scene, `${name}_ours`), await runPeer(scene, `${name}_peer`)] as const
}

const tableOf = ({ texts, flags }: Scene, pairs: Pairs<Run>): string => {
  const wall = (run: Run) => run.wallSeconds
  const working = (run: Run) => run.wallSeconds - run.readySeconds
  const cpu = (run: Run) => run.machineCpuSeconds
  const cells = [
    sayBoth(pairs, wall),
    sayRatioOf(pairs, wall),
    sayRatioOf(pairs, working),
    sayBoth(pairs, cpu),
    sayRatioOf(pairs, cpu),
  ]
  const batches = Math.ceil(texts.chunks / flags.batchRows)
  return `| rows | peer's batches | wall s, ours / peer | ratio (min–max) | ratio without the peer's start | machine CPU s | ratio |
| --- | --- | --- | --- | --- | --- | --- |
| ${[texts.chunks.toLocaleString('en'), batches, ...cells].join(' | ')} |`
}

const fill = async (address: KafkaAddress, texts: Texts, { chunk }: Size, { kafkaBrokerPort }: Flags) => {
  const served = { program: bin, args: ['source', '-d', texts.dir, '-c', `${chunk}`, '-p', '0', '--json'] }
  await using source = await Served.start(served)
  const into = ['-k', kafkaBrokerPort, '-t', address.topic]
  await runProgram({ program: bin, args: ['produce', '-s', source.url, ...into] })
}

const fromStack = () => {
  const { state, cache } = foldersFrom(process.env)
  const properties = join(state, 'spark/conf/spark.properties')
  const names = ['spark-sql-kafka-0-10', 'spark-token-provider-kafka-0-10', 'kafka-clients', 'commons-pool2']
  const kafkaJars = names.flatMap(name => globSync(`spark-*/${name}*.jar`, { cwd: cache }).slice(0, 1))
  if (kafkaJars.length < names.length)
    throw new StreamError(
      'bench/usage',
      'no Spark of the stack is here; start it: textstream stack up kafka hive spark',
    )
  return { properties, kafkaJars: kafkaJars.map(jar => join(cache, jar)) }
}

const measure = async (size: Size, dir: string, flags: Flags): Promise<Measured> => {
  const machine = await startOn(dir)
  await installClusterPeers(flags.python)
  const texts = await makeTexts(join(dir, 'texts'), flags.texts, size, 1)
  const address = kafkaAddressOf(flags.kafkaBrokerPort, `bench-spark-${process.pid}`)
  await createKafkaTopic(address, { partitions: 1, replication: 1 })
  await fill(address, texts, size, flags)
  const scene = { address, texts, dir, flags, ...fromStack() }
  const pairs = await runPairs(flags.pairs, n => onePair(scene, n), sayRun)
  return { report: { machine, rows: texts.chunks, pairs }, table: tableOf(scene, pairs) }
}

const act = (scenario: string, flags: Flags) => {
  const size = shapes[scenario]
  if (size === undefined) throw new StreamError('bench/usage', `no scenario "${scenario}"; there are small, large`)
  return runScenario('spark', flags, dir => measure(size, dir, flags))
}

const examples = ['small    3,500 rows, one batch of the peer', 'large    200,000 rows, 20 batches of the peer']

const command = () =>
  benchCommand('spark.ts', examples)
    .description('Measures consume --engine spark beside PySpark. Before: textstream stack up kafka hive spark')
    .argument('<scenario>', 'small or large')
    .option('-k, --kafka-broker-port <port>', 'of the broker, or host:port', '9092')
    .option('--texts <dir>', 'what texts are made from', join(import.meta.dirname, '../examples/texts'))
    .option(
      '--out <dir>',
      'where files go; they are removed, topics and tables are not',
      join(import.meta.dirname, 'data'),
    )
    .option('--pairs <n>', 'pairs that count; one more goes ahead', positive, 3)
    .option('--batch-rows <n>', 'of a batch of the peer', positive, 10_000)
    .addOption(new Option('--python <path>', 'with PySpark').default(ownPython))
    .option('--json', 'the report as one line of JSON instead of the table', false)

if (import.meta.main) await runBench(command().action(act))
