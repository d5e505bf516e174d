import { type Clock, systemClock } from '../std/clock.ts'
import { type KafkaAddress, kafkaName } from './kafka-address.ts'
import { type ClientLimits, clientLimits, KafkaClient } from './kafka-client.ts'
import { endOf, readKafka } from './kafka-reader.ts'
import type { KafkaSecurity } from './kafka-security.ts'
import { type KafkaWriterLimits, kafkaWriterLimits, openKafkaWriter } from './kafka-writer.ts'
import type { Topic } from './topic.ts'

export interface KafkaTopicOptions extends Partial<ClientLimits>, Partial<KafkaWriterLimits> {
  readonly security?: KafkaSecurity
  readonly clock?: Clock
}

/**
 * A topic of a Kafka cluster. A record is a message: its key is the document, so that a document's records stay in
 * order in one partition; its value is the line. An acknowledged record is on all replicas that are in sync; what that
 * survives is up to the topic's replication, and to how often its brokers flush.
 *
 * Partitions are called by their numbers, offsets are Kafka's. More than one writer is not refused: nothing in Kafka
 * does that. Within one writer nothing is lost, repeated or overtaken, whatever is sent again on the way; over writers
 * that end in the middle of it, readers drop repeats by `response_id` and `seq`.
 *
 * Messages of others are handed on as they are: without a value as the line `null`, and with a carriage return in place
 * of each line feed. What transactions gave up is left out.
 */
export const kafkaTopic = (address: KafkaAddress, options: KafkaTopicOptions = {}): Topic => {
  const { security = {}, clock = systemClock, ...limits } = options
  const client = () => new KafkaClient(address, security, { ...clientLimits, ...limits })
  return {
    name: kafkaName(address),
    end: () => endOf(client()),
    read: (from, readOptions = {}) => readKafka(client(), from, readOptions),
    writer: () => openKafkaWriter(client(), { ...kafkaWriterLimits, ...limits }, clock),
  }
}
