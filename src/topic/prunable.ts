import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { TestContext } from 'node:test'
import { type PruneOptions, pruneLog } from './prune.ts'
import type { Position } from './topic.ts'

/** Logs to be pruned, for tests. */
export const day = 86_400_000_000
export const epoch = Date.UTC(2026, 10, 1) * 1000

export const tempDir = async (t: TestContext): Promise<string> => {
  const dir = await mkdtemp(join(tmpdir(), 'textstream-prune-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  return dir
}

export const nameOf = (base: number) => `${String(base).padStart(20, '0')}.ndjson`

/** Segments one behind the other, written to on one day after the other. */
export const log = async (t: TestContext, ...segments: readonly string[]): Promise<string> => {
  const dir = await tempDir(t)
  let base = 0
  for (const [i, content] of segments.entries()) {
    const path = join(dir, nameOf(base))
    await writeFile(path, content)
    const seconds = (epoch + i * day) / 1e6
    await utimes(path, seconds, seconds)
    base += Math.max(1, Buffer.byteLength(content))
  }
  return dir
}

export const readers = (...offsets: readonly number[]): ReadonlyMap<string, Position> =>
  new Map(offsets.map((offset, i) => [`w${i}`, offset === 0 ? {} : { log: offset }]))

export const everything = epoch + 1000 * day
export const nobody: PruneOptions = { before: everything, positions: new Map() }

export const basesIn = async (dir: string): Promise<number[]> =>
  (await readdir(dir)).filter(name => /^\d{20}\.ndjson$/.test(name)).map(name => Number(name.slice(0, 20)))

/** What went, what stays and why, and what is there afterwards. */
export const prune = async (dir: string, options: PruneOptions) => {
  const { removed, stays, left } = await pruneLog(dir, options)
  return {
    removed: removed.map(({ base, bytes }) => `${base}+${bytes}`),
    stays: stays && `${Number(basename(stays.path, '.ndjson'))} ${stays.why} ${stays.consumers.join()}`.trim(),
    left,
    there: await basesIn(dir),
  }
}
