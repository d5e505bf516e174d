import type { Admin } from '@platformatic/kafka'
import { errnoOf, reasonOf, StreamError } from '../../std/error.ts'
import { brokersText, type KafkaBroker } from '../../topic/kafka-address.ts'
import type { KafkaSecurity } from '../../topic/kafka-security.ts'

const requestMsMax = 5_000

export interface Cluster {
  readonly brokers: readonly KafkaBroker[]
  readonly security: KafkaSecurity
}

/** The client wants to know a topic; nothing here is about one. */
const noTopic = 'none'

/** Rejects when the signal aborts, with its reason. */
const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const fail = () => reject(signal.reason)
    if (signal.aborted) fail()
    signal.addEventListener('abort', fail, { once: true })
  })

const fault = (brokers: Cluster['brokers'], cause: unknown) =>
  new StreamError('stack/kafka', `ask Kafka at ${brokersText({ brokers })}: ${errnoOf(cause) ?? reasonOf(cause)}`, {
    cause,
  })

/** Asks a cluster on connections of its own. Never tries again: whoever asks will ask once more. */
export const asking = async <T>(
  { brokers, security }: Cluster,
  signal: AbortSignal,
  ask: (admin: Admin) => Promise<T>,
): Promise<T> => {
  const { clientLimits, KafkaClient } = await import('../../topic/kafka-client.ts')
  await using client = new KafkaClient({ brokers, topic: noTopic }, security, { ...clientLimits, requestMsMax })
  try {
    return await Promise.race([ask(client.admin), aborted(signal)])
  } catch (thrown) {
    throw fault(brokers, thrown)
  }
}
