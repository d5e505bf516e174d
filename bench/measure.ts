import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { errnoOf, reasonOf, StreamError } from '../src/std/error.ts'

export interface Program {
  readonly program: string
  readonly args: readonly string[]
  /** The file that its standard output goes to; otherwise nobody reads it. */
  readonly stdout?: string
}

/** What a program cost: with all processes that it started and waited for. */
export interface Cost {
  readonly wallSeconds: number
  /** User and system. */
  readonly cpuSeconds: number
  /** Of its largest process. */
  readonly peakMiB: number
}

const time = '/usr/bin/time'
const stderrCharactersMax = 2000
let runs = 0

const failed = ({ program, args }: Program, why: string) =>
  new StreamError('bench/failed', `run "${[program, ...args].join(' ')}": ${why}`)

const untilClosed = async (child: ReturnType<typeof spawn>, run: Program) => {
  let said = ''
  child.stderr?.on('data', data => {
    said = (said + data).slice(-stderrCharactersMax)
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw failed(run, `exit ${code}: ${said.trim()}`)
}

/** Runs a program that must succeed. */
export const runProgram = async (run: Program): Promise<void> => {
  const { program, args, stdout } = run
  await using file = stdout === undefined ? undefined : await open(stdout, 'w')
  const child = spawn(program, args, { stdio: ['ignore', file?.fd ?? 'ignore', 'pipe'] })
  await untilClosed(child, run).catch(thrown => {
    if (errnoOf(thrown) === 'ENOENT' && program === time)
      throw new StreamError('bench/usage', `there is no ${time}; install GNU time: apt-get install time`)
    throw thrown instanceof StreamError ? thrown : failed(run, reasonOf(thrown))
  })
}

/** Standard output of a program that must succeed. */
export const outputOf = async (program: string, ...args: string[]): Promise<string> => {
  const stdout = join(tmpdir(), `textstream-bench-${process.pid}-${runs++}.out`)
  try {
    await runProgram({ program, args, stdout })
    return (await readFile(stdout, 'utf8')).trim()
  } finally {
    await rm(stdout, { force: true })
  }
}

/** Through GNU time, which forks small: started from here, the peak would be at least this process's own. */
export const measured = async ({ program, args, stdout }: Program): Promise<Cost> => {
  const costs = join(tmpdir(), `textstream-bench-${process.pid}-${runs++}.time`)
  const timed = { program: time, args: ['-f', '%U %S %M', '-o', costs, program, ...args] }
  try {
    const began = performance.now()
    await runProgram(stdout === undefined ? timed : { ...timed, stdout })
    const wallSeconds = (performance.now() - began) / 1000
    const [user, system, peakKiB] = (await readFile(costs, 'utf8')).trim().split(' ').map(Number)
    return { wallSeconds, cpuSeconds: user + system, peakMiB: peakKiB / 1024 }
  } finally {
    await rm(costs, { force: true })
  }
}

/** One after the other. */
export const costOfBoth = (one: Cost, two: Cost): Cost => ({
  wallSeconds: one.wallSeconds + two.wallSeconds,
  cpuSeconds: one.cpuSeconds + two.cpuSeconds,
  peakMiB: Math.max(one.peakMiB, two.peakMiB),
})

export const median = (numbers: readonly number[]): number => {
  const sorted = numbers.toSorted((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
}

export const medianCost = (costs: readonly Cost[]): Cost => ({
  wallSeconds: median(costs.map(({ wallSeconds }) => wallSeconds)),
  cpuSeconds: median(costs.map(({ cpuSeconds }) => cpuSeconds)),
  peakMiB: median(costs.map(({ peakMiB }) => peakMiB)),
})

export const syncFileSystemOf = (path: string): Program => ({ program: 'sync', args: ['-f', '--', path] })
