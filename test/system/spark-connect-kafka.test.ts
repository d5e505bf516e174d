import assert from 'node:assert/strict'
import { test } from 'node:test'
import { client, quick, sparkAddress, sparkSkip } from '../spark.ts'
import { kafkaSkip, sharedBroker } from './kafka-broker.ts'
import { newTopic, sendForeign } from './kafka-topics.ts'

const { ascending, cast, collect, kafkaRange, openSpark, project, as, sort } = client

const skip = sparkSkip || (await kafkaSkip())
const broker = await sharedBroker(skip)

const nasty = `{"chunk":"'); drop table x; -- \\n\\u0000 😀"}`

test('the records of a topic between offsets are read, and no others', { skip, timeout: 120_000 }, async () => {
  const address = await newTopic(broker, 2)
  const send = (value: string | null, partition: number) => ({ key: 'k', value, partition })
  await sendForeign(address, [
    send('a0', 0),
    send(nasty, 0),
    send(null, 0),
    send('a3', 0),
    send('b0', 1),
    send('b1', 1),
  ])
  await using spark = await openSpark(sparkAddress, { settings: quick })
  const read = async (from: Record<number, number>, to: Record<number, number | bigint>) => {
    const options = { 'kafkaConsumer.pollTimeoutMs': '3000' }
    const range = kafkaRange({ brokers: broker.address, topic: address.topic, from, to, options })
    const columns = ['partition', 'offset', as(cast('value', 'string'), 'value'), as(cast('key', 'string'), 'key')]
    const rows = await collect(spark, sort(project(range, columns), ascending('partition'), ascending('offset')))
    assert.ok(rows.every(({ key }) => key === 'k'))
    return rows.map(({ partition, offset, value }) => [partition, offset, value])
  }
  const all = [[0, 0n, 'a0'], [0, 1n, nasty], [0, 2n, null], [0, 3n, 'a3'], [1, 0n, 'b0'], [1, 1n, 'b1']] // biome-ignore format: a table
  assert.deepEqual(await read({ 0: 0, 1: 0 }, { 0: 4, 1: 2 }), all)
  assert.deepEqual(await read({ 0: 1, 1: 2 }, { 0: 3n, 1: 2n }), all.slice(1, 3))
  assert.deepEqual(await read({ 1: 1 }, { 1: 2 }), all.slice(5))
  assert.deepEqual(await read({ 0: 2, 1: 0 }, { 0: 2, 1: 0 }), [])
  await assert.rejects(read({ 0: 0, 1: 0 }, { 0: 9, 1: 2 }), { code: 'spark/failed' })
})
