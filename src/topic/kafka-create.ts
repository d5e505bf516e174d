import { lineBytesMax } from '../chunk/chunk.ts'
import { StreamError } from '../std/error.ts'
import { brokersText, type KafkaAddress } from './kafka-address.ts'
import { type ClientLimits, clientLimits, insist, KafkaClient, Patience } from './kafka-client.ts'
import { apiIdOf, faultOf, isAbsent } from './kafka-fault.ts'
import type { KafkaSecurity } from './kafka-security.ts'

/** A longest line, with what Kafka puts around it. */
const messageBytesMax = lineBytesMax + 1024 * 1024
/** A topic that was made is known to all brokers by then. */
const visibleMsMax = 30_000

export interface NewKafkaTopic {
  readonly partitions: number
  readonly replication: number
}

/** What was captured stays until somebody deletes it, and the longest line fits in. Kafka's own defaults are a week, and 1 MB. */
const configs = [
  { name: 'max.message.bytes', value: String(messageBytesMax) },
  { name: 'retention.ms', value: '-1' },
  { name: 'retention.bytes', value: '-1' },
  { name: 'cleanup.policy', value: 'delete' },
]

const explain = (thrown: unknown, address: KafkaAddress, { partitions, replication }: NewKafkaTopic) => {
  const id = apiIdOf(thrown)
  if (id !== 'INVALID_REPLICATION_FACTOR' && id !== 'INVALID_PARTITIONS')
    return faultOf(thrown, address, 'create', 'topic/uncreated')
  const what = `create topic "${address.topic}" at ${brokersText(address)}`
  return new StreamError(
    'topic/usage',
    `${what}: ${partitions} partitions on ${replication} brokers each cannot be had; there may be fewer brokers`,
    { cause: thrown },
  )
}

/** Not before the brokers know it may anybody use it. */
const untilVisible = async (client: KafkaClient) => {
  const patience = new Patience(visibleMsMax)
  for (;;) {
    try {
      const { leaders } = await insist(patience, () => client.shape())
      if (leaders.every(leader => leader !== undefined)) return
    } catch (thrown) {
      if (!isAbsent(thrown)) throw thrown
    }
    if (!(await patience.goOn())) throw new Error('it was made, but the brokers do not know it yet')
  }
}

/** Makes the topic, if it is not there; false if it was. One that is there stays as it is, whatever its partitions. */
export const createKafkaTopic = async (
  address: KafkaAddress,
  wanted: NewKafkaTopic,
  security: KafkaSecurity = {},
  limits: Partial<ClientLimits> = {},
): Promise<boolean> => {
  await using client = new KafkaClient(address, security, { ...clientLimits, ...limits })
  const { partitions, replication: replicas } = wanted
  const patience = new Patience(client.limits.firstContactMsMax)
  try {
    await insist(patience, () => client.admin.createTopics({ topics: [address.topic], partitions, replicas, configs }))
    await untilVisible(client)
    return true
  } catch (thrown) {
    if (apiIdOf(thrown) === 'TOPIC_ALREADY_EXISTS') return false
    throw explain(thrown, address, wanted)
  }
}
