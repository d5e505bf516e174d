import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { hadoopTasks, inThisProcess, type Work } from '../../../test/system/hadoop-tasks.ts'
import { hardLog } from '../../../test/system/hard-log.ts'
import { lineBytesMax } from '../../chunk/chunk.ts'
import { inline } from '../inline.ts'
import { openInputs } from '../inputs.ts'
import { pieceBytesMax } from '../malformed.ts'
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

const giant = (bytes: number, end: string) => Buffer.concat([Buffer.alloc(lineBytesMax + bytes, 'x'), Buffer.from(end)])
const good = (n: number) =>
  Buffer.from(`{"destination_uri":"/a","chunk":"${n}","event_time":"2026-01-01T00:00:0${n}Z"}\n`)

/** Around the longest line that is allowed, with and without what is not counted into it, ended and not. */
const giants: Record<string, readonly Buffer[]> = {
  'one byte too long': [good(0), giant(1, '\n'), good(1)],
  'one byte too long for the buffer': [good(0), giant(5, '\n'), good(1)],
  'long, and a carriage return': [giant(0, '\r\n'), giant(1, '\r\n'), giant(9, '\r\n'), good(1)],
  'so long that its return is a piece of its own': [giant(22 * pieceBytesMax - lineBytesMax, '\r\n'), good(1)],
  'without an end': [good(0), giant(1_000_000, '')],
  'without an end, and behind a malformed one': [Buffer.from('x\n'), giant(9, '\n'), giant(9, '')],
}

for (const [what, lines] of Object.entries(giants)) {
  test(`a line that is too long is as in inline: ${what}`, async () => {
    const inputs = new Map([
      ['a.ndjson', Buffer.concat(lines)],
      ['b.ndjson', Buffer.concat([Buffer.from('y\n'), good(2)])],
    ])
    const work = { splitBytes: 2 ** 24, pieceBytes: 2 ** 20 - 1, reducers: 2, packed: () => false, ...inThisProcess }
    await compare(inputs, false, work)
  })
}

/** As producers write it: such lines are read without making the record. */
const plain = (chunk: string, seq: number, more = '') =>
  `{"chunk":${JSON.stringify(chunk)},"agent_id":"A","destination_uri":"/p","event_time":"2026-01-01T00:00:00.000001Z","response_id":"r${more}","seq":${seq}}\n`

const atOnce = { splitBytes: 2 ** 30, pieceBytes: 2 ** 20, reducers: 1, packed: () => false, ...inThisProcess }

test('a character is healed whose halves stand around an empty text, and only then', async () => {
  for (const texts of [
    ['a', '\ud83d', '', '\ude00', 'b'],
    ['a', '\ud83d', 'x', '\ude00', 'b'],
    ['a', '', '\ude00', '\ud83d', '', 'b', '😀'],
  ]) {
    await compare(new Map([['a.ndjson', Buffer.from(texts.map((text, n) => plain(text, n)).join(''))]]), false, atOnce)
  }
})

test('a log of many blocks and more answers than a mapper remembers, with rubbish at its end', async () => {
  const lines = Array.from({ length: 35_000 }, (_, n) => {
    const late = n % 1000 === 0 ? 1 - Math.floor(n / 17_500) : Math.floor(n / 17_500)
    return plain(`${n} `.padEnd(100, 'x'), late, String(n % 17_500))
  })
  await compare(new Map([['a.ndjson', Buffer.from(`${lines.join('')}rubbish\n`)]]), false, atOnce)
})
