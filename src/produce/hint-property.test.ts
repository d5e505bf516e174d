import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { memoryTopic } from '../topic/memory.ts'
import type { Topic } from '../topic/topic.ts'
import { linesOf } from './captured.ts'
import { seededRandom } from './chance.ts'
import { filled } from './hinted.ts'
import { pastOf, pastTopic } from './past-topic.ts'
import { produce } from './produce.ts'
import { type HoldingsOptions, holdingsOf } from './scan.ts'
import { type ScriptedText, scriptedSource } from './scripted-source.ts'
import { Taken } from './taken.ts'

const isLong = process.env.TEXTSTREAM_LONG !== undefined
const files = ['a', 'b', 'c', 'd']
const url = 'http://scripted'

interface Run {
  readonly is: 'run'
  readonly texts: Readonly<Record<string, ScriptedText>>
  readonly again: boolean
  /** How many of its lines came to be there: its process was killed then. */
  readonly lines: number
}

interface Repeat {
  readonly is: 'repeat'
  readonly at: number
  readonly lines: number
}

interface Stranger {
  readonly is: 'stranger'
  readonly which: number
  readonly about: number
}

type Event = Run | Repeat | Stranger

const text = fc.record({
  chunks: fc.array(fc.constantFrom('x', 'yy', '', 'é'), { maxLength: 4 }),
  etag: fc.constantFrom('"1"', '"2"', undefined),
  cuts: fc.constantFrom([], [20]),
}) as fc.Arbitrary<ScriptedText>
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      is: fc.constant('run' as const),
      texts: fc.dictionary(fc.constantFrom(...files), text, { maxKeys: 3, noNullPrototype: true }),
      again: fc.integer({ max: 4, min: 0 }).map(n => n === 0),
      lines: fc.oneof(fc.nat(12), fc.constant(1000)),
    }),
  },
  { weight: 2, arbitrary: fc.record({ is: fc.constant('repeat' as const), at: fc.nat(), lines: fc.nat(4) }) },
  { weight: 2, arbitrary: fc.record({ is: fc.constant('stranger' as const), which: fc.nat(), about: fc.nat() }) },
)

/** What others might write about an answer of ours, or beside it. */
const strangersAbout = (first: Record<string, unknown>, n: number): string[] => {
  const { agent_id, destination_uri, response_id, event_time } = first
  const source = first.source as object
  const ours = { chunk: '?', agent_id, destination_uri, event_time }
  const end = { reason: 'stop', chunks: 1, bytes: 1, sha256: '0'.repeat(64) }
  const other = { ...source, file: files[n % files.length] }
  return [
    { ...ours, response_id: `z${n}`, seq: 0, source: other, supersedes: response_id },
    { ...ours, response_id: `y${n}`, seq: 0, source, supersedes: response_id, agent_id: 'Agent_Other' },
    { ...ours, response_id, seq: 0, source: other },
    { ...ours, response_id, seq: 1, end },
    { ...ours, response_id, seq: 7 },
    { ...ours, response_id },
    { ...ours, response_id: `x${n}`, seq: 0, source: { ...source, url: 'http://other' } },
    { ...ours, destination_uri: `/else-${n % 5}`, response_id, seq: 0, source },
    { chunk: '', destination_uri: `/plain-${n}` },
  ].map(record => JSON.stringify(record))
}

const firstsIn = (lines: readonly string[]) => lines.filter(line => line.includes('"source"'))

