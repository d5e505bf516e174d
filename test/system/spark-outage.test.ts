import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { kafkaTopic } from '../../src/topic/kafka.ts'
import type { KafkaAddress } from '../../src/topic/kafka-address.ts'
import { localFiles } from '../../src/wire/local-files.ts'
import type { TableFiles } from '../../src/wire/table-files.ts'
import { answer } from '../consumed.ts'
import { builtSkip } from '../spark.ts'
import { type Broker, kafkaSkip, startBroker } from './kafka-broker.ts'
import { newTopic } from './kafka-topics.ts'
import { type OwnStack, ownStack, partsSkip } from './own-stack.ts'
import { SparkTable } from './spark-table.ts'

const brokerSkip = await kafkaSkip()
const skip = builtSkip || brokerSkip || (await partsSkip('spark'))

const pieces = 400
const texts = (id: string) => Array.from({ length: pieces }, (_, seq) => `the harbour of ${id} at ${seq} was empty\n`)

const fill = async (address: KafkaAddress, ...ids: string[]) => {
  await using writer = await kafkaTopic(address).writer()
  for (const id of ids)
    for (const line of answer(id, texts(id))) void writer.append(`/${id}.md`, Buffer.from(line)).catch(() => {})
}

const expected = (...ids: string[]) => ids.flatMap(id => texts(id).map((chunk, seq) => `${id} ${seq} ${chunk}`)).sort()

describe('a Spark of one’s own', { skip, timeout: 400_000 }, () => {
  let stack: OwnStack
  let broker: Broker
  before(async () => {
    ;[stack, broker] = await Promise.all([ownStack(), startBroker()])
    await stack.up('spark')
  })
  after(async () => {
    await broker?.[Symbol.asyncDispose]()
    await stack?.[Symbol.asyncDispose]()
  })

  test('killed in the middle of a batch and started again, it leaves every record once', async () => {
    const sparkAt = `sc://127.0.0.1:${15_002 + stack.portOffset}`
    await using table = new SparkTable('outage', undefined, sparkAt)
    const address = await newTopic(broker, 1)
    await fill(address, 'a', 'b')
    let isKilled = false
    /** Right when the batch has begun to be written. */
    const restart = async () => {
      isKilled = true
      await sleep(300)
      await stack.kill('spark', 'spark')
      await stack.up('spark')
    }
    let restarted: Promise<void> | undefined
    const filesAt = async (): Promise<TableFiles> => {
      const files = localFiles()
      const create = (path: string, bytes: Uint8Array) => {
        if (path.endsWith('.plan.json') && !isKilled) restarted = restart()
        return files.create(path, bytes)
      }
      return { ...files, create }
    }
    const progress = await table.consume(address, { filesAt, limits: { batchRecordsMax: 500 } })
    await restarted
    assert.equal(isKilled, true)
    assert.equal(progress.rows, 2 * pieces)
    assert.deepEqual(await table.shown(), expected('a', 'b'))
  })

  test('a broker that is killed and started again meanwhile costs time, and nothing else', async () => {
    const sparkAt = `sc://127.0.0.1:${15_002 + stack.portOffset}`
    await using table = new SparkTable('broker', undefined, sparkAt)
    const address = await newTopic(broker, 1)
    await fill(address, 'c', 'd')
    let restarted: Promise<void> | undefined
    const restart = async () => {
      await broker.kill()
      await broker.start()
    }
    const filesAt = async (): Promise<TableFiles> => {
      const files = localFiles()
      const create = (path: string, bytes: Uint8Array) => {
        if (path.endsWith('.plan.json')) restarted ??= restart()
        return files.create(path, bytes)
      }
      return { ...files, create }
    }
    await table.consume(address, { filesAt, limits: { batchRecordsMax: 300 } })
    assert.notEqual(restarted, undefined)
    await restarted
    assert.deepEqual(await table.shown(), expected('c', 'd'))
  })
})
