import { mkdir, open, rm } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { say } from '../src/cli/run.ts'
import { version } from '../src/cli/version.ts'
import { outputOf } from './measure.ts'

export interface Machine {
  readonly cores: number
  readonly processor: string
  readonly memoryGiB: number
  readonly kernel: string
  readonly node: string
  readonly textstream: string
  readonly fileSystem: string
  /** Of the disk below the output: 64 MiB, written and synced. */
  readonly writeMBperSecond: number
  /** Of the last minute, at the start. */
  readonly load: number
  readonly date: string
}

const probeBytes = 64 * 1024 * 1024
const quietLoadMax = 0.5

const writeSpeed = async (dir: string): Promise<number> => {
  const path = join(dir, `.bench-probe-${process.pid}`)
  try {
    await using file = await open(path, 'w')
    const began = performance.now()
    await file.writeFile(Buffer.alloc(probeBytes, 'probe'))
    await file.datasync()
    return Math.round(probeBytes / 1e3 / (performance.now() - began))
  } finally {
    await rm(path, { force: true })
  }
}

const commit = () => outputOf('git', '-C', import.meta.dirname, 'describe', '--always', '--dirty').catch(() => 'no git')

/** What was measured on, as far as it matters; `dir` is where the output goes. */
const machineOf = async (dir: string): Promise<Machine> => ({
  load: loadavg()[0],
  cores: availableParallelism(),
  processor: cpus()[0]?.model ?? 'unknown',
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  kernel: release(),
  node: process.version,
  textstream: `${version()} (${await commit()})`,
  fileSystem: await outputOf('stat', '-f', '-c', '%T', dir),
  writeMBperSecond: await writeSpeed(dir),
  date: new Date().toISOString().slice(0, 10),
})

const sayMachine = (m: Machine): string =>
  `${m.date}, ${m.cores} cores (${m.processor}), ${m.memoryGiB} GiB, Linux ${m.kernel}, Node ${m.node}, textstream ${m.textstream}, output on ${m.fileSystem} (writes ${m.writeMBperSecond} MB/s), load ${m.load.toFixed(2)}`

/** Ratios of pairs in turn bear some noise, seconds do not. */
const warningOf = ({ load }: Machine): string | undefined =>
  load <= quietLoadMax
    ? undefined
    : `warning: the machine is not quiet (load ${load.toFixed(2)}, above ${quietLoadMax}): trust the ratios at most`

/** What is measured on, said before it begins; `dir` is made if it is not there. */
export const startOn = async (dir: string): Promise<Machine> => {
  await mkdir(dir, { recursive: true })
  const machine = await machineOf(dir)
  say(sayMachine(machine))
  const warning = warningOf(machine)
  if (warning !== undefined) say(warning)
  return machine
}
