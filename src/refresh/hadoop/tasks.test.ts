import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { hadoopTasks, inThisProcess, type Work } from '../../../test/system/hadoop-tasks.ts'
import { hardLog } from '../../../test/system/hard-log.ts'
import { inline } from '../inline.ts'
import { openInputs } from '../inputs.ts'
import type { Runner } from '../runner.ts'

const numRuns = process.env.TEXTSTREAM_LONG ? 3_000 : 60

/** What a runner leaves, as text by file name. */
const run = async (runner: Runner, paths: readonly string[], dir: string, attempts: boolean) => {
  const [out, scratch] = ['out', 'scratch'].map(name => join(dir, `${runner.name}-${name}`))
  for (const folder of [out, scratch]) mkdirSync(folder)
  const inputs = (await openInputs(paths, scratch)).map(input => ({ ...input, name: basename(input.name) }))
  const ran = await runner.run({ inputs, out, scratch, attempts, threads: 1, progress: () => {} })
  const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
  const texts = files.map(({ parentPath, name }) => [
    join(parentPath, name).slice(out.length),
    readFileSync(join(parentPath, name), 'latin1'),
  ])
  return { ran, texts: Object.fromEntries(texts.sort()) }
}

/** Any log, by the tasks and by `inline`: the same bytes and counts. */
const compare = async (inputs: ReadonlyMap<string, Buffer>, attempts: boolean, work: Work) => {
  const dir = mkdtempSync(join(tmpdir(), 'textstream-tasks-'))
  try {
    const paths = [...inputs.keys()].map(name => join(dir, name))
    for (const [name, bytes] of inputs) writeFileSync(join(dir, name), bytes)
    assert.deepEqual(await run(hadoopTasks(work), paths, dir, attempts), await run(inline, paths, dir, attempts))
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** Shares, so that a long log is not cut into a hundred thousand parts. */
const cuts = fc.record({
  splits: fc.integer({ min: 1, max: 40 }),
  pieces: fc.integer({ min: 1, max: 1000 }),
  reducers: fc.integer({ min: 1, max: 4 }),
  packed: fc.nat(15),
})

const workOf = (
  bytes: number,
  { splits, pieces, reducers, packed }: typeof cuts extends fc.Arbitrary<infer T> ? T : never,
): Work => ({
  ...inThisProcess,
  splitBytes: Math.ceil((bytes + 1) / splits),
  pieceBytes: Math.ceil((bytes + 1) / pieces),
  reducers,
  packed: input => ((packed >> input) & 1) === 1,
})

test('the tasks leave what inline leaves, wherever the input is cut and however many reducers there are', async () => {
  const property = fc.asyncProperty(hardLog, cuts, async ({ inputs, attempts }, cut) => {
    const bytes = inputs.values().reduce((sum, { length }) => sum + length, 0)
    await compare(inputs, attempts ?? false, workOf(bytes, cut))
  })
  const replay = process.env.SEED ? { seed: Number(process.env.SEED) } : { endOnFailure: true }
  await fc.assert(property, { numRuns, ...replay })
})
