import assert from 'node:assert/strict'
import { after, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { kafkaTopic } from '../../src/topic/kafka.ts'
import type { KafkaAddress } from '../../src/topic/kafka-address.ts'
import type { ClientLimits } from '../../src/topic/kafka-client.ts'
import type { Topic } from '../../src/topic/topic.ts'
import { kafkaSkip, startBroker } from './kafka-broker.ts'
import { deleteTopic, growTo, linesIn, newTopic } from './kafka-topics.ts'

const skip = await kafkaSkip()
const broker = skip === false ? await startBroker() : undefined
after(() => broker?.[Symbol.asyncDispose]())

const isLong = process.env.TEXTSTREAM_LONG !== undefined
const rounds = isLong ? 12 : 1
const documents = 10

/** Faults last seconds here, and are noticed as soon. */
const hasty = { requestMsMax: 1_500, absentMsMax: 500, shapeMsMax: 300 }

const topicAt = (address: KafkaAddress, limits: Partial<ClientLimits> = {}) =>
  kafkaTopic(address, { ...hasty, ...limits })

/** Appends numbered records of many documents until it is told to stop; says which were acknowledged. */
const appending = async (t: TestContext, topic: Topic) => {
  const stop = new AbortController()
  t.after(() => stop.abort())
  const acknowledged: number[] = []
  const work = async () => {
    await using writer = await topic.writer()
    const waiting: Promise<unknown>[] = []
    for (let i = 0; !stop.signal.aborted; i++) {
      await writer.ready()
      const lines = Buffer.from(`${JSON.stringify({ n: i, chunk: 'x'.repeat(i % 500) })}\n`)
      const appended = writer.append(`/${i % documents}.md`, lines).then(() => acknowledged.push(i))
      appended.catch(() => stop.abort())
      waiting.push(appended)
      if (i % 20 === 0) await sleep(1)
    }
    await Promise.all(waiting)
  }
  const done = work()
  done.catch(() => {})
  while (acknowledged.length === 0) await Promise.race([sleep(10), done])
  return {
    acknowledged,
    stop: () => {
      stop.abort()
      return done
    },
    done,
  }
}

/** Follows until `count` records have been seen, or for too long. */
const following = (t: TestContext, topic: Topic) => {
  const stop = new AbortController()
  t.after(() => stop.abort())
  const seen: string[] = []
  const work = async () => {
    for await (const { entries } of topic.read({}, { follow: true, signal: stop.signal }))
      for (const { line } of entries) seen.push(Buffer.from(line).toString())
  }
  const done = work()
  done.catch(() => {})
  const until = async (count: number) => {
    while (seen.length < count) {
      await Promise.race([sleep(20), done])
      assert.ok(!stop.signal.aborted)
    }
    stop.abort()
    await done
    return seen
  }
  return { seen, done, until }
}

const numbersOf = (lines: readonly string[]): number[] => lines.map(line => JSON.parse(line).n)

/** Each exactly once, and in order within its document. */
const assertOnce = (lines: readonly string[], count: number) => {
  const numbers = numbersOf(lines)
  assert.deepEqual(
    numbers.toSorted((a, b) => a - b),
    Array.from({ length: count }, (_, i) => i),
  )
  for (const [, ofOne] of Map.groupBy(numbers, n => n % documents))
    assert.deepEqual(
      ofOne,
      ofOne.toSorted((a, b) => a - b),
    )
}

const whileHurt = async (t: TestContext, hurt: () => Promise<void>) => {
  const topic = topicAt(await newTopic(broker!))
  const [writing, reading] = [await appending(t, topic), following(t, topic)]
  await sleep(500)
  const before = writing.acknowledged.length
  await hurt()
  await sleep(500)
  await writing.stop()
  const { length } = writing.acknowledged
  assert.ok(before > 0 && length > before, `${before} before, ${length} after`)
  assertOnce(await reading.until(length), length)
  assertOnce(await linesIn(topic), length)
}

const faults: Readonly<Record<string, () => Promise<void>>> = {
  'killed and started again': async () => {
    await broker!.kill()
    await broker!.start()
  },
  'paused for longer than a request may take': async () => {
    await broker!.pause()
    await sleep(2 * hasty.requestMsMax)
    await broker!.resume()
  },
}

const others: typeof faults = {
  'ended in order and started again': async () => {
    await broker!.stop()
    await broker!.start()
  },
}

for (const [what, hurt] of Object.entries(isLong ? { ...faults, ...others } : faults)) {
  test(`a broker that is ${what} loses and repeats nothing, for writer and readers`, { skip }, async t => {
    for (let round = 0; round < rounds; round++) await whileHurt(t, hurt)
  })
}

test('a follower reads partitions that are added, and a writer stays with those it knows', { skip }, async t => {
  const address = await newTopic(broker!, 1)
  const topic = topicAt(address)
  const reading = following(t, topic)
  await using first = await topic.writer()
  await first.append('/a.md', Buffer.from('one\n'))
  await growTo(address, 4)
  await sleep(2 * hasty.shapeMsMax)
  await first.append('/a.md', Buffer.from('two\n'))
  await using second = await topic.writer()
  const lines = Array.from({ length: 40 }, (_, i) => `${i}`)
  await Promise.all(lines.map(line => second.append(`/${line}.md`, Buffer.from(`${line}\n`))))
  assert.deepEqual((await reading.until(42)).toSorted(), ['one', 'two', ...lines].toSorted())
  const end = await topic.end()
  assert.deepEqual(Object.keys(end), ['0', '1', '2', '3'])
  assert.ok(Object.values(end).every(offset => offset > 0))
})

test('a topic that is deleted ends its readers and its writer, and says so', { skip }, async t => {
  const address = await newTopic(broker!)
  const topic = topicAt(address)
  const [writing, reading] = [await appending(t, topic), following(t, topic)]
  await sleep(300)
  await deleteTopic(address)
  const gone = { code: 'topic/not-found', message: /it was deleted meanwhile/ }
  await assert.rejects(writing.done, gone)
  await assert.rejects(reading.done, gone)
  await assert.rejects(topic.end(), { code: 'topic/not-found', message: /there is no such topic/ })
})

test('a topic that was deleted and made anew is another one', { skip }, async t => {
  const address = await newTopic(broker!, 1)
  const topic = topicAt(address, { absentMsMax: 20_000 })
  await using writer = await topic.writer()
  await writer.append('/a.md', Buffer.from('one\n'))
  const reading = following(t, topic)
  while (reading.seen.length === 0) await sleep(10)
  await deleteTopic(address)
  const { createKafkaTopic } = await import('../../src/topic/kafka-create.ts')
  while (!(await createKafkaTopic(address, { partitions: 1, replication: 1 }))) await sleep(20)
  const gone = { code: 'topic/not-found', message: /it was deleted meanwhile/ }
  await sleep(2 * hasty.shapeMsMax)
  await assert.rejects(writer.append('/a.md', Buffer.from('two\n')), gone)
  await assert.rejects(reading.done, gone)
})

test('a broker that stays away is unreachable, to writer and readers alike', { skip }, async t => {
  const topic = topicAt(await newTopic(broker!), { outageMsMax: 1_000, firstContactMsMax: 300 })
  const [writing, reading] = [await appending(t, topic), following(t, topic)]
  await sleep(300)
  await broker!.kill()
  const unreachable = { code: 'topic/unreachable', message: /is the broker up\? try: textstream stack up kafka/ }
  await assert.rejects(writing.done, unreachable)
  await assert.rejects(reading.done, unreachable)
  for (const ask of [() => topic.end(), () => topic.writer(), () => linesIn(topic)])
    await assert.rejects(async () => void (await ask()), unreachable)
  await broker!.start()
  const numbers = numbersOf(await linesIn(topic))
  const there = new Set(numbers)
  assert.equal(there.size, numbers.length)
  assert.deepEqual(
    writing.acknowledged.filter(n => !there.has(n)),
    [],
  )
})
