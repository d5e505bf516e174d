/** Measures `textstream refresh -r hadoop` beside mrjob and plain Python on the same cluster, in turn. */
import { mkdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Option } from 'commander'
import { say } from '../src/cli/run.ts'
import { foldersFrom } from '../src/stack/folders.ts'
import { type HadoopHere, hadoopHere } from '../src/stack/hadoop/here.ts'
import { StreamError } from '../src/std/error.ts'
import { benchCommand, positive, runBench } from './command.ts'
import { type Cluster, hadoopPeers, openCluster } from './hadoop-peers.ts'
import { startOn } from './machine.ts'
import { type MachineCost, measuredOnMachine } from './machine-cpu.ts'
import { type Manifest, readManifest } from './manifest.ts'
import { type Program, runProgram } from './measure.ts'
import { type Pairs, runPairs, sayBoth, sayRatioOf } from './pairs.ts'
import { findLog } from './refresh.ts'
import { type Measured, runScenario } from './scenario.ts'
import { unpackTable } from './unpack.ts'
import { mustBeRight, sayVerdict, verifyDocuments } from './verify-documents.ts'

const bin = join(import.meta.dirname, '../bin/textstream')
const data = join(import.meta.dirname, 'data')

/** What the cluster spent, too. */
interface ClusterCost extends MachineCost {
  /** Of all tasks, by Hadoop's own counter, which samples: the end of a task's processes is not in it. */
  readonly taskCpuSeconds: number
}

const json = async (url: string) => (await fetch(url)).json() as Promise<Record<string, never>>

interface Counter {
  readonly name: string
  readonly totalCounterValue: number
}

const cpuOf = async (history: string, job: string): Promise<number> => {
  const { jobCounters } = (await json(`${history}/ws/v1/history/mapreduce/jobs/${job}/counters`)) as never as {
    jobCounters: { counterGroup: { counter: Counter[] }[] }
  }
  const counters = jobCounters.counterGroup.flatMap(({ counter }) => counter)
  return (counters.find(({ name }) => name === 'CPU_MILLISECONDS')?.totalCounterValue ?? Number.NaN) / 1000
}

/** Of the jobs that were started since. */
const taskCpuSince = async ({ ports }: HadoopHere, since: number): Promise<number> => {
  const rm = `http://127.0.0.1:${ports['resourcemanager-http']}`
  const { apps } = (await json(`${rm}/ws/v1/cluster/apps?startedTimeBegin=${since}`)) as never as {
    apps: { app?: { id: string }[] } | null
  }
  const jobs = (apps?.app ?? []).map(({ id }) => id.replace(/^application/, 'job'))
  const history = `http://127.0.0.1:${ports['history-http']}`
  const each = await Promise.all(jobs.map(job => cpuOf(history, job)))
  return each.reduce((sum, seconds) => sum + seconds, 0)
}

const measuredOnCluster = async (here: HadoopHere, program: Program): Promise<ClusterCost> => {
  const since = Date.now()
  const cost = await measuredOnMachine(program)
  return { ...cost, taskCpuSeconds: await taskCpuSince(here, since) }
}

const sayCluster = (cost: ClusterCost) =>
  `${cost.wallSeconds.toFixed(1)} s wall, tasks ${cost.taskCpuSeconds.toFixed(1)} s CPU, machine ${cost.machineCpuSeconds.toFixed(1)} s CPU`

interface Flags {
  readonly peer: string
  readonly pairs: number
  readonly reducers: number
  readonly out: string
  readonly json: boolean
}

interface Scene {
  readonly cluster: Cluster
  readonly manifest: Manifest
  /** On HDFS. */
  readonly log: string
  readonly out: string
}

