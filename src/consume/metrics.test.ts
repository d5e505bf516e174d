import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Change, ClusterFacts } from '../cluster/cluster.ts'
import { roomsText } from '../metrics/text.ts'
import { Gathered } from './gathered.ts'
import { countCommit, noteFit } from './metrics.ts'

const batchOf = (clusters: readonly number[], micros = Number.NaN): Gathered => {
  const batch = new Gathered()
  for (const cluster of clusters) {
    batch.rows.begin(1)
    batch.rows.cluster[batch.rows.length] = cluster
    batch.rows.micros[batch.rows.length] = micros
    batch.rows.end(0)
  }
  batch.records = clusters.length + 1
  batch.malformed = 1
  return batch
}

const facts = (cluster: number, change: Change, share: number): ClusterFacts => ({
  model: 2,
  cluster,
  change,
  parents: [],
  label: '',
  terms: [],
  size: 1,
  share,
  windows: 1,
  nearest: [],
})

const valuesOf = async (name: string) =>
  Object.fromEntries(
    [...(await roomsText()).matchAll(new RegExp(`^${name}(?:\\{\\w+="(\\w+)"\\})? (\\S+)$`, 'gm'))].map(
      ([, label = '', value]) => [label, Number(value)],
    ),
  )

const none = { repeats: 0, conflicts: 0 }

test('rows are counted by cluster, also beyond the first hundred numbers; those without one are not', async () => {
  countCommit(batchOf([0, 0, 3, -1, 200]), none)
  countCommit(batchOf([3, 0]), { repeats: 2, conflicts: 1 })
  assert.deepEqual(await valuesOf('textstream_consume_cluster_rows_total'), { 0: 3, 3: 2, 200: 1 })
  assert.deepEqual(await valuesOf('textstream_consume_rows_total'), { '': 7 })
  assert.deepEqual(await valuesOf('textstream_consume_records_total'), { '': 9 })
  assert.deepEqual(await valuesOf('textstream_consume_malformed_total'), { '': 2 })
  assert.deepEqual(await valuesOf('textstream_consume_repeats_total'), { '': 2 })
})

test('clusters that a new model no longer has are shown no more', async () => {
  noteFit([facts(0, 'kept', 0.7), facts(3, 'died', 0), facts(4, 'born', 0.3)])
  assert.deepEqual(await valuesOf('textstream_consume_cluster_rows_total'), { 0: 3 })
  assert.deepEqual(await valuesOf('textstream_consume_cluster_share'), { 0: 0.7, 4: 0.3 })
  const changes = await valuesOf('textstream_consume_cluster_changes_total')
  assert.deepEqual(changes, { born: 1, kept: 1, split: 0, merged: 0, died: 1 })
})

test('how old a record is when it is committed counts once a batch, by its first row', async () => {
  countCommit(batchOf([0], (Date.now() - 2_000) * 1000), none)
  countCommit(batchOf([0]), none)
  const count = await valuesOf('textstream_consume_record_seconds_count')
  const sum = await valuesOf('textstream_consume_record_seconds_sum')
  assert.equal(count[''], 1)
  assert.ok(sum[''] >= 1.9 && sum[''] < 30)
})
