import type { Admin } from '@platformatic/kafka'

/** What one look at a cluster found. Offsets are the next ones: of the log, or to be read by a group. */
export interface KafkaState {
  readonly brokers: readonly { readonly id: number; readonly address: string }[]
  readonly partitions: readonly PartitionState[]
  readonly groups: readonly GroupState[]
}

export interface PartitionState {
  readonly topic: string
  readonly partition: number
  readonly oldest: number
  readonly current: number
  readonly leader: number
  readonly replicas: readonly number[]
  readonly inSync: readonly number[]
}

export interface GroupState {
  readonly group: string
  readonly members: number
  /** Of each partition for which it committed one. */
  readonly offsets: readonly { readonly topic: string; readonly partition: number; readonly offset: number }[]
}

export const partitionsMax = 20_000
export const groupsMax = 2_000

/** The protocol's own marks for "the first one kept" and "behind the last one". */
const earliest = -2n
const latest = -1n

const keyOf = (topic: string, partition: number) => `${partition} ${topic}`

type Places = readonly { readonly topic: string; readonly partition: number }[]

const offsetsAt = async (admin: Admin, places: Places, timestamp: bigint): Promise<Map<string, number>> => {
  const byTopic = Map.groupBy(places, ({ topic }) => topic)
  const topics = [...byTopic].map(([name, own]) => ({
    name,
    partitions: own.map(({ partition }) => ({ partitionIndex: partition, timestamp })),
  }))
  const listed = topics.length === 0 ? [] : await admin.listOffsets({ topics })
  const pairs = listed.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, offset }) => [keyOf(name, partitionIndex), Number(offset)] as const),
  )
  return new Map(pairs)
}

const partitionsOf = async (admin: Admin): Promise<PartitionState[]> => {
  const topics = await admin.listTopics({ includeInternals: true })
  if (topics.length === 0) return []
  const metadata = await admin.metadata({ topics, forceUpdate: true })
  const all = topics
    .flatMap(topic => (metadata.topics.get(topic)?.partitions ?? []).map((is, partition) => ({ topic, partition, is })))
    .slice(0, partitionsMax)
  // Nobody could be asked about the others.
  const led = all.filter(({ is }) => is.leader >= 0)
  const oldest = await offsetsAt(admin, led, earliest)
  const current = await offsetsAt(admin, led, latest)
  return all.map(({ topic, partition, is: { leader, replicas, isr } }) => {
    const key = keyOf(topic, partition)
    const offsets = { oldest: oldest.get(key) ?? -1, current: current.get(key) ?? -1 }
    return { topic, partition, ...offsets, leader, replicas, inSync: isr }
  })
}

const groupsOf = async (admin: Admin): Promise<GroupState[]> => {
  const names = [...(await admin.listGroups()).keys()].slice(0, groupsMax)
  if (names.length === 0) return []
  const described = await admin.describeGroups({ groups: names })
  const listed = await admin.listConsumerGroupOffsets({ groups: names })
  return listed.map(({ groupId, topics }) => ({
    group: groupId,
    members: described.get(groupId)?.members.size ?? 0,
    offsets: topics.flatMap(({ name, partitions }) =>
      partitions
        .filter(({ committedOffset }) => committedOffset >= 0n)
        .map(each => ({ topic: name, partition: each.partitionIndex, offset: Number(each.committedOffset) })),
    ),
  }))
}

/**
 * One after another, so that a large cluster is never asked everything at once. A cluster that has only just started
 * knows its brokers and partitions before its groups: these are then left out.
 */
export const kafkaState = async (admin: Admin): Promise<KafkaState> => {
  const { brokers } = await admin.metadata({ topics: [], forceUpdate: true })
  const partitions = await partitionsOf(admin)
  return {
    brokers: [...brokers].map(([id, { host, port }]) => ({ id, address: `${host}:${port}` })),
    partitions,
    groups: await groupsOf(admin).catch(() => []),
  }
}
