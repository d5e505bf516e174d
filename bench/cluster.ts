/** Measures how textstream clusters chunks, beside scikit-learn or PySpark: pairs of runs in turn, and what their clusters are worth. */
import { createReadStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Option } from 'commander'
import { say } from '../src/cli/run.ts'
import { type Quality, qualityOf, type Truth, truthOf } from './cluster-measures.ts'
import { type ClusterJob, type ClusterPeer, clusterPeers, installClusterPeers, ownPython } from './cluster-peers.ts'
import { writeChunks } from './cluster-texts.ts'
import { benchCommand, positive, runBench } from './command.ts'
import { type Machine, machineOf, sayMachine, warningOf } from './machine.ts'
import { type Cost, measured, median } from './measure.ts'
import { type Comparison, compare, type Pair, sayCost, sayRatio } from './pairs.ts'

const here = import.meta.dirname
const data = join(here, 'data')

interface Flags {
  readonly peer: string
  readonly features: 'classic' | 'text'
  readonly clusters: number
  readonly seed: number
  readonly pairs: number
  readonly texts: string
  readonly python: string
  readonly json: boolean
}

interface Scene {
  readonly flags: Flags
  readonly chunks: string
  readonly truth: Truth
  readonly out: string
}

interface Ran {
  readonly cost: Cost
  readonly quality: Quality
}

interface Report extends Comparison {
  readonly chunks: number
  readonly features: string
  readonly clusters: number
  readonly peer: string
  readonly peerVersion: string
  /** Medians over the runs, each with another seed. */
  readonly quality: { readonly ours: Quality; readonly peer: Quality }
  readonly machine: Machine
}

/** Brings the chunks into the page cache. */
const warm = async (path: string) => {
  for await (const _ of createReadStream(path, { highWaterMark: 1024 * 1024 }));
}

const jobOf = ({ flags, chunks, out }: Scene, run: number): ClusterJob => ({
  chunks,
  labels: join(out, 'labels'),
  k: flags.clusters,
  seed: flags.seed + run,
})

const runOurs = async (scene: Scene, run: number): Promise<Ran> => {
  await warm(scene.chunks)
  const { chunks, labels, k, seed } = jobOf(scene, run)
  const program = join(here, 'cluster-ours.ts')
  const args = ['--max-semi-space-size=4', program, chunks, labels, `${k}`, `${seed}`, scene.flags.features]
  const cost = await measured({ program: process.execPath, args })
  return { cost, quality: await qualityOf(scene.truth, labels) }
}

const runPeer = async (scene: Scene, peer: ClusterPeer, run: number): Promise<Ran> => {
  await warm(scene.chunks)
  const job = jobOf(scene, run)
  const cost = await measured(peer.cluster(scene.flags.python, job))
  return { cost, quality: await qualityOf(scene.truth, job.labels) }
}

const sayRan = ({ cost, quality }: Ran): string =>
  `${sayCost(cost)}, inertia ${quality.inertia.toFixed(2)}, Rand index ${quality.randIndex.toFixed(2)}`

const medianQuality = (all: readonly Quality[]): Quality => ({
  inertia: median(all.map(({ inertia }) => inertia)),
  randIndex: median(all.map(({ randIndex }) => randIndex)),
  clusters: median(all.map(({ clusters }) => clusters)),
})

/** One pair more than counts: the first one fills caches. */
const runPairs = async (scene: Scene, peer: ClusterPeer) => {
  const pairs: Pair[] = []
  const [ours, theirs]: [Quality[], Quality[]] = [[], []]
  for (let run = 0; run <= scene.flags.pairs; run++) {
    const a = await runOurs(scene, run)
    const b = await runPeer(scene, peer, run)
    say(`${run === 0 ? 'not counted' : `pair ${run}`}: A ${sayRan(a)}; B ${sayRan(b)}`)
    if (run === 0) continue
    pairs.push({ a: a.cost, b: b.cost })
    ours.push(a.quality)
    theirs.push(b.quality)
  }
  return { ...compare(pairs), quality: { ours: medianQuality(ours), peer: medianQuality(theirs) } }
}

const header = `| chunks | features | k | peer | wall s, ours / peer | peak MiB | wall ratio (min–max) | inertia | Rand index |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |`

const both = (a: number, b: number, digits: number) => `${a.toFixed(digits)} / ${b.toFixed(digits)}`

const row = ({ chunks, features, clusters, peer, peerVersion, a, b, wall, quality }: Report): string => {
  const { ours, peer: theirs } = quality
  const costs = [both(a.wallSeconds, b.wallSeconds, 2), both(a.peakMiB, b.peakMiB, 0), sayRatio(wall)]
  const worth = [both(ours.inertia, theirs.inertia, 1), both(ours.randIndex, theirs.randIndex, 2)]
  return `| ${[chunks, features, clusters, `${peer} ${peerVersion}`, ...costs, ...worth].join(' | ')} |`
}

const openScene = async (what: string, flags: Flags): Promise<Scene> => {
  const out = join(data, `cluster-${process.pid}`)
  await mkdir(out, { recursive: true })
  const chunks = join(out, 'chunks.tsv')
  const count = what === 'books' ? undefined : positive(what)
  await writeChunks(chunks, { texts: resolve(flags.texts), count, seed: flags.seed })
  return { flags, out, chunks, truth: truthOf(chunks) }
}

const sayStart = (machine: Machine) => {
  say(sayMachine(machine))
  const warning = warningOf(machine)
  if (warning !== undefined) say(warning)
}

const measure = async (scene: Scene): Promise<Report> => {
  const { flags, truth } = scene
  const { peer, features, clusters, python } = flags
  const machine = await machineOf(scene.out)
  sayStart(machine)
  const compared = await runPairs(scene, clusterPeers[peer])
  const peerVersion = await clusterPeers[peer].version(python)
  return { chunks: truth.labels.length, features, clusters, peer, peerVersion, machine, ...compared }
}

const act = async (what: string, flags: Flags) => {
  await installClusterPeers(flags.python)
  const scene = await openScene(what, flags)
  try {
    const report = await measure(scene)
    process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : `${header}\n${row(report)}\n`)
  } finally {
    await rm(scene.out, { recursive: true, force: true })
  }
}

const examples = [
  'books                          every chunk of the books once, beside scikit-learn',
  '200000 --peer pyspark --pairs 1',
  'books --features text --clusters 4 --pairs 5',
]

const peerList = Object.entries(clusterPeers)
  .map(([name, { is }]) => `  ${name.padEnd(10)} ${is}`)
  .join('\n')

const command = () =>
  benchCommand('cluster.ts', examples)
    .description('Measures clustering beside a peer with the old features, in turn, each pair with another seed.')
    .argument('<chunks>', '"books", or how many chunks from anywhere in them')
    .addOption(
      new Option('--peer <name>', 'beside which program').choices(Object.keys(clusterPeers)).default('sklearn'),
    )
    .addOption(
      new Option('--features <name>', 'ours; the peer has the old ones')
        .choices(['classic', 'text'])
        .default('classic'),
    )
    .option('--clusters <n>', 'how many', positive, 5)
    .option('--seed <n>', 'of the first pair', positive, 42)
    .option('--pairs <n>', 'pairs that count; one more goes ahead', positive, 3)
    .option('--texts <dir>', 'books, each a text of its own', join(here, '../../shared/books'))
    .option('--python <path>', 'with scikit-learn and PySpark', ownPython)
    .option('--json', 'the report as one line of JSON instead of the table', false)
    .addHelpText('after', `\nPeers:\n${peerList}`)

if (import.meta.main) await runBench(command().action(act))
