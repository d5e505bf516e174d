import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { StreamError } from '../std/error.ts'
import { memoryTopic } from '../topic/memory.ts'
import { isTee, tee } from '../topic/tee.ts'
import type { Topic } from '../topic/topic.ts'
import { answersIn, linesOf, textsIn } from './captured.ts'
import { produce } from './produce.ts'
import { type ScriptedText, scriptedSource } from './scripted-source.ts'

const runs = (numRuns: number) => ({ numRuns: process.env.TEXTSTREAM_LONG === undefined ? numRuns : 20 * numRuns })
const retry = { retriesMax: 2, backoffMsMin: 1, backoffMsMax: 2 }

type Texts = Readonly<Record<string, ScriptedText>>

const run = (texts: Texts, topic: Topic, seed?: string) =>
  produce(scriptedSource(texts), topic, { retry, ...(seed !== undefined && { seed }) })

/** As if its process were killed once it has so many lines: the rest of an append is lost, and so is all behind it. */
const dyingAfter = (topic: Topic, lines: number): Topic => ({
  ...topic,
  writer: async () => {
    const inner = await topic.writer()
    let left = lines
    const append = async (uri: string, bytes: Uint8Array) => {
      const given = Buffer.from(bytes).toString('latin1').split('\n').slice(0, -1)
      const taken = given.slice(0, left)
      left -= taken.length
      if (taken.length > 0) await inner.append(uri, Buffer.from(`${taken.join('\n')}\n`, 'latin1'))
      if (taken.length < given.length) throw new StreamError('topic/append', 'killed')
    }
    return { append, ready: () => inner.ready(), [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose]() }
  },
})

const chunksOf = (name: string, count: number) => Array.from({ length: count }, (_, i) => `${name}${i} `)

/** The version is part of the text, and of its tag. */
const textOf = (name: string, count: number, version: number): ScriptedText => ({
  chunks: chunksOf(`${name}v${version}.`, count),
  etag: `"${version}"`,
  cuts: [31, 64],
})

const originals = (of: Texts) =>
  Object.fromEntries(Object.entries(of).map(([file, { chunks }]) => [file, chunks.join('')]))

const three = (version = 0): Texts => ({
  a: textOf('a', 9, version),
  b: textOf('b', 0, version),
  c: textOf('c', 5, version),
})

const quietly = (work: Promise<unknown>) => work.catch(thrown => assert.equal(thrown.code, 'topic/append'))

test('what goes into two topics is in both, line by line', async () => {
  const [first, second] = [memoryTopic('first'), memoryTopic('second')]
  const both = tee(first, second)
  assert.ok(isTee(both) && !isTee(first))
  await run(three(), both)
  assert.deepEqual(await textsIn(first), originals(three()))
  assert.deepEqual(await linesOf(second), await linesOf(first))
  const again = await run(three(), both)
  assert.ok(again.every(({ state }) => state === 'already captured'))
  assert.equal((await linesOf(first)).length, 14 + 3)
})

test('killed at every point of both places, the next run gives each what it lacks, once', async () => {
  for (let inFirst = 0; inFirst <= 18; inFirst++) {
    for (let inSecond = 0; inSecond <= 18; inSecond++) {
      const [first, second] = [memoryTopic('first'), memoryTopic('second')]
      await quietly(run(three(), tee(dyingAfter(first, inFirst), dyingAfter(second, inSecond))))
      await run(three(), tee(first, second))
      for (const place of [first, second]) {
        assert.deepEqual(await textsIn(place), originals(three()), `${place.name} after ${inFirst}, ${inSecond}`)
        assert.equal((await linesOf(place)).length, 17)
      }
    }
  }
})

test('what one place was given alone is given to the other', async () => {
  for (const which of [0, 1]) {
    for (const lines of [0, 1, 7, 100]) {
      const places = [memoryTopic('first'), memoryTopic('second')] as const
      await quietly(run(three(), dyingAfter(places[which], lines)))
      await run(three(), tee(...places))
      for (const place of places) assert.deepEqual(await textsIn(place), originals(three()))
    }
  }
})

