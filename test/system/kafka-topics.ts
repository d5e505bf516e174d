import { randomUUID } from 'node:crypto'
import { Admin, Producer } from '@platformatic/kafka'
import { kafkaTopic } from '../../src/topic/kafka.ts'
import { type KafkaAddress, kafkaAddressOf } from '../../src/topic/kafka-address.ts'
import { createKafkaTopic } from '../../src/topic/kafka-create.ts'
import type { Topic } from '../../src/topic/topic.ts'
import { append } from '../consumed.ts'

/** A topic that no other test knows. */
export const newTopic = async (broker: { readonly address: string }, partitions = 3): Promise<KafkaAddress> => {
  const address = kafkaAddressOf(broker.address, `test-${randomUUID()}`)
  await createKafkaTopic(address, { partitions, replication: 1 })
  return address
}

/** Lines with their line ends, as `produce` writes them. */
export const fill = (address: KafkaAddress, lines: readonly (string | Buffer)[]): Promise<void> =>
  append(kafkaTopic(address), lines)

const options = ({ brokers }: KafkaAddress) => ({
  clientId: 'test',
  bootstrapBrokers: brokers.map(({ host, port }) => ({ host, port })),
})

/** What a person does at the cluster, beside textstream. */
export const atCluster = async <Result>(
  address: KafkaAddress,
  act: (admin: Admin) => Promise<Result>,
): Promise<Result> => {
  const admin = new Admin(options(address))
  try {
    return await act(admin)
  } finally {
    await admin.close()
  }
}

export const deleteTopic = (address: KafkaAddress): Promise<void> =>
  atCluster(address, admin => admin.deleteTopics({ topics: [address.topic] }) as Promise<void>)

export const growTo = (address: KafkaAddress, count: number): Promise<void> =>
  atCluster(address, admin =>
    admin.createPartitions({ topics: [{ name: address.topic, count, assignments: null }] } as never),
  )

export interface Foreign {
  readonly key?: string
  readonly value: string | null
  readonly partition: number
}

/** Messages as other programs write them, one after another. */
export const sendForeign = async (address: KafkaAddress, messages: readonly Foreign[]): Promise<void> => {
  const producer = new Producer({ ...options(address), acks: -1 } as never)
  for (const { key, value, partition } of messages) {
    const bytes = { key: key && Buffer.from(key), value: value === null ? null : Buffer.from(value) }
    await producer.send({ messages: [{ topic: address.topic, partition, ...bytes }], acks: -1 } as never)
  }
  await producer.close()
}

export const linesIn = async (topic: Topic): Promise<string[]> => {
  const lines: string[] = []
  for await (const { entries } of topic.read({}))
    for (const { line } of entries) lines.push(Buffer.from(line).toString())
  return lines
}
