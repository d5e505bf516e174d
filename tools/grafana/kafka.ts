import type { Dashboard } from './dashboard.ts'
import { chosen, durations, lines, now, number, rate } from './queries.ts'

/** The exporter is an instance of its own: what textstream itself says of Kafka is not narrowed to it. */
const everywhere = (expr: string) => expr.replaceAll(chosen, '')

export const kafka: Dashboard = {
  uid: 'textstream-kafka',
  title: 'textstream: Kafka',
  says: "A cluster's state as textstream stack up kafka-exporter finds it, and how textstream fares with it.",
  instances: 'kafka_brokers',
  rows: [
    {
      title: 'Now',
      panels: [
        number('Brokers', '0: none answers.', 'none', `sum(kafka_brokers{${chosen}})`),
        number('Topics', 'With those of Kafka itself.', 'none', `count(kafka_topic_partitions{${chosen}})`),
        number('Partitions', 'Of all topics.', 'none', `sum(kafka_topic_partitions{${chosen}})`),
        number(
          'Under-replicated',
          'Partitions of which a replica is not in sync.',
          'none',
          `sum(kafka_topic_partition_under_replicated_partition{${chosen}})`,
          { warnAt: 1 },
        ),
        number(
          'Without a leader',
          'Partitions that nobody can write to.',
          'none',
          `count(kafka_topic_partition_leader{${chosen}} < 0) or vector(0)`,
          { warnAt: 1 },
        ),
        number(
          'Lag of groups',
          'Records that consumer groups are behind, all together.',
          'short',
          `sum(kafka_consumergroup_lag_sum{${chosen}})`,
        ),
      ],
    },
    {
      title: 'Topics',
      panels: [
        lines('Records', 'Records that come into each topic, a second.', 'cps', [
          { expr: rate('kafka_topic_partition_current_offset', 'topic'), legend: '{{topic}}' },
        ]),
        lines('Kept', 'Records that each topic keeps.', 'short', [
          {
            expr: `sum by (topic) (kafka_topic_partition_current_offset{${chosen}} - kafka_topic_partition_oldest_offset{${chosen}})`,
            legend: '{{topic}}',
          },
        ]),
        lines('Replicas in sync', 'Fewest of a partition, by topic.', 'none', [
          { expr: `min by (topic) (kafka_topic_partition_in_sync_replica{${chosen}})`, legend: '{{topic}}' },
        ]),
      ],
    },
    {
      title: "Others' consumer groups",
      panels: [
        lines(
          'Lag',
          'Records that each group is behind. textstream has no group: its offsets lie in the warehouse.',
          'short',
          [
            {
              expr: now('kafka_consumergroup_lag_sum', 'consumergroup, topic'),
              legend: '{{consumergroup}} {{topic}}',
            },
          ],
        ),
        lines('Read', 'Records that each group has read, a second.', 'cps', [
          {
            expr: rate('kafka_consumergroup_current_offset_sum', 'consumergroup, topic'),
            legend: '{{consumergroup}} {{topic}}',
          },
        ]),
        lines('Members', 'Of each group.', 'none', [
          { expr: now('kafka_consumergroup_members', 'consumergroup'), legend: '{{consumergroup}}' },
        ]),
      ],
    },
    {
      title: 'textstream on Kafka',
      panels: [
        lines(
          'Acknowledged',
          'What an append waits for, from the first one of its batch.',
          's',
          durations('textstream_topic_durable_seconds', '', ',topic="kafka"').map(({ expr, legend }) => ({
            expr: everywhere(expr).replaceAll('{,', '{'),
            legend,
          })),
        ),
        lines('Appended', 'Bytes a second that Kafka acknowledged.', 'Bps', [
          {
            expr: 'sum by (instance) (rate(textstream_topic_appended_bytes_total{topic="kafka"}[$__rate_interval]))',
            legend: '{{instance}}',
          },
        ]),
        lines('Lag of consume', 'Records that textstream consume is behind.', 'short', [
          { expr: 'sum by (instance) (textstream_consume_lag_records)', legend: '{{instance}}' },
        ]),
      ],
    },
  ],
}
