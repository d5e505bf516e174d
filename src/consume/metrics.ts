import type { ClusterFacts } from '../cluster/cluster.ts'
import { asked, counter, counters, gauge, histogram, slowSeconds } from '../metrics/metrics.ts'
import { grown } from '../std/bytes.ts'
import { systemClock } from '../std/clock.ts'
import type { Rows } from '../warehouse/rows.ts'
import type { Gathered } from './gathered.ts'
import type { Verdicts } from './suspects.ts'

export const running = gauge('textstream_consume_running', 'Consumers that run now; 0 once one has ended.')
const records = counter('textstream_consume_records_total', 'Records that were read and committed.')
const rows = counter('textstream_consume_rows_total', 'Rows that they became.')
const malformed = counter('textstream_consume_malformed_total', 'Lines that were no records, and set aside.')
const repeats = counter('textstream_consume_repeats_total', 'Records that had come before, with the same text.')
const conflicts = counter('textstream_consume_conflicts_total', 'Records that had come with another text.')

const recordSeconds = histogram(
  'textstream_consume_record_seconds',
  "From the event time of a batch's first row to its being committed; over old logs, their age.",
  slowSeconds,
)
const committedSeconds = gauge(
  'textstream_consume_committed_timestamp_seconds',
  'When the latest batch was committed, in seconds since 1970.',
)

export const fitSeconds = histogram('textstream_consume_fit_seconds', 'Fitting a model.', slowSeconds)
export const model = asked('gauge', 'textstream_consume_model', 'Number of the latest model; 0: none yet.')
export const windows = asked('gauge', 'textstream_consume_windows', 'Windows of text so far, in all runs.')
export const lagBytes = asked('gauge', 'textstream_consume_lag_bytes', 'How far behind the end of an embedded log.')
export const lagRecords = asked('gauge', 'textstream_consume_lag_records', 'How far behind the end of a Kafka topic.')

const changes = counters(
  'textstream_consume_cluster_changes_total',
  "Clusters of newly fitted models, by what became of the model's before.",
  { change: ['born', 'kept', 'split', 'merged', 'died'] },
)

const rowsOf = new Map<number, number>()
let shares: readonly ClusterFacts[] = []

asked(
  'counter',
  'textstream_consume_cluster_rows_total',
  'Rows that came into a cluster since this process began; clusters of the latest model.',
  'cluster',
).from(() => [...rowsOf].map(([cluster, count]) => [String(cluster), count]))

asked(
  'gauge',
  'textstream_consume_cluster_share',
  'Share of the sampled windows, from 0 to 1, in each cluster of the latest model.',
  'cluster',
).from(() => shares.map(({ cluster, share }) => [String(cluster), share]))

/** Numbers of clusters are never used again: those that are no more are left out from here on. */
export const noteFit = (facts: readonly ClusterFacts[]): void => {
  for (const { change } of facts) changes.of({ change }).add()
  shares = facts.filter(({ change }) => change !== 'died')
  const alive = new Set(shares.map(({ cluster }) => cluster))
  for (const cluster of rowsOf.keys()) if (!alive.has(cluster)) rowsOf.delete(cluster)
}

let tally = new Float64Array(64)

/** A loop over numbers, once a batch. */
const countClusters = ({ cluster, length }: Rows): void => {
  for (let row = 0; row < length; row++) {
    const number = cluster[row]
    if (number >= tally.length) tally = grown(tally, number * 2)
    if (number >= 0) tally[number]++
  }
  for (const [number, count] of tally.entries()) if (count > 0) rowsOf.set(number, (rowsOf.get(number) ?? 0) + count)
  tally.fill(0)
}

/** What a batch held that is durable now. */
export const countCommit = (batch: Gathered, found: Verdicts): void => {
  const nowMicros = systemClock()
  records.add(batch.records)
  malformed.add(batch.malformed)
  rows.add(batch.rows.length)
  repeats.add(found.repeats)
  conflicts.add(found.conflicts)
  committedSeconds.set(nowMicros / 1e6)
  const first = batch.rows.length === 0 ? Number.NaN : batch.rows.micros[0]
  if (!Number.isNaN(first)) recordSeconds.observe(Math.max(0, nowMicros - first) / 1e6)
  countClusters(batch.rows)
}
