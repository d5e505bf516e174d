import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { produce } from '../../src/produce/produce.ts'
import { folder } from '../../src/source/folder.ts'
import { memoryTopic } from '../../src/topic/memory.ts'
import { rebuild, runnerNames } from './rebuild.ts'

const numRuns = process.env.TEXTSTREAM_LONG ? 500 : 25

interface Trip {
  readonly texts: readonly string[]
  readonly chunkSize: number
  /** For every record how far it is moved, how often it is repeated, and into which file it goes; over and over. */
  readonly moves: readonly { readonly by: number; readonly times: number; readonly file: number }[]
}

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }).map(s => s.toWellFormed()),
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc.constantFrom('', 'x', '\ufeff"bom"\r\n', 'no end', '\n\n\n', '\\n %b \\\\ \u0000 \u2028', '😀'.repeat(40)),
)

const trip: fc.Arbitrary<Trip> = fc.record({
  texts: fc.array(text, { minLength: 1, maxLength: 6 }),
  chunkSize: fc.integer({ min: 1, max: 20 }),
  moves: fc.array(fc.record({ by: fc.nat(200), times: fc.integer({ min: 1, max: 3 }), file: fc.nat(2) }), {
    minLength: 1,
    maxLength: 40,
  }),
})

/** What `produce` makes of the texts, line by line. */
const captured = async ({ texts, chunkSize }: Trip): Promise<string[]> => {
  const dir = mkdtempSync(join(tmpdir(), 'textstream-trip-'))
  try {
    mkdirSync(join(dir, 'texts'))
    for (const [i, content] of texts.entries()) writeFileSync(join(dir, 'texts', `${i}.txt`), content)
    const topic = memoryTopic()
    await produce(await folder(join(dir, 'texts'), { chunkSize }), topic)
    const lines: string[] = []
    for await (const { entries } of topic.read({}))
      for (const { line } of entries) lines.push(Buffer.from(line).toString())
    return lines
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** The lines in another order, some of them more than once, over up to three files. */
const scattered = (lines: readonly string[], { moves }: Trip): Map<string, Buffer> => {
  const placed = lines.flatMap((line, i) => {
    const { by, times, file } = moves[i % moves.length]
    return Array.from({ length: times }, (_, n) => ({ line, file, place: i + by * (n + 1) }))
  })
  placed.sort((a, b) => a.place - b.place)
  const files = new Map<string, Buffer>()
  for (const { line, file } of placed) {
    const name = `${file}.ndjson`
    files.set(name, Buffer.concat([files.get(name) ?? Buffer.alloc(0), Buffer.from(`${line}\n`)]))
  }
  return files
}

/** The rebuilt texts by the file that they were captured from. */
const textsIn = (files: ReadonlyMap<string, Buffer>): Record<string, string> => {
  const rows = (files.get('_documents.ndjson') ?? Buffer.alloc(0)).toString().split('\n').filter(Boolean)
  return Object.fromEntries(
    rows.map(row => {
      const { source, file, state } = JSON.parse(row)
      return [source.file, `${state}: ${files.get(file)?.toString('hex')}`]
    }),
  )
}

for (const runner of runnerNames) {
  test(`what is captured is rebuilt byte for byte, whatever the order, the repeats and the cuts, with runner ${runner}`, async () => {
    const property = fc.asyncProperty(trip, async given => {
      const inputs = scattered(await captured(given), given)
      const { files } = await rebuild(runner, { inputs })
      const expected = given.texts.map((content, i) => [
        `${i}.txt`,
        `complete: ${Buffer.from(content).toString('hex')}`,
      ])
      assert.deepEqual(textsIn(files), Object.fromEntries(expected))
    })
    const replay = process.env.SEED ? { seed: Number(process.env.SEED) } : { endOnFailure: true }
    await fc.assert(property, { numRuns, ...replay })
  })
}
