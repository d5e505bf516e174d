import { StreamError } from '../std/error.ts'
import { type KafkaAddress, kafkaAddressOf } from '../topic/kafka-address.ts'
import { wholeNumber } from './numbers.ts'

export const topicDefault = 'chunks'

const partitionsMax = 10_000
const replicationMax = 100

/** For options that say how a topic is made. */
export const partitions = wholeNumber(1, partitionsMax)
export const replication = wholeNumber(1, replicationMax)

export interface KafkaFlags {
  readonly kafkaBrokerPort?: string
  readonly topic?: string
}

/** An option that is nothing without a broker. */
export const lacksBroker = (option: string, command: string): StreamError =>
  new StreamError(`${command}/usage`, `${option} without --kafka-broker-port: which broker? give -k PORT or host:port`)

/** What `-k` and `-t` name, if they do. */
export const kafkaOf = ({ kafkaBrokerPort, topic }: KafkaFlags, command: string): KafkaAddress | undefined => {
  if (kafkaBrokerPort !== undefined) return kafkaAddressOf(kafkaBrokerPort, topic ?? topicDefault)
  if (topic !== undefined) throw lacksBroker(`--topic ${JSON.stringify(topic)}`, command)
  return undefined
}
