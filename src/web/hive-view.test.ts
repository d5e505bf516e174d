import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HiveTable, HiveTables } from '../warehouse/hive.ts'
import { HiveView } from './hive-view.ts'
import { problemOf } from './problem.ts'

const tablesAt = (folder: string, isLegacy = false): HiveTables => {
  const at = (name: string): HiveTable => ({ path: ['default', name], location: `${folder}/${name}`, columns: [] })
  return {
    chunks: at('chunks_clustered'),
    openings: at('openings'),
    endings: at('endings'),
    rejected: at('rejected'),
    clusters: at('clusters'),
    isLegacy,
  }
}

const cases: Readonly<Record<string, [tables: HiveTables | undefined, status: number, says: RegExp]>> = {
  'tables that Spark has not told of': [undefined, 503, /^Spark has not yet said/],
  'tables in HDFS': [tablesAt('hdfs://n:9820/w'), 501, /^the tables lie in HDFS; ask with textstream query --hive$/],
  'tables in a store': [tablesAt('s3a://bucket/w'), 501, /^the tables lie at "s3a:.*ask with textstream query --hive$/],
  'an old table': [tablesAt('file:/tmp/w', true), 501, /^it is an old table of five columns; ask with/],
}

for (const [name, [tables, status, says]] of Object.entries(cases)) {
  test(`says clearly why it cannot read ${name}`, async () => {
    const view = new HiveView()
    if (tables !== undefined) view.show(tables)
    const thrown = await view.query('SELECT 1').catch((error: Error) => error)
    const told = problemOf(thrown)
    assert.equal(told.status, status)
    assert.match(told.detail, says)
  })
}

test('reads tables in a folder of this machine', async () => {
  const view = new HiveView()
  view.show(tablesAt('file:///nowhere/at/all'))
  await using result = await view.query('SELECT count(*) FROM chunks_clustered')
  assert.equal(result.columns.length, 1)
})
