import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { oracle } from '../../test/oracle.ts'
import type { Chunk } from '../chunk/chunk.ts'
import { decode, encode } from '../chunk/codec.ts'
import { memoryTopic } from '../topic/memory.ts'
import { type Heard, Hub } from './hub.ts'
import { Lanes } from './lanes.ts'
import { LiveText } from './live-text.ts'
import { rebuild } from './rebuild.ts'

const numRuns = process.env.TEXTSTREAM_LONG ? 2_000 : 120
const uri = '/d.md'

const end = fc.record({
  reason: fc.constantFrom('stop', 'error'),
  chunks: fc.nat(3),
  bytes: fc.nat(9),
  sha256: fc.constant('0'.repeat(64)),
})

/** Few names, numbers and times, so that they meet. */
const anyRecord: fc.Arbitrary<Chunk> = fc
  .record(
    {
      chunk: fc.constantFrom('a', 'bc', 'é', '', '\ud83d', '\ude00', '😀', '"\\'),
      agent_id: fc.constantFrom('A', 'B'),
      event_time: fc.nat(5).map(second => `2026-11-23T08:00:0${second}Z`),
      response_id: fc.constantFrom('r', 's', ''),
      seq: fc.nat(4),
      supersedes: fc.constantFrom('r', 's'),
      end,
    },
    { requiredKeys: ['chunk'], noNullPrototype: true },
  )
  .map(record => ({ ...record, destination_uri: uri }))

/** Answers that are written in their order, as nearly all are, one or two at a time. */
const plainRecords: fc.Arbitrary<Chunk[]> = fc
  .array(fc.tuple(fc.constantFrom('r', 's'), fc.constantFrom('a', 'bc', '\ud83d', '\ude00')), { maxLength: 12 })
  .map(pairs => {
    const next = new Map<string, number>()
    return pairs.map(([response_id, chunk], at) => {
      const seq = next.get(response_id) ?? 0
      next.set(response_id, seq + 1)
      return { chunk, destination_uri: uri, response_id, seq, event_time: `2026-11-23T08:00:00.${100000 + at}Z` }
    })
  })

const records = fc.oneof(plainRecords, fc.array(anyRecord, { maxLength: 12 }))

/** What a reader sees after each record, and how often its text was made anew. */
const follow = async (given: readonly Chunk[], dir: string) => {
  const topic = memoryTopic()
  await using writer = await topic.writer()
  const hub = new Hub(topic, new Lanes())
  const heards: Heard[] = []
  using _ = hub.watch(uri, { hear: heard => heards.push(heard), pause: () => {} })
  let live = new LiveText([], false, '')
  let text = ''
  let renewals = 0
  const seen: string[] = []
  for (const [at, record] of given.entries()) {
    const from = await topic.end()
    await writer.append(uri, encode(record))
    for await (const batch of topic.read(from)) hub.take(batch)
    const effect = live.take(heards.at(-1)!)
    if (effect.is === 'appended') text += effect.text
    if (effect.is === 'elsewhere') {
      renewals++
      const to = (await topic.end()).log
      const found = await rebuild(topic, { uri, ranges: [{ partition: 'log', from: 0, to }], dir: join(dir, `${at}`) })
      const last = found.parts.at(-1)
      const half = last === undefined || last.isClosed ? '' : last.half
      text = readFileSync(found.textPath, 'utf8').slice(0, half === '' ? undefined : -1)
      live = new LiveText(found.parts, found.hasClaims, half)
    }
    seen.push(text)
  }
  return { seen, renewals }
}

const inFolder = async <T>(act: (dir: string) => Promise<T>): Promise<T> => {
  const dir = mkdtempSync(join(tmpdir(), 'textstream-live-text-'))
  try {
    return await act(dir)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** A half of a surrogate pair at the end waits for its other half: a reader has not seen it yet. */
const isShown = (seen: string, expected: string) => seen === expected || `${seen}\ufffd` === expected

test('what a reader has seen is at each moment what a refresh of the records up to then writes', async () => {
  const property = fc.asyncProperty(records, async given => {
    const decoded = given.map(record => decode(encode(record)) as Chunk)
    const { seen } = await inFolder(dir => follow(given, dir))
    for (const [at, text] of seen.entries()) {
      const expected = oracle(decoded.slice(0, at + 1))[0].content.toString()
      assert.ok(
        isShown(text, expected),
        `after ${at + 1} records: ${JSON.stringify(text)}, not ${JSON.stringify(expected)}`,
      )
    }
  })
  await fc.assert(property, { numRuns, endOnFailure: true })
})

const inOrder = (response_id: string, from: number, texts: readonly string[]): Chunk[] =>
  texts.map((chunk, at) => {
    const event_time = `2026-11-23T08:00:0${from + at}Z`
    return { chunk, destination_uri: uri, response_id, seq: at, event_time }
  })

const unnumbered: Chunk[] = ['x', 'y'].map(chunk => ({ chunk, destination_uri: uri }))

const cases: Record<string, [given: Chunk[], renewals: number]> = {
  'an answer in its order': [inOrder('r', 0, ['a', 'b', 'c']), 0],
  'one answer behind another': [[...inOrder('r', 0, ['a', 'b']), ...inOrder('s', 3, ['c'])], 0],
  repeats: [[...inOrder('r', 0, ['a', 'b']), ...inOrder('r', 0, ['a', 'b'])], 0],
  'records without numbers or times': [unnumbered, 0],
  'a record that comes too early, and the one before it': [
    inOrder('r', 0, ['a', 'b', 'c']).toSorted((a, b) => Number(b.seq! > 0) - Number(a.seq! > 0)),
    2,
  ],
}

for (const [name, [given, renewals]] of Object.entries(cases)) {
  test(`a text is made anew ${renewals} times for ${name}`, async () => {
    assert.equal((await inFolder(dir => follow(given, dir))).renewals, renewals)
  })
}