const linesOfEvent = async (event: Event, before: readonly string[], turn: number): Promise<readonly string[]> => {
  if (event.is === 'repeat') {
    const at = event.at % (before.length + 1)
    return before.slice(at, at + event.lines)
  }
  if (event.is === 'stranger') {
    const firsts = firstsIn(before)
    if (firsts.length === 0) return ['{"chunk":', '', '{"destination_uri":"/plain"}']
    const strangers = strangersAbout(JSON.parse(firsts[event.about % firsts.length]), turn)
    return [strangers[event.which % strangers.length]]
  }
  const topic = await filled(memoryTopic(), before)
  let micros = 1e15 + turn * 1e9
  const chance = { seed: String(turn), random: seededRandom(String(turn)), clock: () => micros++ }
  await produce(scriptedSource(event.texts, url), topic, { again: event.again, ...chance })
  return (await linesOf(topic)).slice(before.length).slice(0, event.lines)
}

const historyOf = async (events: readonly Event[]): Promise<string[]> => {
  const lines: string[] = []
  for (const [turn, event] of events.entries()) lines.push(...(await linesOfEvent(event, lines, turn)))
  return lines
}

const heldIn = async (topic: Topic, options: Pick<HoldingsOptions, 'files' | 'hints'>) => {
  const taken = new Taken()
  const holdings = await holdingsOf(topic, { url, taken, ...options })
  const held = [...options.files].map(file => {
    const { open, ended } = holdings.of(file)
    return {
      file,
      ended,
      open: open.map(({ answer, seq, whole, digest }) => ({ answer, seq, whole, ...digest.result() })),
    }
  })
  return { held, taken }
}

const pagesOf = (taken: Taken) => new Map([...taken.pages()].map(([number, page]) => [number, Buffer.from(page)]))

/** What was pruned may still be taken. */
const assertTakenIn = (one: Taken, other: Taken) => {
  const pages = pagesOf(other)
  for (const [number, page] of pagesOf(one))
    for (const [at, byte] of page.entries()) assert.equal(byte & ~(pages.get(number)?.[at] ?? 0), 0)
}

/** In hundredths of the history: where it ended, and what had gone by then, by partition. */
const rest = fc.record({
  end: fc.nat(100),
  gone: fc.array(fc.oneof(fc.constant(0), fc.nat(99)), {
    minLength: 2,
    maxLength: 2,
  }),
  files: fc.subarray(files),
})

test('with a hint, the outcome is the same as without', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'textstream-hint-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  let read = 0
  const tally = { lines: 0, all: 0, shorter: 0, open: 0, ended: 0 }
  await fc.assert(
    fc.asyncProperty(
      fc.array(event, { minLength: 3, maxLength: 12 }),
      fc.array(rest, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 2 }),
      async (events, rests, partitions) => {
        for (const name of await readdir(folder)) await rm(join(folder, name))
        const past = pastOf(await historyOf(events), partitions)
        tally.lines += past.length
        const ends = rests.map(({ end }) => Math.ceil((end / 100) * past.length)).sort((a, b) => a - b)
        const first: Record<string, number> = {}
        for (const [i, end] of [...ends, past.length].entries()) {
          const { gone, files: some } = rests[i] ?? { gone: [0, 0], files }
          for (const [partition, share] of gone.entries())
            first[partition] = Math.max(first[partition] ?? 0, Math.floor((share / 100) * (ends[i - 1] ?? 0)))
          const topic = pastTopic(past, { first: { ...first }, end }, ends, () => read++)
          const asked = new Set(some)
          read = 0
          const plain = await heldIn(topic, { files: asked })
          const without = read
          read = 0
          const hinted = await heldIn(topic, { files: asked, hints: { folder, recordsMin: 0 } })
          tally.all++
          if (read < without) tally.shorter++
          assert.deepEqual(hinted.held, plain.held)
          assertTakenIn(plain.taken, hinted.taken)
          tally.open += plain.held.filter(({ open }) => open.length > 0).length
          tally.ended += plain.held.filter(({ ended }) => ended !== undefined).length
        }
      },
    ),
    { numRuns: isLong ? 5000 : 150 },
  )
  t.diagnostic(JSON.stringify(tally))
  assert.ok(Math.min(tally.shorter, tally.open, tally.ended) > tally.all / 10, JSON.stringify(tally))
})