const runOurs = async ({ cluster, manifest, log, out }: Scene): Promise<ClusterCost> => {
  const target = join(out, 'ours')
  await rm(target, { recursive: true, force: true })
  const args = ['refresh', '-r', 'hadoop', log, '-o', target, '--reducers', String(cluster.reducers)]
  const malformed = ['--malformed-max', String(manifest.about.malformed)]
  const cost = await measuredOnCluster(cluster.here, { program: bin, args: [...args, ...malformed] })
  mustBeRight(target, await verifyDocuments(target, manifest.documents))
  return cost
}

const runPeer = async ({ cluster, manifest, log, out }: Scene, peer: string): Promise<ClusterCost> => {
  const [table, target] = [join(out, 'table.tsv'), join(out, 'peer')]
  await rm(target, { recursive: true, force: true })
  await mkdir(target)
  const cost = await measuredOnCluster(cluster.here, hadoopPeers[peer].refresh(cluster, log, table))
  await unpackTable(table, target)
  say(`  ${peer}: ${sayVerdict(await verifyDocuments(target, manifest.documents))}`)
  return cost
}

const onePair = async (scene: Scene, peer: string) => [await runOurs(scene), await runPeer(scene, peer)] as const

const table = ({ about }: Manifest, { peer, reducers }: Flags, costs: Pairs<ClusterCost>): string => {
  const measures = [
    (c: ClusterCost) => c.wallSeconds,
    (c: ClusterCost) => c.taskCpuSeconds,
    (c: ClusterCost) => c.machineCpuSeconds,
  ]
  const cells = measures.flatMap(of => [sayBoth(costs, of), sayRatioOf(costs, of)])
  return `| log | MB | reducers | peer | wall s, ours / peer | ratio (min–max) | task CPU s | ratio | machine CPU s | ratio |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
| ${[about.log, (about.bytes / 1e6).toFixed(1), reducers, peer, ...cells].join(' | ')} |`
}

const clusterOf = async (): Promise<HadoopHere> => {
  const here = await hadoopHere(foldersFrom(process.env), process.env)
  if (here !== undefined) return here
  throw new StreamError('bench/usage', 'no Hadoop of the stack is up; start it: textstream stack up hadoop')
}

const measure = async (path: string, out: string, flags: Flags): Promise<Measured> => {
  const machine = await startOn(out)
  const home = `hdfs:///bench-${process.pid}`
  await hadoopPeers[flags.peer].prepare()
  const cluster = await openCluster(await clusterOf(), out, `/bench-${process.pid}`, flags.reducers)
  await runProgram({ program: bin, args: ['hdfs', 'put', path, `${home}/`] })
  const scene = { cluster, manifest: await readManifest(path), log: `${home}/${basename(path)}`, out }
  const costs = await runPairs(flags.pairs, () => onePair(scene, flags.peer), sayCluster)
  return { report: { machine, peer: flags.peer, costs }, table: table(scene.manifest, flags, costs) }
}

const act = (given: string, flags: Flags) => runScenario('hadoop', flags, out => measure(findLog(given), out, flags))

const examples = ['S                     4.7 MB beside mrjob, three pairs', 'H --peer streaming    570 MB']

const command = () =>
  benchCommand('hadoop.ts', examples)
    .description('Measures textstream refresh -r hadoop beside a peer, in turn. Before: textstream stack up hadoop')
    .argument('<log>', 'a log with its manifest, or the name of a size, as bench/generate.ts wrote it')
    .addOption(new Option('--peer <name>', 'beside which program').choices(Object.keys(hadoopPeers)).default('mrjob'))
    .option('--pairs <n>', 'pairs that count; one more goes ahead', positive, 3)
    .option('--reducers <n>', 'of both', positive, 1)
    .option('--out <dir>', 'where outputs go; they are removed', data)
    .option('--json', 'the report as one line of JSON instead of the table', false)
    .addHelpText(
      'after',
      `\nPeers:\n${Object.entries(hadoopPeers)
        .map(([name, { is }]) => `  ${name.padEnd(9)} ${is}`)
        .join('\n')}`,
    )

if (import.meta.main) await runBench(command().action(act))
