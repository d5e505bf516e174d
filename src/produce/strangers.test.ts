import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { memoryTopic } from '../topic/memory.ts'
import type { Topic } from '../topic/topic.ts'
import { linesOf, textsIn } from './captured.ts'
import { produce } from './produce.ts'
import { scriptedSource } from './scripted-source.ts'

const source = scriptedSource({ a: { chunks: ['a', 'b', 'c', 'd'], etag: '"1"' } })

const topicOf = async (lines: readonly string[]): Promise<Topic> => {
  const topic = memoryTopic()
  await using writer = await topic.writer()
  for (const line of lines) await writer.append('/any', Buffer.from(`${line}\n`))
  return topic
}

const whole = memoryTopic()
const [{ destination_uri, response_id }] = await produce(source, whole)
const ours = await linesOf(whole)
const first = JSON.parse(ours[0])

/** In the layout in which we write, and in one that only a parser reads. */
const stranger = (members: object) => {
  const record = { chunk: 'X', agent_id: 'A', destination_uri: '/else.md', event_time: first.event_time, response_id }
  return [JSON.stringify({ ...record, ...members }), JSON.stringify({ ...members, ...record })]
}

const end = { reason: 'stop', chunks: 3, bytes: 1, sha256: '0'.repeat(64) }
const strangers: Record<string, string[]> = {
  'the next number of our answer’s name': stranger({ seq: 2 }),
  'a later number of our answer’s name': stranger({ seq: 7 }),
  'the end of our answer’s name': stranger({ seq: 2, end }),
  'a claim to supersede our answer': stranger({
    response_id: 'z',
    seq: 0,
    source: first.source,
    supersedes: response_id,
  }),
}

for (const [what, lines] of Object.entries(strangers)) {
  test(`goes on with its answer where another document has ${what}`, async () => {
    for (const line of lines) {
      const topic = await topicOf([...ours.slice(0, 2), line])
      const deliveries = await produce(source, topic)
      const mine = deliveries.find(delivery => delivery.destination_uri === destination_uri)
      assert.deepEqual([mine?.state, mine?.chunks], ['continued', 4], line)
      const written = (await linesOf(topic)).filter(one => one.includes(`"${destination_uri}"`))
      assert.deepEqual(await textsIn(await topicOf(written)), { a: 'abcd' })
    }
  })
}

test('stops at once, and captures nothing, where the source or the topic is slow to say what there is', async () => {
  const never = (signal?: AbortSignal) =>
    new Promise<never>((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
  const topic = await topicOf(ours.slice(0, 2))
  const slowSource = { ...source, list: (options?: { signal?: AbortSignal }) => never(options?.signal) }
  assert.deepEqual(await produce(slowSource, topic, { signal: AbortSignal.timeout(20) }), [])
  const slowTopic: Topic = {
    ...topic,
    read: async function* (_from, { signal } = {}) {
      await never(signal).catch(() => {})
    },
  }
  const deliveries = produce(source, slowTopic, { signal: AbortSignal.timeout(20) })
  assert.deepEqual(await Promise.race([deliveries, sleep(5_000, 'late', { ref: false })]), [])
  assert.deepEqual(await linesOf(topic), ours.slice(0, 2))
})
