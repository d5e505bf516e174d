import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { StreamError } from '../std/error.ts'
import type { HiveTable, HiveTables } from '../warehouse/hive.ts'
import { batchName, countSql, parquetOf, rowsFrom } from '../warehouse/hive-testing.ts'
import { readAll } from '../warehouse/read-all.ts'
import { fakeWebHdfs } from '../wire/webhdfs-testing.ts'
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
  'tables of two file systems': [
    { ...tablesAt('hdfs://n:9820/w'), clusters: tablesAt('hdfs://m:9820/w').clusters },
    501,
    /^the tables lie at "hdfs:.*", or not all on one file system; ask with textstream query --hive$/,
  ],
  'tables in a store': [tablesAt('s3a://bucket/w'), 501, /^the tables lie at "s3a:.*ask with textstream query --hive$/],
  'an old table in HDFS': [tablesAt('hdfs://n:9820/w', true), 501, /^it is an old table of five columns; ask with/],
  'an old table': [tablesAt('file:/tmp/w', true), 501, /^it is an old table of five columns; ask with/],
}

for (const [name, [tables, status, says]] of Object.entries(cases)) {
  test(`says clearly why it cannot read ${name}`, async () => {
    await using view = new HiveView()
    if (tables !== undefined) view.show(tables)
    const thrown = await view.query('SELECT 1').catch((error: Error) => error)
    const told = problemOf(thrown)
    assert.equal(told.status, status)
    assert.match(told.detail, says)
  })
}

test('reads tables in a folder of this machine', async () => {
  await using view = new HiveView()
  view.show(tablesAt('file:///nowhere/at/all'))
  await using result = await view.query('SELECT count(*) FROM chunks_clustered')
  assert.equal(result.columns.length, 1)
})

const faults: Readonly<Record<string, [thrown: Error, status: number, code: string, says: RegExp]>> = {
  'are being copied': [new StreamError('warehouse/copying', 'so far'), 503, 'web/catching-up', /^so far$/],
  'are too large to be copied': [
    new StreamError('warehouse/mirror-limit', 'the tables have 17.0 GiB'),
    501,
    'web/elsewhere',
    /^the tables have 17.0 GiB; ask with textstream query --hive$/,
  ],
  'find no room on the disk': [
    new StreamError('warehouse/mirror-disk', 'copy the tables to this disk: ENOSPC: write "/secret"', {
      cause: Object.assign(new Error(), { code: 'ENOSPC' }),
    }),
    503,
    'warehouse/mirror-disk',
    /^copy the tables to this disk: ENOSPC$/,
  ],
  'lie in an HDFS that is away': [
    new StreamError('hdfs/unreachable', 'list "hdfs://n:9820/w": connection refused', {
      cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }),
    }),
    503,
    'hdfs/unreachable',
    /^list "hdfs:\/\/n:9820\/w": connection refused$/,
  ],
}

for (const [name, [fault, status, code, says]] of Object.entries(faults)) {
  test(`says clearly if tables ${name}`, async () => {
    await using view = new HiveView(async () => ({
      name: 'default.t',
      query: () => Promise.reject(fault),
      lend: () => Promise.reject(fault),
      async [Symbol.asyncDispose]() {},
    }))
    view.show(tablesAt('hdfs://n:9820/w'))
    for (const asked of [view.query('SELECT 1'), view.lend()]) {
      const told = problemOf(await asked.catch((error: Error) => error))
      assert.deepEqual([told.status, told.code], [status, code])
      assert.match(told.detail, says)
    }
  })
}

/** The environment as a test wants it, until it is over. */
const withEnvironment = (t: TestContext, wanted: Readonly<Record<string, string>>) => {
  for (const [name, value] of Object.entries(wanted)) {
    const before = process.env[name]
    process.env[name] = value
    t.after(() => {
      if (before === undefined) delete process.env[name]
      else process.env[name] = before
    })
  }
}

test('reads tables in HDFS, also if it was away when they were first asked for, and leaves nothing behind', async t => {
  const state = mkdtempSync(join(tmpdir(), 'textstream-view-'))
  t.after(() => rmSync(state, { recursive: true, force: true }))
  const { url, files } = await fakeWebHdfs(t)
  await files.write(`/w/chunks_clustered/${batchName(1)}`, [await parquetOf(rowsFrom(0, 10))])
  withEnvironment(t, { TEXTSTREAM_STATE: state, TEXTSTREAM_HDFS: 'http://127.0.0.1:1' })
  {
    await using view = new HiveView()
    const tables = tablesAt(`hdfs://${new URL(url).host}/w`)
    view.show(tables)
    await assert.rejects(readAll(view, countSql), { code: 'hdfs/unreachable' })
    process.env.TEXTSTREAM_HDFS = url
    assert.deepEqual((await readAll(view, countSql)).rows, [[10, 10]])
    view.show(tablesAt(`hdfs://${new URL(url).host}/w`))
    assert.deepEqual((await readAll(view, countSql)).rows, [[10, 10]])
    assert.equal(readdirSync(join(state, 'mirrors')).length, 1)
  }
  assert.deepEqual(readdirSync(join(state, 'mirrors')), [])
})
