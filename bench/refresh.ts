/** Measures `textstream refresh` beside a peer: pairs of runs in turn, every output against the log's manifest. */
import { createReadStream, existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Option } from 'commander'
import { say } from '../src/cli/run.ts'
import { StreamError } from '../src/std/error.ts'
import { benchCommand, positive, runBench } from './command.ts'
import { logName } from './generate.ts'
import { type Machine, startOn } from './machine.ts'
import { type Manifest, manifestOf, readManifest } from './manifest.ts'
import { type Cost, costOfBoth, measured, runProgram, syncFileSystemOf } from './measure.ts'
import { type Comparison, compare, type Pair, sayCost, sayRatio } from './pairs.ts'
import { type Peer, peers } from './peers.ts'
import { mustBeRight, sayVerdict, type Verdict, verifyDocuments } from './verify-documents.ts'

const bin = join(import.meta.dirname, '../bin/textstream')
const data = join(import.meta.dirname, 'data')

interface Scene {
  readonly log: string
  readonly manifest: Manifest
  readonly out: string
  readonly peer: Peer
}

interface Report extends Comparison {
  readonly log: string
  readonly logBytes: number
  readonly peer: string
  readonly peerVersion: string
  /** Of the peer's last run; a wrong one of ours ends the bench. */
  readonly peerVerdict: Verdict
  readonly machine: Machine
}

/** Brings the log into the page cache. */
const warm = async (log: string) => {
  for await (const _ of createReadStream(log, { highWaterMark: 1024 * 1024 }));
}

/** What an earlier run left must not be paid for by the next: neither removing it, nor writing it out. */
const prepare = async ({ log, out }: Scene) => {
  await rm(out, { recursive: true, force: true })
  await mkdir(out, { recursive: true })
  await runProgram(syncFileSystemOf(out))
  await warm(log)
}

const runOurs = async (scene: Scene): Promise<Cost> => {
  await prepare(scene)
  const { log, manifest, out } = scene
  const target = join(out, 'textstream')
  const malformedMax = `${manifest.about.malformed}`
  const args = ['refresh', log, '-o', target, '--malformed-max', malformedMax]
  const cost = await measured({ program: bin, args })
  mustBeRight(target, await verifyDocuments(target, manifest.documents))
  return cost
}

const verifyPeer = async ({ peer, manifest }: Scene, target: string) => {
  await peer.unpack?.(target)
  const named = manifest.documents.map(document => ({ ...document, file: peer.fileOf?.(document) ?? document.file }))
  return verifyDocuments(target, named)
}

/** Ours is durable when it ends; so the peer's is made durable too. */
const runPeer = async (scene: Scene): Promise<{ cost: Cost; verdict: Verdict }> => {
  await prepare(scene)
  const target = join(scene.out, 'peer')
  await mkdir(target)
  const refreshed = await measured(scene.peer.refresh(scene.log, target))
  const synced = await measured(syncFileSystemOf(target))
  return { cost: costOfBoth(refreshed, synced), verdict: await verifyPeer(scene, target) }
}

/** One pair more than counts: the first one fills caches. */
const runPairs = async (scene: Scene, count: number) => {
  const pairs: Pair[] = []
  let verdict: Verdict
  for (let n = 0; n <= count; n++) {
    const a = await runOurs(scene)
    const b = await runPeer(scene)
    verdict = b.verdict
    if (n > 0) pairs.push({ a, b: b.cost })
    say(`${n === 0 ? 'not counted' : `pair ${n}`}: A ${sayCost(a)}; B ${sayCost(b.cost)}, ${sayVerdict(verdict)}`)
  }
  await rm(scene.out, { recursive: true, force: true })
  return { pairs, verdict: verdict! }
}

export const header = `| log | MB | peer | wall s, ours / peer | CPU s | peak MiB | wall ratio (min–max) | CPU ratio | peer's documents |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |`

const both = (a: number, b: number, digits: number) => `${a.toFixed(digits)} / ${b.toFixed(digits)}`

const row = ({ log, logBytes, peer, peerVersion, a, b, wall, cpu, peerVerdict }: Report): string => {
  const walls = both(a.wallSeconds, b.wallSeconds, 2)
  const cpus = both(a.cpuSeconds, b.cpuSeconds, 2)
  const peaks = both(a.peakMiB, b.peakMiB, 0)
  const cells = [log, (logBytes / 1e6).toFixed(0), `${peer} ${peerVersion}`, walls, cpus, peaks, sayRatio(wall)]
  return `| ${[...cells, sayRatio(cpu), sayVerdict(peerVerdict)].join(' | ')} |`
}

export const findLog = (log: string): string => {
  const path = [resolve(log), join(data, log), join(data, logName(log, false, false))].find(
    path => path.endsWith('.ndjson') && existsSync(path),
  )
  if (path !== undefined && existsSync(manifestOf(path))) return path
  throw new StreamError(
    'bench/usage',
    `no log "${log}" with its manifest; first run: npx node bench/generate.ts ${log}`,
  )
}

interface Flags {
  readonly peer: string
  readonly pairs: number
  readonly out: string
  readonly json: boolean
}

const openScene = async (given: string, flags: Flags): Promise<Scene> => {
  const log = findLog(given)
  const peer = peers[flags.peer]
  await peer.prepare()
  const out = join(resolve(flags.out), `refresh-${process.pid}`)
  await mkdir(out, { recursive: true })
  return { log, peer, out, manifest: await readManifest(log) }
}

const act = async (given: string, flags: Flags) => {
  const scene = await openScene(given, flags)
  const machine = await startOn(scene.out)
  const { pairs, verdict } = await runPairs(scene, flags.pairs)
  const { log, bytes } = scene.manifest.about
  const peerVersion = await scene.peer.version()
  const about = { log, logBytes: bytes, peer: flags.peer, peerVersion, peerVerdict: verdict, machine }
  const report: Report = { ...about, ...compare(pairs) }
  process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : `${header}\n${row(report)}\n`)
}

const examples = [
  'M                            beside DuckDB, five pairs',
  'S --peer python --pairs 9',
  'Mmany --out /dev/shm         output on tmpfs',
]

const peerList = Object.entries(peers)
  .map(([name, { is }]) => `  ${name.padEnd(7)} ${is}`)
  .join('\n')

const command = () =>
  benchCommand('refresh.ts', examples)
    .description('Measures textstream refresh beside a peer, in turn, and verifies every run.')
    .argument('<log>', 'a log with its manifest, or the name of a size, as bench/generate.ts wrote it')
    .addOption(new Option('--peer <name>', 'beside which program').choices(Object.keys(peers)).default('duckdb'))
    .option('--pairs <n>', 'pairs that count; one more goes ahead', positive, 5)
    .option('--out <dir>', 'where outputs go; they are removed', data)
    .option('--json', 'the report as one line of JSON instead of the table', false)
    .addHelpText('after', `\nPeers:\n${peerList}`)

if (import.meta.main) await runBench(command().action(act))