test('documents that went two ways are left as they are, and their texts go into new ones', async () => {
  const places = [memoryTopic('first'), memoryTopic('second')] as const
  for (const place of places) await run(three(), place, 'the same names')
  const before = await Promise.all(places.map(linesOf))
  const deliveries = await run(three(), tee(...places))
  assert.ok(deliveries.every(({ state }) => state === 'captured'))
  const after = await Promise.all(places.map(linesOf))
  for (const [i, lines] of after.entries()) assert.deepEqual(lines.slice(0, 17), before[i])
  assert.deepEqual(after[0].slice(17), after[1].slice(17))
  const again = await run(three(), tee(...places))
  assert.ok(again.every(({ state }) => state === 'already captured'))
})

test('a changed text that each place got by itself is captured once more, into both', async () => {
  const places = [memoryTopic('first'), memoryTopic('second')] as const
  await run(three(0), tee(...places))
  for (const place of places) await run(three(1), place)
  await run(three(1), tee(...places))
  for (const place of places) assert.equal((await wholeIn(place)).length, 6)
})

test('what others have in a shared topic is theirs', async () => {
  const [log, shared] = [memoryTopic('log'), memoryTopic('shared')]
  await produce(scriptedSource(three(), 'http://others'), shared, { retry })
  await run(three(), tee(log, shared))
  assert.deepEqual(await textsIn(log), originals(three()))
  assert.equal((await linesOf(shared)).length, 2 * 17)
  const uris = (await answersIn(shared)).map(({ uri }) => uri)
  assert.equal(new Set(uris).size, uris.length)
})

interface Step {
  readonly to: 'both' | 'first' | 'second'
  readonly version: number
  readonly lines: readonly [number, number]
}

const step: fc.Arbitrary<Step> = fc.record({
  to: fc.constantFrom('both', 'both', 'first', 'second'),
  version: fc.integer({ min: 0, max: 2 }),
  lines: fc.tuple(fc.nat({ max: 40 }), fc.nat({ max: 40 })),
})

interface Whole {
  readonly id: string
  readonly file: string
  readonly text: string
}

/** Of every document the one answer that nothing supersedes, if it is whole: no document holds two. */
const wholeIn = async (place: Topic): Promise<Whole[]> => {
  const records = (await linesOf(place)).map(line => JSON.parse(line))
  const superseded = new Set(records.map(({ supersedes }) => supersedes))
  const answers = [...Map.groupBy(records, ({ response_id }) => response_id as string)]
  const current = answers.filter(([id]) => !superseded.has(id))
  const uris = current.map(([, [{ destination_uri }]]) => destination_uri)
  assert.equal(new Set(uris).size, uris.length, `${place.name}: ${uris}`)
  return current.flatMap(([id, of]) => {
    const text = of.map(({ chunk }) => chunk).join('')
    const { end } = of.at(-1)!
    if (end?.reason !== 'stop' || of.some(({ seq }, i) => seq !== i)) return []
    assert.deepEqual([end.chunks, end.bytes], [of.length - 1, Buffer.byteLength(text)])
    return [{ id, file: of[0].source.file as string, text }]
  })
}

/** Few names, so that runs that know only one place draw the same ones. */
const seedOf = (lines: readonly [number, number]) => (lines[0] % 3 === 0 ? 'the same names' : undefined)

test('whatever was killed and changed on the way, in the end both places have every text as it is, alone in a document', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 5 }), async steps => {
      const [first, second] = [memoryTopic('first'), memoryTopic('second')]
      for (const { to, version, lines } of steps) {
        const dying = [dyingAfter(first, lines[0]), dyingAfter(second, lines[1])] as const
        const target = { both: tee(...dying), first: dying[0], second: dying[1] }[to]
        await quietly(run(three(version), target, seedOf(lines)))
      }
      await run(three(9), tee(first, second))
      const wholes = await Promise.all([first, second].map(wholeIn))
      for (const [file, text] of Object.entries(originals(three(9)))) {
        const ids = wholes.map(whole => whole.filter(one => one.file === file && one.text === text).map(({ id }) => id))
        assert.ok(
          ids[0].some(id => ids[1].includes(id)),
          `${file}: ${ids}`,
        )
      }
    }),
    runs(150),
  )
})
