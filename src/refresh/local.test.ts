import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { hardLog } from '../../test/system/hard-log.ts'
import { inline } from './inline.ts'
import { openInputs } from './inputs.ts'
import { type LocalLimits, localRunner } from './local.ts'
import type { Runner } from './runner.ts'

const numRuns = process.env.TEXTSTREAM_LONG ? 2_000 : 40

/** What a runner leaves, as text by file name. */
const run = async (runner: Runner, paths: readonly string[], dir: string, threads: number) => {
  const [out, scratch] = ['out', 'scratch'].map(name => join(dir, `${runner.name}-${threads}-${name}`))
  for (const folder of [out, scratch]) {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder)
  }
  const inputs = await openInputs(paths, scratch)
  const { counters } = await runner.run({ inputs, out, scratch, attempts: true, threads, progress: () => {} })
  const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
  const texts = files.map(({ parentPath, name }) => [
    join(parentPath, name).slice(out.length),
    readFileSync(join(parentPath, name), 'latin1'),
  ])
  return { counters, texts: Object.fromEntries(texts.sort()) }
}

const limitSets: Record<string, Partial<LocalLimits>> = {
  'in slices of a line or less, straight into files': { oneThreadBytesMax: 0, sliceBytesMax: 150 },
  'in slices of some lines, straight into files': { oneThreadBytesMax: 0, sliceBytesMax: 1500 },
  'by the shuffle, over many spools': { oneThreadBytesMax: 0, sliceBytesMax: 700, documentsMax: 1, spoolBytes: 300 },
}

interface Log {
  readonly inputs: ReadonlyMap<string, Buffer>
}

/** Documents of one answer each, all that the quick way handles by itself, with records that come too late. */
const mildLog: fc.Arbitrary<Log> = fc
  .record({
    documents: fc.array(
      fc.record({
        sequenced: fc.boolean(),
        ended: fc.boolean(),
        texts: fc.array(fc.string({ unit: 'grapheme', maxLength: 30 }), { maxLength: 30 }),
      }),
      { minLength: 1, maxLength: 6 },
    ),
    late: fc.array(fc.nat({ max: 12 }), { minLength: 1, maxLength: 50 }),
  })
  .map(({ documents, late }) => ({ inputs: new Map([['a.ndjson', Buffer.from(mildLines(documents, late).join(''))]]) }))

interface MildDocument {
  readonly sequenced: boolean
  readonly ended: boolean
  readonly texts: readonly string[]
}

const endOf = (texts: readonly string[]) => {
  const bytes = Buffer.from(texts.join(''))
  return { reason: 'stop', chunks: texts.length, bytes: bytes.length, sha256: hash('sha256', bytes) }
}

const mildRecords = ({ sequenced, ended, texts }: MildDocument, document: number) => {
  const about = { agent_id: 'Agent_Ada', destination_uri: `/d${document}` }
  const time = (i: number) => `2026-11-23T08:37:${String(i).padStart(2, '0')}.000001Z`
  const records = texts.map((chunk, i) => {
    if (!sequenced) return { chunk, ...about, event_time: time(i >> 1) }
    const source = i === 0 ? { source: { url: 'u', file: 'f' } } : {}
    return { chunk, ...about, event_time: time(i), response_id: `r${document}`, seq: i, ...source }
  })
  if (!sequenced || !ended) return records
  const closing = { chunk: '', ...about, event_time: time(40), response_id: `r${document}`, seq: texts.length }
  return [...records, { ...closing, end: endOf(texts) }]
}

/** All documents' records, each held back by as many places as the stream says. */
const mildLines = (documents: readonly MildDocument[], late: readonly number[]): string[] => {
  const records = documents.flatMap((document, at) =>
    mildRecords(document, at).map((record, i) => ({ record, place: i + late[(i * 7 + at) % late.length] * (at % 2) })),
  )
  return records.sort((a, b) => a.place - b.place).map(({ record }) => `${JSON.stringify(record)}\n`)
}

const logs = { hard: hardLog, mild: mildLog } satisfies Record<string, fc.Arbitrary<Log>>

const check = async (log: Log, limits: Partial<LocalLimits>, threads: number) => {
  const dir = mkdtempSync(join(tmpdir(), 'textstream-local-'))
  try {
    const paths = [...log.inputs].map(([name, bytes]) => {
      writeFileSync(join(dir, name), bytes)
      return join(dir, name)
    })
    assert.deepEqual(await run(localRunner(limits), paths, dir, threads), await run(inline, paths, dir, 1))
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

for (const [how, limits] of Object.entries(limitSets)) {
  for (const [kind, log] of Object.entries(logs)) {
    for (const threads of [1, 2]) {
      test(`local leaves what inline leaves of a ${kind} log, ${how}, by ${threads} threads`, async () => {
        const property = fc.asyncProperty(log, async given => check(given, limits, threads))
        const runs = threads === 1 ? numRuns : Math.ceil(numRuns / 10)
        const replay = process.env.SEED ? { seed: Number(process.env.SEED) } : { endOnFailure: true }
        await fc.assert(property, { numRuns: runs, ...replay })
      })
    }
  }
}
