import type { InputFormat } from '../produce/pour.ts'
import type { KafkaFlags } from './kafka-flags.ts'
import type { MetricsPort } from './metrics-port.ts'

export interface ProduceFlags extends KafkaFlags {
  readonly streamSourcePort?: string
  readonly createTopic: boolean
  readonly partitions: number
  readonly replication: number
  readonly logsDir?: string
  readonly agent?: string
  readonly uri?: string
  readonly format?: InputFormat
  readonly seed?: string
  readonly again: boolean
  readonly concurrency: number
  readonly metricsPort?: MetricsPort
  readonly json: boolean
}
