import { Gauge, Registry } from '@prometheus-io/client'
import type { GroupState, KafkaState, PartitionState } from './state.ts'

/** A sample: the values of its labels, in their order, then its number. */
type Sample = readonly [...labels: (string | number)[], value: number]

interface Metric {
  readonly name: string
  readonly help: string
  readonly labels: readonly string[]
  readonly samples: (state: KafkaState) => readonly Sample[]
}

const perPartition = (name: string, help: string, value: (of: PartitionState) => number): Metric => ({
  name: `kafka_topic_partition_${name}`,
  help,
  labels: ['topic', 'partition'],
  samples: ({ partitions }) => partitions.map(of => [of.topic, of.partition, value(of)]),
})

const perTopic = ({ partitions }: KafkaState): Sample[] =>
  [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, own]) => [topic, own.length])

interface Committed {
  readonly group: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** -1 where the end of the partition is not known. */
  readonly lag: number
}

const committedIn = ({ partitions, groups }: KafkaState): Committed[] => {
  const ends = new Map(partitions.map(({ topic, partition, current }) => [`${partition} ${topic}`, current]))
  const lagOf = (topic: string, partition: number, offset: number) => {
    const end = ends.get(`${partition} ${topic}`) ?? -1
    return end < 0 ? -1 : Math.max(0, end - offset)
  }
  return groups.flatMap(({ group, offsets }) =>
    offsets.map(({ topic, partition, offset }) => ({
      group,
      topic,
      partition,
      offset,
      lag: lagOf(topic, partition, offset),
    })),
  )
}

const perGroupPartition = (name: string, help: string, value: (of: Committed) => number): Metric => ({
  name: `kafka_consumergroup_${name}`,
  help,
  labels: ['consumergroup', 'topic', 'partition'],
  samples: state => committedIn(state).map(of => [of.group, of.topic, of.partition, value(of)]),
})

const perGroupTopic = (name: string, help: string, value: (of: Committed) => number): Metric => ({
  name: `kafka_consumergroup_${name}`,
  help,
  labels: ['consumergroup', 'topic'],
  samples: state =>
    [...Map.groupBy(committedIn(state), ({ group, topic }) => JSON.stringify([group, topic])).values()].map(own => [
      own[0].group,
      own[0].topic,
      own.reduce((sum, of) => sum + Math.max(0, value(of)), 0),
    ]),
})

const isOne = (truth: boolean) => (truth ? 1 : 0)

/** The names and labels of kafka_exporter (github.com/danielqsj/kafka_exporter), so that its dashboards fit. */
export const kafkaMetrics: readonly Metric[] = [
  {
    name: 'kafka_brokers',
    help: 'Number of brokers in the cluster; 0 if none answers',
    labels: [],
    samples: ({ brokers }) => [[brokers.length]],
  },
  {
    name: 'kafka_broker_info',
    help: 'A broker of the cluster',
    labels: ['id', 'address'],
    samples: ({ brokers }) => brokers.map(({ id, address }) => [id, address, 1]),
  },
  { name: 'kafka_topic_partitions', help: 'Number of partitions of this topic', labels: ['topic'], samples: perTopic },
  perPartition('current_offset', 'Offset behind the last record', of => of.current),
  perPartition('oldest_offset', 'Offset of the first record that is kept', of => of.oldest),
  perPartition('leader', 'Id of the broker that leads this partition, -1 if none does', of => of.leader),
  perPartition('leader_is_preferred', '1 if the leader is the first of the replicas', of =>
    isOne(of.leader === of.replicas[0]),
  ),
  perPartition('replicas', 'Number of replicas', of => of.replicas.length),
  perPartition('in_sync_replica', 'Number of replicas that are in sync', of => of.inSync.length),
  perPartition('under_replicated_partition', '1 if a replica is not in sync', of =>
    isOne(of.inSync.length < of.replicas.length),
  ),
  perGroupPartition('current_offset', 'Offset that a group committed', of => of.offset),
  perGroupPartition('lag', 'Records behind the offset that a group committed, -1 if not known', of => of.lag),
  perGroupTopic('current_offset_sum', 'Offsets that a group committed, summed over the topic', of => of.offset),
  perGroupTopic('lag_sum', 'Lag of a group, summed over the topic', of => of.lag),
  {
    name: 'kafka_consumergroup_members',
    help: 'Number of members of a group',
    labels: ['consumergroup'],
    samples: ({ groups }) => groups.map(({ group, members }: GroupState) => [group, members]),
  },
]

const setSamples = (gauge: Gauge<string>, labels: readonly string[], samples: readonly Sample[]) => {
  for (const sample of samples) {
    const named = Object.fromEntries(labels.map((label, at) => [label, String(sample[at])]))
    gauge.set(named, sample.at(-1) as number)
  }
}

/** The state as Prometheus reads it. */
export const metricsText = async (state: KafkaState): Promise<string> => {
  const registry = new Registry()
  for (const { name, help, labels, samples } of kafkaMetrics) {
    const gauge = new Gauge<string>({ name, help, labelNames: [...labels], registers: [registry] })
    setSamples(gauge, labels, samples(state))
  }
  return registry.metrics()
}

export const contentType: string = Registry.PROMETHEUS_CONTENT_TYPE
