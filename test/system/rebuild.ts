import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { openRunner } from '../../src/pipeline.ts'
import type { Counters } from '../../src/refresh/counters.ts'
import { openInputs } from '../../src/refresh/inputs.ts'
import { localRunner } from '../../src/refresh/local.ts'
import type { Ran } from '../../src/refresh/runner.ts'
import { hadoopTasks, inThisProcess } from './hadoop-tasks.ts'

const tiny = { sliceBytesMax: 500, spoolBytes: 1000 }
const shuffled = { ...tiny, documentsMax: 0 }
const cutUp = { splitBytes: 700, pieceBytes: 333, reducers: 3, packed: (input: number) => input % 3 === 2 }

/** Every runner that needs nothing installed, as it is and with limits so low that a small log meets all of them. */
const runners = {
  inline: () => openRunner('inline'),
  local: () => openRunner('local'),
  'local in slices of 500 bytes': async () => localRunner(tiny),
  'local in slices, all by the shuffle': async () => localRunner(shuffled),
  'the tasks of hadoop, in slices': async () => hadoopTasks({ ...cutUp, ...inThisProcess }),
  'the tasks of hadoop': async () =>
    hadoopTasks({ splitBytes: 2 ** 20, pieceBytes: 2 ** 20, reducers: 2, packed: () => false, ...inThisProcess }),
}

/** The same with threads; they take their time to start. */
const threaded = {
  'local on two threads': async () => localRunner({ ...tiny, oneThreadBytesMax: 0 }),
  'local on two threads, all by the shuffle': async () => localRunner({ ...shuffled, oneThreadBytesMax: 0 }),
}

const all = { ...runners, ...threaded }
export type RunnerName = keyof typeof all
export const runnerNames = Object.keys(runners) as RunnerName[]
export const threadedNames = Object.keys(threaded) as RunnerName[]

export interface Rebuilt {
  /** By name: every file below the output, `_attempts/…` too, and the two listings. */
  readonly files: ReadonlyMap<string, Buffer>
  readonly counters: Counters
  readonly ran: Ran
}

export interface Log {
  /** By name; the command line gives them in this order. */
  readonly inputs: ReadonlyMap<string, Buffer>
  readonly attempts?: boolean
}

export const filesBelow = (dir: string): Map<string, Buffer> =>
  new Map(
    readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(entry => join(entry.parentPath, entry.name))
      .map(path => [path.slice(dir.length + 1), readFileSync(path)]),
  )

const run = async (name: RunnerName, dir: string, { inputs, attempts = false }: Log): Promise<Rebuilt> => {
  const [logs, out, scratch] = ['logs', 'out', 'scratch'].map(part => join(dir, part))
  for (const folder of [logs, out, scratch]) mkdirSync(folder)
  for (const [name, bytes] of inputs) writeFileSync(join(logs, name), bytes)
  const paths = [...inputs.keys()].map(name => join(logs, name))
  const opened = (await openInputs(paths, scratch)).map(input => ({ ...input, name: basename(input.name) }))
  const runner = await all[name]()
  const ran = await runner.run({ inputs: opened, out, scratch, attempts, threads: 2, progress: () => {} })
  return { files: filesBelow(out), counters: ran.counters, ran }
}

/** What a runner makes of a log: all of a refresh but publishing, so that a test can do it many times. */
export const rebuild = async (name: RunnerName, log: Log): Promise<Rebuilt> => {
  const dir = mkdtempSync(join(tmpdir(), 'textstream-rebuild-'))
  try {
    return await run(name, dir, log)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
