import assert from 'node:assert/strict'
import { stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileTopic } from '../topic/file.ts'
import { memoryTopic } from '../topic/memory.ts'
import { basesIn, everything } from '../topic/prunable.ts'
import { pruneLog } from '../topic/prune.ts'
import { tee } from '../topic/tee.ts'
import type { Topic } from '../topic/topic.ts'
import { linesOf, textsIn } from './captured.ts'
import { hintsMax } from './hint-file.ts'
import {
  counting,
  filled,
  hinted,
  hintsIn,
  marks,
  namesIn,
  records,
  run,
  states,
  tempDir,
  textOf,
  texts,
} from './hinted.ts'
import { pastOf, pastTopic } from './past-topic.ts'
import { pour } from './pour.ts'
import { produce } from './produce.ts'
import { holdingsOf } from './scan.ts'
import { scriptedSource } from './scripted-source.ts'
import { Taken } from './taken.ts'

test('reads all of a topic once, and then only what came since', async t => {
  const { hints, topic, taken } = await hinted(t, memoryTopic())
  assert.deepEqual(states(await run(texts, topic, { hints })), ['already captured', 'already captured'])
  assert.equal(taken(), marks)
  const more = { ...texts, c: textOf(50) }
  assert.deepEqual(states(await run(more, topic, { hints })), ['already captured', 'already captured', 'captured'])
  assert.equal(taken(), marks)
  assert.deepEqual(states(await run(more, topic, { hints })), Array(3).fill('already captured'))
  assert.equal(taken(), marks + 51)
  await run(more, topic, { hints })
  assert.equal(taken(), marks)
  await run(more, topic)
  assert.equal(taken(), records + 51)
})

test('knows the files that nobody asked for when the hint was written', async t => {
  const { hints, topic } = await hinted(t, memoryTopic())
  const others = counting(topic)
  assert.deepEqual(states(await run({ b: texts.b }, others.topic, { hints })), ['already captured'])
  await run({ c: textOf(10) }, topic, { hints })
  await run({ c: textOf(10) }, topic, { hints })
  assert.deepEqual(states(await run(texts, others.topic, { hints })), ['already captured', 'already captured'])
  assert.equal(others.taken(), 2 * marks)
})

test('goes on with answers that were open when the hint was written, and with those that ended since', async t => {
  const whole = memoryTopic()
  await run(texts, whole)
  const lines = await linesOf(whole)
  for (const [before, after] of [
    [1, 2],
    [301, 302],
    [500, 500],
    [500, 701],
    [500, 702],
  ]) {
    const hints = await hintsIn(t)
    const topic = await filled(memoryTopic(), lines.slice(0, before))
    await holdingsOf(topic, { url: 'http://scripted', files: new Set(['a', 'b']), taken: new Taken(), hints })
    assert.equal((await namesIn(hints.folder)).length, 1)
    await filled(topic, lines.slice(before, after))
    await run(texts, topic, { hints })
    assert.equal((await linesOf(topic)).length, records)
    assert.deepEqual(await textsIn(topic), { a: texts.a.chunks.join(''), b: texts.b.chunks.join('') })
  }
})

test('writes nothing where little was read, and nothing where it was told to end', async t => {
  const hints = { folder: join(await tempDir(t), 'resume') }
  const { topic } = counting(memoryTopic())
  for (let i = 0; i < 3; i++) await run(texts, topic, { hints })
  assert.deepEqual(await namesIn(hints.folder), [])
  for (const [recordsMin, names] of [
    [records, 0],
    [records - 1, 1],
  ]) {
    await run(texts, topic, { hints: { ...hints, recordsMin } })
    assert.equal((await namesIn(hints.folder)).length, names)
  }
  const stop = new AbortController()
  const stopping: Topic = {
    ...topic,
    read: async function* (from, options) {
      for await (const batch of topic.read(from, options)) {
        yield { ...batch, entries: batch.entries.slice(0, 10) }
        return stop.abort()
      }
    },
  }
  const others = await hintsIn(t)
  await run(texts, stopping, { hints: others, signal: stop.signal })
  assert.ok(stop.signal.aborted)
  assert.deepEqual(await namesIn(others.folder), [])
})

test('reads a partition that was empty then from its start', async t => {
  const whole = memoryTopic()
  await run({ a: textOf(3), b: textOf(3), c: textOf(3), d: textOf(3), e: textOf(3) }, whole)
  const past = pastOf(await linesOf(whole), 2)
  const end = past.findIndex(({ partition }) => partition !== past[0].partition)
  assert.ok(end > 0)
  const hints = await hintsIn(t)
  const files = new Set(['a', 'b', 'c', 'd', 'e'])
  const of = { url: 'http://scripted', files, taken: new Taken(), hints }
  await holdingsOf(pastTopic(past, { first: {}, end }), of)
  const { topic, taken } = counting(pastTopic(past, { first: {}, end: past.length }))
  const holdings = await holdingsOf(topic, of)
  assert.equal(taken(), past.length - end + marks)
  for (const file of files) assert.equal(holdings.of(file).ended?.chunks, 3)
})

test('forgets what was pruned, and knows what was not', async t => {
  const dir = await tempDir(t)
  const hints = await hintsIn(t)
  const log = fileTopic(dir)
  for (const file of ['a', 'b', 'c']) await run({ [file]: textOf(20) }, log, { seed: file })
  const all = { a: textOf(20), b: textOf(20), c: textOf(20) }
  await run(all, log, { hints })
  const [, second] = await basesIn(dir)
  await pruneLog(dir, { before: everything, positions: new Map([['reader', { log: second }]]) })
  const { topic, taken } = counting(log)
  assert.deepEqual(states(await run(all, topic, { hints })), ['captured', 'already captured', 'already captured'])
  assert.ok(taken() < 42)
  assert.deepEqual(states(await run(all, topic, { hints })), Array(3).fill('already captured'))
})

