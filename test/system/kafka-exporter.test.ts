import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import { Admin, Producer, stringSerializers } from '@platformatic/kafka'
import { startExporter } from '../../src/stack/kafka/exporter.ts'
import { kafkaSkip, startBroker } from './kafka-broker.ts'

const skip = await kafkaSkip()

const exporterOf = async (port: number) => {
  const told: string[] = []
  const cluster = { brokers: [{ host: '127.0.0.1', port }], security: {} }
  const server = await startExporter({ cluster, port: 0, tell: what => told.push(what) })
  const metrics = async () => (await fetch(`${server.listeningOrigin}/metrics`)).text()
  return { server, told, metrics, [Symbol.asyncDispose]: () => server.close() }
}

/** Three records in two partitions, of which a group has read two. */
const fill = async (address: string) => {
  const options = { clientId: 'test', bootstrapBrokers: [address] }
  const admin = new Admin(options)
  await admin.createTopics({ topics: ['chunks'], partitions: 2, replicas: 1 })
  const producer = new Producer({ ...options, serializers: stringSerializers, idempotent: true })
  const messages = [0, 0, 1].map(partition => ({ topic: 'chunks', key: 'k', value: 'v', partition }))
  await producer.send({ messages, acks: -1 })
  const partitionOffsets = [
    { partition: 0, offset: 1n },
    { partition: 1, offset: 1n },
  ]
  await admin.alterConsumerGroupOffsets({ groupId: 'old', topics: [{ name: 'chunks', partitionOffsets }] })
  await producer.close()
  await admin.close()
}

const wanted = `kafka_brokers 1
kafka_topic_partitions{topic="chunks"} 2
kafka_topic_partition_current_offset{topic="chunks",partition="0"} 2
kafka_topic_partition_current_offset{topic="chunks",partition="1"} 1
kafka_topic_partition_oldest_offset{topic="chunks",partition="0"} 0
kafka_topic_partition_leader{topic="chunks",partition="0"} 1
kafka_topic_partition_replicas{topic="chunks",partition="1"} 1
kafka_topic_partition_under_replicated_partition{topic="chunks",partition="1"} 0
kafka_consumergroup_current_offset{consumergroup="old",topic="chunks",partition="0"} 1
kafka_consumergroup_lag{consumergroup="old",topic="chunks",partition="0"} 1
kafka_consumergroup_lag{consumergroup="old",topic="chunks",partition="1"} 0
kafka_consumergroup_lag_sum{consumergroup="old",topic="chunks"} 1
kafka_consumergroup_members{consumergroup="old"} 0`

test('the exporter shows what a real broker holds, says when it is gone, and finds it again', { skip }, async () => {
  await using broker = await startBroker()
  await using exporter = await exporterOf(broker.port)
  await fill(broker.address)
  const lines = (await exporter.metrics()).split('\n')
  assert.deepEqual(
    wanted.split('\n').filter(line => !lines.includes(line)),
    [],
  )
  await broker.kill()
  assert.match(await exporter.metrics(), /^kafka_brokers 0$/m)
  await exporter.metrics()
  await broker.start()
  assert.match(await exporter.metrics(), /^kafka_brokers 1$/m)
  assert.equal(exporter.told.length, 3, exporter.told.join('\n'))
})

/** Takes connections, and ends each at once. */
const deafServer = async () => {
  const seen = { connections: 0 }
  const server = createServer(socket => {
    seen.connections++
    socket.destroy()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return { seen, port, [Symbol.asyncDispose]: async () => void server.close() }
}

test('whoever asks while a look is under way is answered by that one', async () => {
  await using deaf = await deafServer()
  await using exporter = await exporterOf(deaf.port)
  await exporter.metrics()
  const ofOne = deaf.seen.connections
  const answers = await Promise.all([exporter.metrics(), exporter.metrics(), exporter.metrics()])
  assert.deepEqual([new Set(answers).size, deaf.seen.connections], [1, 2 * ofOne])
})

test('the exporter says once that no broker answers, and where', async () => {
  await using exporter = await exporterOf(1)
  for (let scrape = 0; scrape < 3; scrape++) await exporter.metrics()
  assert.deepEqual(exporter.told, ['no broker answers: ask Kafka at 127.0.0.1:1: ECONNREFUSED'])
})
