import { createKafka, openKafka, openLog } from '../pipeline.ts'
import { StreamError } from '../std/error.ts'
import { type KafkaAddress, kafkaAddressOf, kafkaName } from '../topic/kafka-address.ts'
import { tee } from '../topic/tee.ts'
import type { Topic } from '../topic/topic.ts'
import type { ProduceFlags } from './produce-flags.ts'
import { say } from './run.ts'

const topicDefault = 'chunks'

const usage = (message: string) => new StreamError('produce/usage', message)

/** Throws before anything is opened or made. */
const kafkaOf = ({ kafkaBrokerPort, topic, createTopic }: ProduceFlags): KafkaAddress | undefined => {
  if (kafkaBrokerPort !== undefined) return kafkaAddressOf(kafkaBrokerPort, topic ?? topicDefault)
  if (topic !== undefined)
    throw usage(`--topic ${JSON.stringify(topic)} without --kafka-broker-port: which broker? give -k PORT or host:port`)
  if (createTopic) throw usage('--create-topic without --kafka-broker-port: which broker? give -k PORT or host:port')
  return undefined
}

const make = async (address: KafkaAddress, { partitions, replication }: ProduceFlags) => {
  if (await createKafka(address, { partitions, replication })) say(`${kafkaName(address)}: made`)
}

const nowhere = async () => {
  say('textstream: warning: neither --logs-dir nor --kafka-broker-port is given: chunks are read and thrown away')
  return (await import('../produce/nowhere.ts')).nowhere
}

/** Where the options say that chunks go: a log, a topic of Kafka, both, or nowhere. */
export const openTarget = async (flags: ProduceFlags): Promise<Topic> => {
  const address = kafkaOf(flags)
  if (address !== undefined && flags.createTopic) await make(address, flags)
  const log = flags.logsDir === undefined ? undefined : await openLog(flags.logsDir)
  const kafka = address === undefined ? undefined : await openKafka(address)
  if (log !== undefined && kafka !== undefined) return tee(log, kafka)
  return log ?? kafka ?? nowhere()
}
