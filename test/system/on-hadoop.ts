import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundledTask } from '../../src/refresh/hadoop/bundle.ts'
import { type HadoopWishes, hadoopSetting } from '../../src/refresh/hadoop/setting.ts'
import { hadoop as runnerOf } from '../../src/refresh/hadoop.ts'
import { fetchFromHdfs } from '../../src/refresh/hdfs-inputs.ts'
import { inline } from '../../src/refresh/inline.ts'
import type { Input } from '../../src/refresh/inputs.ts'
import type { Ran, Runner } from '../../src/refresh/runner.ts'
import { foldersFrom } from '../../src/stack/folders.ts'
import { streamingJar } from '../../src/stack/streaming-jar.ts'
import type { TestHadoop } from '../hadoop.ts'
import type { HdfsFolder } from '../hdfs-folder.ts'
import { filesBelow } from './rebuild.ts'

/** The runner `hadoop` on the test's cluster, with whatever else is asked for. */
export const hadoopRunner = (hadoop: TestHadoop, { hdfs }: HdfsFolder, wishes: Partial<HadoopWishes> = {}) =>
  runnerOf(
    hadoopSetting(
      { jobconf: [], signal: new AbortController().signal, tell: () => {}, ...wishes },
      { env: { PATH: '' }, stack: hadoop, hdfs, task: () => bundledTask(cache), jar: () => streamingJar(asked) },
    ),
  )

const { cache } = foldersFrom(process.env)
const asked = { cache, environment: process.env, onWait: () => {} }

export interface Left {
  readonly files: ReadonlyMap<string, Buffer>
  readonly ran: Ran
}

/** What a runner makes of these inputs, as local files; those on HDFS are fetched for `inline`. */
export const leftBy = async (runner: Runner, inputs: readonly Input[], attempts = true): Promise<Left> => {
  const dir = mkdtempSync(join(tmpdir(), 'textstream-left-'))
  const [out, scratch] = [join(dir, 'out'), join(dir, 'scratch')]
  try {
    for (const folder of [out, scratch]) mkdirSync(folder)
    const there = inputs.filter(({ hdfs }) => hdfs !== undefined && !runner.knowsHdfs)
    const fetched = new Map((await fetchFromHdfs(there, scratch)).map(input => [input.name, input]))
    const given = inputs.map(input => fetched.get(input.name) ?? input)
    const ran = await runner.run({ inputs: given, out, scratch, attempts, threads: 2, progress: () => {} })
    return { files: filesBelow(out), ran }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

export const leftByInline = (inputs: readonly Input[], attempts?: boolean): Promise<Left> =>
  leftBy(inline, inputs, attempts)
