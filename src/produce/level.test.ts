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

test('documents of one name that have nothing in common are left apart', async () => {
  const places = [memoryTopic('first'), memoryTopic('second')] as const
  for (const place of places) await run(three(), place, 'the same names')
  const before = await Promise.all(places.map(linesOf))
  await run(three(), tee(...places))
  assert.deepEqual(await Promise.all(places.map(linesOf)), before)
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
  readonly to: 'both' | 'first'
  readonly version: number
  readonly lines: readonly [number, number]
}

const step: fc.Arbitrary<Step> = fc.record({
  to: fc.constantFrom('both', 'both', 'first'),
  version: fc.integer({ min: 0, max: 2 }),
  lines: fc.tuple(fc.nat({ max: 40 }), fc.nat({ max: 40 })),
})

/** A run that knew one place only may have captured a text anew: then there are two whole documents of it. */
const currentIn = async (place: Topic) => {
  const answers = await answersIn(place)
  const superseded = new Set(answers.map(({ supersedes }) => supersedes))
  const current = answers.filter(({ id }) => !superseded.has(id))
  for (const { file, reason, numbers } of current)
    assert.deepEqual([file, reason, numbers], [file, 'stop', numbers.map((_, i) => i)])
  return current.sort((a, b) => (a.id < b.id ? -1 : 1))
}

test('whatever was killed and changed on the way, in the end both places have the same, and the texts as they are', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 5 }), async steps => {
      const [first, second] = [memoryTopic('first'), memoryTopic('second')]
      for (const { to, version, lines } of steps) {
        const dying = [dyingAfter(first, lines[0]), dyingAfter(second, lines[1])] as const
        await quietly(run(three(version), to === 'both' ? tee(...dying) : dying[0]))
      }
      await run(three(9), tee(first, second))
      const current = await currentIn(first)
      assert.deepEqual(await currentIn(second), current)
      const texts = new Map(current.map(({ file, text }) => [file, text]))
      assert.deepEqual(Object.fromEntries(texts), originals(three(9)))
    }),
    runs(150),
  )
})
