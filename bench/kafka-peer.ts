import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { brokersText, type KafkaAddress } from '../src/topic/kafka-address.ts'
import { type Program, runProgram } from './measure.ts'

const here = join(import.meta.dirname, 'peers/kafka-tools')
const lib = join(here, 'lib')
const heap = '-Xmx512m'

/** From Maven Central, once. */
export const installTools = async (): Promise<void> => {
  if (existsSync(lib)) return
  const args = ['-q', '-B', '-f', join(here, 'pom.xml'), 'dependency:copy-dependencies', `-DoutputDirectory=${lib}`]
  await runProgram({ program: 'mvn', args })
}

const tool = (name: string, ...args: string[]): Program => ({
  program: 'java',
  args: [heap, '-cp', `${lib}/*`, `org.apache.kafka.tools.${name}`, ...args],
})

/** Acknowledged by all, idempotent, compressed, in batches of the size of ours. */
export const javaProducer = (address: KafkaAddress, file: string, records: number, batchBytes: number): Program =>
  tool(
    'ProducerPerformance',
    ...['--topic', address.topic, '--num-records', String(records), '--payload-file', file, '--throughput', '-1'],
    ...['--producer-props', `bootstrap.servers=${brokersText(address)}`, 'acks=all', 'enable.idempotence=true'],
    ...['compression.type=zstd', 'compression.zstd.level=1', `batch.size=${batchBytes}`, 'linger.ms=2'],
  )

export const javaConsumer = (address: KafkaAddress, records: number): Program =>
  tool(
    'ConsumerPerformance',
    ...['--bootstrap-server', brokersText(address), '--topic', address.topic, '--num-records', String(records)],
  )
