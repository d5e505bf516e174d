import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Source } from '../source/source.ts'
import { StreamError } from '../std/error.ts'
import { memoryTopic } from '../topic/memory.ts'
import type { Topic } from '../topic/topic.ts'
import { linesOf } from './captured.ts'
import { pour } from './pour.ts'
import { produce } from './produce.ts'
import { scriptedSource } from './scripted-source.ts'

const retry = { retriesMax: 4, backoffMsMin: 1, backoffMsMax: 2 }
const second = 1e6
const midnight = Date.UTC(2026, 10, 23) * 1000

/** A source that takes a second to answer, and is away for the first requests. */
const slowSource = (etag: string, away = 0) => {
  let micros = midnight
  const inner = scriptedSource({
    a: { chunks: ['x', 'y'], etag, faults: { after: 1, times: etag === '1' ? 1 : 0, code: 'source/cut' }, cuts: [14] },
  })
  const open: Source['open'] = async (name, options) => {
    micros += second
    if (away-- > 0) throw new StreamError('source/unreachable', 'away')
    return inner.open(name, options)
  }
  return { source: { ...inner, open }, clock: () => micros }
}

const capture = (topic: Topic, { source, clock }: ReturnType<typeof slowSource>) =>
  produce(source, topic, { clock, retry })

/** Of each record of a topic: when its stream was asked for, if it says so, and its own time. */
const timesIn = async (topic: Topic) =>
  (await linesOf(topic)).map(line => {
    const { source, event_time } = JSON.parse(line)
    return [source?.requested_at, event_time]
  })

const at = (seconds: number) => `2026-11-23T00:00:0${seconds}.000000Z`

test("an answer's first record says when its stream was asked for, whatever became of earlier and later requests", async () => {
  const topic = memoryTopic()
  const [{ state }] = await capture(topic, slowSource('1', 2))
  assert.equal(state, 'captured')
  assert.deepEqual(await timesIn(topic), [
    [at(2), at(3)],
    [undefined, at(4)],
    [undefined, at(4)],
  ])
})

test('it is no part of what text an answer is of; the answer to a changed text has its own', async () => {
  const topic = memoryTopic()
  await capture(topic, slowSource('1'))
  const again = await capture(topic, slowSource('1'))
  const changed = await capture(topic, slowSource('2'))
  assert.deepEqual([again[0].state, changed[0].state], ['already captured', 'recaptured'])
  const requests = (await timesIn(topic)).flatMap(([requested]) => requested ?? [])
  assert.deepEqual(requests, [at(0), at(1)])
})

test('what comes on standard input was asked for by nobody', async () => {
  const topic = memoryTopic()
  const input = async function* () {
    yield Buffer.from('text')
  }
  await pour(input(), topic, { setAside: () => {}, onFault: () => {} })
  assert.ok((await linesOf(topic)).every(line => !line.includes('requested_at')))
})
