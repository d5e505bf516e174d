import { randomUUID } from 'node:crypto'
import type { TestContext } from 'node:test'
import { kafkaSkip, sharedBroker } from '../../test/system/kafka-broker.ts'
import { kafkaTopic } from './kafka.ts'
import { kafkaAddressOf } from './kafka-address.ts'
import { createKafkaTopic } from './kafka-create.ts'
import { topicContract } from './topic.contract.ts'

const skip = await kafkaSkip()
const broker = await sharedBroker(skip)

const makeTopic = async (_: TestContext) => {
  const address = kafkaAddressOf(broker.address, randomUUID())
  await createKafkaTopic(address, { partitions: 3, replication: 1 })
  return kafkaTopic(address)
}

const manyWriters = 'Kafka refuses no second writer: what two of them write is told apart by response_id and seq'

topicContract('kafka', makeTopic, {
  skip: {
    ...(skip !== false && { all: skip }),
    'a second writer is refused at once, until the first one is closed': manyWriters,
    'a writer that is closed twice takes nothing from its successor': manyWriters,
    'an offset inside a record is refused': 'every offset of Kafka is a whole record: there is no inside',
  },
})
