import assert from 'node:assert/strict'
import { test } from 'node:test'
import { metricsText } from './metrics.ts'
import type { KafkaState } from './state.ts'

const state: KafkaState = {
  brokers: [
    { id: 1, address: 'a:9092' },
    { id: 2, address: 'b:9092' },
  ],
  partitions: [
    { topic: 'chunks', partition: 0, oldest: 5, current: 100, leader: 1, replicas: [1, 2], inSync: [1, 2] },
    { topic: 'chunks', partition: 1, oldest: 0, current: 50, leader: 1, replicas: [2, 1], inSync: [1] },
    { topic: 'lost', partition: 0, oldest: -1, current: -1, leader: -1, replicas: [2], inSync: [] },
  ],
  groups: [
    {
      group: 'old "consumer"\n',
      members: 2,
      offsets: [
        { topic: 'chunks', partition: 0, offset: 90 },
        { topic: 'chunks', partition: 1, offset: 60 },
        { topic: 'lost', partition: 0, offset: 3 },
      ],
    },
    { group: 'new', members: 0, offsets: [] },
  ],
}

const samplesOf = (text: string, prefix: string) =>
  text.split('\n').filter(line => line.startsWith(prefix) && !line.startsWith('#'))

const group = 'consumergroup="old \\"consumer\\"\\n"'

const shown: Record<string, string[]> = {
  kafka_brokers: ['kafka_brokers 2'],
  'kafka_broker_info{': [
    'kafka_broker_info{id="1",address="a:9092"} 1',
    'kafka_broker_info{id="2",address="b:9092"} 1',
  ],
  'kafka_topic_partitions{': ['kafka_topic_partitions{topic="chunks"} 2', 'kafka_topic_partitions{topic="lost"} 1'],
  'kafka_topic_partition_current_offset{topic="chunks"': [
    'kafka_topic_partition_current_offset{topic="chunks",partition="0"} 100',
    'kafka_topic_partition_current_offset{topic="chunks",partition="1"} 50',
  ],
  'kafka_topic_partition_oldest_offset{topic="chunks",partition="0"': [
    'kafka_topic_partition_oldest_offset{topic="chunks",partition="0"} 5',
  ],
  'kafka_topic_partition_leader{topic="lost"': ['kafka_topic_partition_leader{topic="lost",partition="0"} -1'],
  'kafka_topic_partition_leader_is_preferred{topic="chunks"': [
    'kafka_topic_partition_leader_is_preferred{topic="chunks",partition="0"} 1',
    'kafka_topic_partition_leader_is_preferred{topic="chunks",partition="1"} 0',
  ],
  'kafka_topic_partition_under_replicated_partition{topic="chunks"': [
    'kafka_topic_partition_under_replicated_partition{topic="chunks",partition="0"} 0',
    'kafka_topic_partition_under_replicated_partition{topic="chunks",partition="1"} 1',
  ],
  'kafka_topic_partition_in_sync_replica{topic="chunks",partition="1"': [
    'kafka_topic_partition_in_sync_replica{topic="chunks",partition="1"} 1',
  ],
  'kafka_consumergroup_lag{': [
    `kafka_consumergroup_lag{${group},topic="chunks",partition="0"} 10`,
    `kafka_consumergroup_lag{${group},topic="chunks",partition="1"} 0`,
    `kafka_consumergroup_lag{${group},topic="lost",partition="0"} -1`,
  ],
  'kafka_consumergroup_current_offset{': [
    `kafka_consumergroup_current_offset{${group},topic="chunks",partition="0"} 90`,
    `kafka_consumergroup_current_offset{${group},topic="chunks",partition="1"} 60`,
    `kafka_consumergroup_current_offset{${group},topic="lost",partition="0"} 3`,
  ],
  'kafka_consumergroup_lag_sum{': [
    `kafka_consumergroup_lag_sum{${group},topic="chunks"} 10`,
    `kafka_consumergroup_lag_sum{${group},topic="lost"} 0`,
  ],
  'kafka_consumergroup_current_offset_sum{': [
    `kafka_consumergroup_current_offset_sum{${group},topic="chunks"} 150`,
    `kafka_consumergroup_current_offset_sum{${group},topic="lost"} 3`,
  ],
  'kafka_consumergroup_members{': [
    `kafka_consumergroup_members{${group}} 2`,
    'kafka_consumergroup_members{consumergroup="new"} 0',
  ],
}

for (const [prefix, lines] of Object.entries(shown)) {
  test(`a cluster is shown by ${prefix}`, async () => {
    assert.deepEqual(samplesOf(await metricsText(state), prefix), lines)
  })
}

test('where nothing answers there is no broker, and nothing else is claimed', async () => {
  const text = await metricsText({ brokers: [], partitions: [], groups: [] })
  assert.deepEqual(
    text.split('\n').filter(line => line !== '' && !line.startsWith('#')),
    ['kafka_brokers 0'],
  )
})
