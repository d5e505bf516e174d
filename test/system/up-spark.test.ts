import assert from 'node:assert/strict'
import { chmod, readdir, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { kafkaName } from '../../src/topic/kafka-address.ts'
import { createTable } from '../../src/warehouse/hive-catalog.ts'
import { hiveColumns } from '../../src/warehouse/hive-columns.ts'
import { besideOf } from '../../src/warehouse/hive-name.ts'
import { tableNames } from '../../src/warehouse/schema.ts'
import type { AgentEntry, ClusterList, DocumentPage, Health, QueryAnswer } from '../../src/web/api.ts'
import { until } from '../../src/web/testing.ts'
import { hadoopOrSkip } from '../hadoop.ts'
import { hdfsFolder } from '../hdfs-folder.ts'
import { sparkAddress, sparkSkip } from '../spark.ts'
import { kafkaSkip, sharedBroker } from './kafka-broker.ts'
import { newTopic } from './kafka-topics.ts'
import { SparkTable } from './spark-table.ts'
import { tempDir, textstream } from './textstream.ts'
import { startUp, type UpProcess } from './up.ts'

const skip = sparkSkip || (await kafkaSkip())
const { skip: hadoopSkip, hadoop } = await hadoopOrSkip()
const batchMsMax = 120_000

const broker = await sharedBroker(skip)

/** The tables in a folder, wherever the metastore has those of others. */
const placeAt = async (table: SparkTable, folder: string) => {
  const spark = await table.spark()
  for (const name of tableNames) {
    const path =
      name === 'chunks_clustered' ? (['default', table.name] as const) : besideOf(['default', table.name], name)
    await createTable(spark, { path, location: `${folder}/${path[1]}`, columns: hiveColumns(name) })
  }
}

const json = async <T>({ url }: UpProcess, path: string) => (await fetch(url + path)).json() as Promise<T>

const ask = async ({ url }: UpProcess, sql: string): Promise<QueryAnswer> => {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${url}/query`, { method: 'POST', headers, body: JSON.stringify({ sql }) })
  assert.equal(answer.status, 200, await answer.clone().text())
  return (await answer.json()) as QueryAnswer
}

const caughtUp = (up: UpProcess, records: number) =>
  until(
    () => json<Health>(up, '/health'),
    ({ log, consume }) => log.records >= records && consume.lag === 0,
    batchMsMax,
  )

/** An answer of an agent that posts, closed by its last line. */
const post = async (up: UpProcess, agent: string, uri: string, chunks: readonly string[]) => {
  const base = { agent_id: agent, destination_uri: uri, response_id: `r${uri}` }
  const lines = chunks.map((chunk, seq) => ({
    ...base,
    chunk,
    seq,
    event_time: `2026-01-02T03:04:05.00000${seq % 10}Z`,
  }))
  const body = lines.map(line => `${JSON.stringify(line)}\n`).join('')
  const sent = await fetch(`${up.url}/records`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/x-ndjson' },
  })
  assert.equal(((await sent.json()) as { stored: number }).stored, chunks.length)
}

const words = (n: number) => Array.from({ length: n }, (_, i) => `word${i % 7} and 'other' "${i}" 😀\n`)

const rowsSql = `
  SELECT agent_id, destination_uri, coalesce(seq, -1), chunk, coalesce(cluster, -1), epoch_us(event_time)::VARCHAR
  FROM chunks_clustered ORDER BY ALL`

/** Rows as Spark has them and as the page gets them, each as text, in one order. */
const sameRows = async (up: UpProcess, table: SparkTable) => {
  const told = await table.ask(`
    SELECT agent_id, destination_uri, coalesce(seq, -1L) AS seq, chunk, coalesce(cluster, -1) AS cluster,
      CAST(unix_micros(event_time) AS STRING) AS micros FROM IDENTIFIER(:name)`)
  const ofSpark = told.map(row => Object.values(row).join('|')).sort()
  const ofPage = (await ask(up, rowsSql)).rows.map(row => row.join('|')).sort()
  assert.deepEqual(ofPage, ofSpark)
  return told
}

const countBy = (rows: readonly Readonly<Record<string, unknown>>[], key: string) =>
  Object.fromEntries([...Map.groupBy(rows, row => String(row[key]))].map(([name, some]) => [name, some.length]))

const check = async (up: UpProcess, table: SparkTable, chunksByAgent: Readonly<Record<string, number>>) => {
  const rows = await sameRows(up, table)
  assert.deepEqual(countBy(rows, 'agent_id'), chunksByAgent)
  const keys = new Set(rows.map(({ destination_uri, seq }) => `${destination_uri} ${seq}`))
  assert.equal(keys.size, rows.length)
  const { agents } = await json<{ agents: AgentEntry[] }>(up, '/agents')
  assert.deepEqual(Object.fromEntries(agents.map(({ agent, chunks }) => [agent, chunks])), chunksByAgent)
  const { clusters, model } = await json<ClusterList>(up, '/clusters')
  const placed = countBy(rows, 'cluster')
  for (const { cluster, rows } of clusters) assert.equal(rows, placed[cluster] ?? 0)
  assert.equal(
    clusters.reduce((sum, { rows }) => sum + rows, 0),
    rows.length,
  )
  const { consume } = await json<Health>(up, '/health')
  assert.deepEqual([consume.lag, consume.lagUnit, consume.model], [0, 'records', model])
}

test('the page shows what Spark put into the table of Hive, each chunk once, over kills', {
  skip,
  timeout: 300_000,
}, async () => {
  await using dir = await tempDir()
  await using table = new SparkTable('up')
  await chmod(dir.path, 0o777)
  await placeAt(table, `file:${dir.path}`)
  const address = await newTopic(broker, 2)
  const args = ['--from', kafkaName(address), '--engine', 'spark', '--hive-table', table.name, '--spark', sparkAddress]
  const produce = (text: string, uri: string) =>
    textstream(['produce', '-', '-k', broker.address, '-t', address.topic, '--agent', 'Agent_P', '--uri', uri], {
      input: text,
    })
  assert.equal((await produce('produced by a pipe', '/p.md')).code, 0)
  {
    await using up = await startUp(args, dir.path)
    await post(up, 'Agent_A', '/a.md', words(40))
    await caughtUp(up, 41)
    await check(up, table, { Agent_A: 40, Agent_P: 1 })
    await post(up, 'Agent_B', '/b.md', words(30))
    await sleep(1_500)
    await up.end('SIGKILL')
  }
  assert.equal((await produce('produced while it was down', '/q.md')).code, 0)
  await using up = await startUp(args, dir.path)
  await caughtUp(up, 72)
  await check(up, table, { Agent_A: 40, Agent_B: 30, Agent_P: 2 })
  const { documents } = await json<DocumentPage>(up, '/documents')
  assert.deepEqual(documents.map(({ uri }) => uri).sort(), ['/a.md', '/b.md', '/p.md', '/q.md'])
  assert.equal(await (await fetch(`${up.url}/documents/text?uri=/b.md`)).text(), words(30).join(''))
  assert.equal(await up.end('SIGINT'), 130)
})

/** Once the page sees all rows: it looks at HDFS every two seconds. */
const checkSoon = async (up: UpProcess, table: SparkTable, chunksByAgent: Readonly<Record<string, number>>) => {
  const rows = Object.values(chunksByAgent).reduce((sum, count) => sum + count)
  const counted = () => ask(up, 'SELECT count(*) FROM chunks_clustered')
  await until(counted, ({ rows: [[count]] }) => Number(count) >= rows, 10_000)
  await check(up, table, chunksByAgent)
}

test('the page shows tables in HDFS, also after their files were merged, and removes the copies of a killed one', {
  skip: skip || hadoopSkip,
  timeout: 300_000,
}, async t => {
  await using dir = await tempDir()
  await using table = new SparkTable('up')
  const { hdfs, path } = await hdfsFolder(t, hadoop!)
  await placeAt(table, `${hdfs.name}${path}`)
  const address = await newTopic(broker, 2)
  const args = ['--from', kafkaName(address), '--hive-table', table.name, '--spark', sparkAddress]
  const environment = { TEXTSTREAM_HDFS: hadoop!.webHdfs }
  const mirrors = join(dir.path, 'state/mirrors')
  {
    await using up = await startUp(args, dir.path, environment)
    await post(up, 'Agent_A', '/a.md', words(40))
    await caughtUp(up, 40)
    await checkSoon(up, table, { Agent_A: 40 })
    await post(up, 'Agent_B', '/b.md', words(30))
    await caughtUp(up, 70)
    await checkSoon(up, table, { Agent_A: 40, Agent_B: 30 })
    await up.end('SIGKILL')
  }
  const [left] = await readdir(mirrors)
  await utimes(join(mirrors, left), 0, 0)
  await table.consume(address, { limits: { mergeFilesMin: 2 } })
  assert.deepEqual(
    (await table.files()).filter(name => !name.startsWith('merged-')),
    [],
  )
  await using up = await startUp(args, dir.path, environment)
  await caughtUp(up, 70)
  await checkSoon(up, table, { Agent_A: 40, Agent_B: 30 })
  assert.deepEqual((await readdir(mirrors)).includes(left), false)
  assert.equal(await up.end('SIGINT'), 130)
  assert.deepEqual(await readdir(mirrors), [])
})

test('a Spark that is not there is told of in health, and the text is shown all the same', {
  skip,
  timeout: 60_000,
}, async () => {
  await using dir = await tempDir()
  const address = await newTopic(broker, 1)
  await using up = await startUp(
    ['--from', kafkaName(address), '--engine', 'spark', '--spark', 'sc://127.0.0.1:9'],
    dir.path,
  )
  await post(up, 'Agent_A', '/a.md', words(3))
  const { consume } = await until(
    () => json<Health>(up, '/health'),
    ({ consume }) => consume.state === 'failed',
    30_000,
  )
  assert.match(consume.error ?? '', /127\.0\.0\.1:9/)
  assert.equal(await (await fetch(`${up.url}/documents/text?uri=/a.md`)).text(), words(3).join(''))
  const agents = await fetch(`${up.url}/agents`)
  assert.deepEqual([agents.status, ((await agents.json()) as { code: string }).code], [503, 'web/catching-up'])
})
