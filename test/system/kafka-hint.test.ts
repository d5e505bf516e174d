import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { openKafka } from '../../src/pipeline.ts'
import { produce } from '../../src/produce/produce.ts'
import { scriptedSource } from '../../src/produce/scripted-source.ts'
import type { KafkaAddress } from '../../src/topic/kafka-address.ts'
import { createKafkaTopic } from '../../src/topic/kafka-create.ts'
import { kafkaSkip, sharedBroker } from './kafka-broker.ts'
import { atCluster, deleteTopic, growTo, newTopic } from './kafka-topics.ts'
import { tempDir } from './textstream.ts'

const skip = await kafkaSkip()
const broker = await sharedBroker(skip)

const chunksPerText = 100
const textsOf = (names: string) =>
  scriptedSource(
    Object.fromEntries(
      [...names].map(name => [
        name,
        { etag: '"1"', chunks: Array.from({ length: chunksPerText }, (_, i) => `${name}${i} `) },
      ]),
    ),
  )

/** Runs `produce`, and says what became of the texts, and how many records it read to find out. */
const runner = (address: KafkaAddress, folder: string) => async (names: string) => {
  const topic = await openKafka(address)
  let entries = 0
  const read: typeof topic.read = async function* (from, options) {
    for await (const batch of topic.read(from, options)) {
      entries += batch.entries.length
      yield batch
    }
  }
  const deliveries = await produce(textsOf(names), { ...topic, read }, { hints: { folder, recordsMin: 0 } })
  return { states: deliveries.map(({ state }) => state.replace('already captured', '=')).join(' '), entries }
}

/** What retention does. */
const deleteFirst = (address: KafkaAddress, partition: number, offset: bigint) =>
  atCluster(address, admin =>
    admin.deleteRecords({ topics: [{ name: address.topic, partitions: [{ partition, offset }] }] }),
  )

const perText = chunksPerText + 1

test('produce reads of a topic of Kafka only what came since its hint', { skip }, async () => {
  await using dir = await tempDir()
  const address = await newTopic(broker, 2)
  const run = runner(address, join(dir.path, 'resume'))
  assert.deepEqual(await run('abcdef'), { states: Array(6).fill('captured').join(' '), entries: 0 })
  assert.deepEqual(await run('abcdef'), { states: '= = = = = =', entries: 6 * perText })
  const partitions = Object.values(await (await openKafka(address)).end()).filter(end => end > 0).length
  const marks = 2 * partitions
  assert.deepEqual(await run('abcdefg'), { states: '= = = = = = captured', entries: marks })
  const { states, entries } = await run('abcdefg')
  assert.equal(states, '= = = = = = =')
  assert.ok(entries >= marks + perText && entries < 2 * perText)
  assert.equal((await readdir(join(dir.path, 'resume'))).length, 1)

  await growTo(address, 4)
  assert.equal((await run('abcdefg')).states, states)
})

test('produce forgets what Kafka did not keep, and a topic that was made anew', { skip }, async () => {
  await using dir = await tempDir()
  const address = await newTopic(broker, 1)
  const run = runner(address, join(dir.path, 'resume'))
  for (const names of ['a', 'ab', 'abc', 'abc']) await run(names)
  await deleteFirst(address, 0, BigInt(perText))
  const { states, entries } = await run('abc')
  assert.equal(states, 'captured = =')
  assert.ok(entries < 2 * perText, String(entries))
  await run('abc')

  await deleteTopic(address)
  await createKafkaTopic(address, { partitions: 1, replication: 1 })
  for (const states of ['captured captured captured', '= = =', '= = =']) assert.equal((await run('abc')).states, states)
})
