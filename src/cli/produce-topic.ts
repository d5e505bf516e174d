import { createKafka, openKafka, openLog } from '../pipeline.ts'
import { type KafkaAddress, kafkaName } from '../topic/kafka-address.ts'
import { tee } from '../topic/tee.ts'
import type { Topic } from '../topic/topic.ts'
import { kafkaOf, lacksBroker } from './kafka-flags.ts'
import type { ProduceFlags } from './produce-flags.ts'
import { say } from './run.ts'

/** Throws before anything is opened or made. */
const wantedOf = (flags: ProduceFlags): KafkaAddress | undefined => {
  const address = kafkaOf(flags, 'produce')
  if (address === undefined && flags.createTopic) throw lacksBroker('--create-topic', 'produce')
  return address
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
  const address = wantedOf(flags)
  if (address !== undefined && flags.createTopic) await make(address, flags)
  const log = flags.logsDir === undefined ? undefined : await openLog(flags.logsDir)
  const kafka = address === undefined ? undefined : await openKafka(address)
  if (log !== undefined && kafka !== undefined) return tee(log, kafka)
  return log ?? kafka ?? nowhere()
}