const firstAgain = (lines: readonly string[]) => [...lines.slice(0, 5), lines[0], ...lines.slice(5)]

test('reads everything where an answer’s first record is gone, and its repeat is not', async t => {
  const whole = memoryTopic()
  await run({ a: textOf(20) }, whole)
  const lines = firstAgain(await linesOf(whole))
  const past = pastOf(lines, 1)
  for (const [gone, isFound] of [
    [0, true],
    [1, true],
    [5, true],
    [6, false],
  ] as const) {
    const hints = await hintsIn(t)
    const of = { url: 'http://scripted', files: new Set(['a']), taken: new Taken(), hints }
    await holdingsOf(pastTopic(past, { first: {}, end: past.length }), of)
    const held = await holdingsOf(pastTopic(past, { first: { 0: gone }, end: past.length }), of)
    assert.equal(held.of('a').ended !== undefined, isFound, `${gone} gone`)
  }
})

test('gives the last one that ended among those that are left', async t => {
  const [one, other] = [memoryTopic(), memoryTopic()]
  await run({ a: textOf(20) }, one, { seed: '1' })
  await run({ a: textOf(10) }, other, { seed: '2' })
  const [outer, inner] = [await linesOf(one), await linesOf(other)]
  const lines = [...outer.slice(0, 5), ...inner, ...outer.slice(5)]
  const past = pastOf(lines, 1)
  for (const [gone, chunks] of [
    [0, 20],
    [1, 10],
    [5, 10],
    [6, undefined],
  ]) {
    const hints = await hintsIn(t)
    const of = { url: 'http://scripted', files: new Set(['a']), taken: new Taken(), hints }
    await holdingsOf(pastTopic(past, { first: {}, end: past.length }), of)
    const held = await holdingsOf(pastTopic(past, { first: { 0: gone! }, end: past.length }), of)
    assert.equal(held.of('a').ended?.chunks, chunks, `${gone} gone`)
  }
})

test('writes no hint where there are too many answers that nobody asked for, and knows the others', async t => {
  const hints = await hintsIn(t, { othersBytesMax: 1000 })
  const { topic, taken } = counting(memoryTopic())
  const all = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`text ${i}`, textOf(3)]))
  const one = { 'text 7': textOf(3) }
  await run(all, topic)
  assert.deepEqual(states(await run(one, topic, { hints })), ['already captured'])
  assert.deepEqual(await namesIn(hints.folder), [])
  assert.deepEqual(states(await run(all, topic, { hints })), Array(20).fill('already captured'))
  assert.equal((await namesIn(hints.folder)).length, 1)
  taken()
  assert.deepEqual(states(await run(one, topic, { hints })), ['already captured'])
  assert.equal(taken(), marks)
})

test('keeps no hint of two topics at once, which are compared as a whole', async t => {
  const hints = await hintsIn(t)
  const places = [memoryTopic('first'), memoryTopic('second')] as const
  for (let i = 0; i < 3; i++) await run(texts, tee(...places), { hints })
  assert.deepEqual(await namesIn(hints.folder), [])
  await run(texts, places[0], { hints })
  assert.equal((await namesIn(hints.folder)).length, 1)
  const { topic, taken } = counting(places[0])
  await run(texts, tee(topic, places[1]), { hints })
  assert.ok(taken() >= records)
})

test('draws no taken name for standard input, whether it was read now or before', async t => {
  const hints = await hintsIn(t)
  const { topic, taken } = counting(memoryTopic())
  const input = async function* () {
    yield Buffer.from('text')
  }
  const uris = new Set<string | undefined>()
  const options = { seed: 'the same', hints, format: 'text', setAside: () => {}, onFault: () => {} } as const
  for (const entries of [0, 2, marks + 2, marks + 2]) {
    uris.add((await pour(input(), topic, options)).destination_uri)
    assert.equal(taken(), entries)
  }
  assert.equal(uris.size, 4)
})

test('calls a log by where it lies, and not by how that is written', async t => {
  const hints = await hintsIn(t)
  const named = async (name: string) => {
    const topic = memoryTopic(name)
    for (let i = 0; i < 2; i++) await run(texts, topic, { hints })
    return (await namesIn(hints.folder)).length
  }
  assert.equal(await named('logs'), 1)
  assert.equal(await named(join(process.cwd(), 'logs/')), 1)
  assert.equal(await named('/elsewhere/logs'), 2)
  assert.equal(await named('kafka://localhost:9092/chunks'), 3)
})

test('keeps so many hints, the latest ones, readable for their owner alone', async t => {
  const { hints, topic, file } = await hinted(t, memoryTopic())
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  const old = Array.from({ length: hintsMax + 3 }, (_, i) => join(hints.folder, `${String(i).padStart(64, '0')}.hint`))
  for (const [i, path] of old.entries()) {
    await writeFile(path, '')
    await utimes(path, i + 1, i + 1)
  }
  await writeFile(join(hints.folder, 'other'), '')
  await produce(scriptedSource(texts, 'http://another'), topic, { hints })
  const names = await namesIn(hints.folder)
  assert.equal(names.length, hintsMax + 1)
  assert.ok(names.includes('other') && names.includes(file.slice(hints.folder.length + 1)))
  assert.ok(!names.includes(`${'0'.repeat(64)}.hint`))
})
