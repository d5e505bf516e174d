import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { DuckDBInstance } from '@duckdb/node-api'
import { cluster, naughty } from '../../src/warehouse/given.ts'
import { memoryWarehouse } from '../../src/warehouse/memory.ts'
import { readAll } from '../../src/warehouse/read-all.ts'
import { askHive, type HiveRow, hiveAddress, hiveSkip } from '../hive.ts'
import { sparkAddress, sparkSkip } from '../spark.ts'
import { answersOf } from './hive-answers.ts'
import { type Columns, HiveDatabase } from './hive-database.ts'
import { execute, root, tempDir } from './textstream.ts'

const skip = sparkSkip || hiveSkip

let database: HiveDatabase
before(async () => {
  if (skip === false) database = await HiveDatabase.make()
})
after(() => database?.[Symbol.asyncDispose]())

const hive = (sql: string) => askHive(hiveAddress, `use ${database.name}`, sql)

const columnsIn = async (table: string) =>
  (await hive(`describe ${table}`)).map(({ col_name, data_type }) => `${col_name} ${data_type}`)

const five = ['agent_id string', 'destination_uri string', 'event_time timestamp', 'chunk string', 'cluster int']
const others = ['response_id string', 'seq bigint', 'end_reason string', 'model int', 'extra string']

test('the table is made as the old users know it, an external one of Parquet, with its tables and views beside it', {
  skip,
}, async () => {
  const tables = await database.open('chunks_clustered')
  assert.equal(tables.isLegacy, false)
  assert.deepEqual(await columnsIn('chunks_clustered'), [...five, ...others])
  const told = (await hive('show create table chunks_clustered')).map(row => Object.values(row)[0]).join('\n')
  assert.match(told, /CREATE EXTERNAL TABLE/)
  assert.match(told, /MapredParquetInputFormat/)
  assert.doesNotMatch(told, /external.table.purge/)
  const names = (await hive('show tables')).map(row => String(Object.values(row)[0]))
  const wanted = ['chunks_clustered', 'clusters', 'endings', 'openings', 'rejected']
  assert.deepEqual(
    wanted.filter(name => !names.includes(name)),
    [],
  )
  assert.deepEqual(
    (await hive('show views')).map(row => Object.values(row)[0]),
    ['agents', 'documents', 'latest_clusters', 'responses'],
  )
  assert.deepEqual(await database.open('chunks_clustered'), tables)
})

test('fields of a schema file become columns, also later; rows that were there have none', { skip }, async () => {
  const { chunks } = await database.open('evolving', [{ name: 'Topic', type: 'string' }])
  await database.put(chunks, [
    { name: 'chunk', type: 'string', values: ['before'] },
    { name: 'topic', type: 'string', values: ['t'] },
  ])
  const { chunks: later } = await database.open('evolving', [
    { name: 'TOPIC', type: 'string' },
    { name: 'cost', type: 'double' },
  ])
  assert.deepEqual(
    later.columns.slice(-2).map(({ name }) => name),
    ['TOPIC', 'cost'],
  )
  assert.deepEqual(await columnsIn('evolving'), [...five, ...others, 'topic string', 'cost double'])
  await database.put(later, [
    { name: 'chunk', type: 'string', values: ['behind'] },
    { name: 'cost', type: 'double', values: [0.5] },
  ])
  const wanted = [
    { chunk: 'before', topic: 't', cost: null },
    { chunk: 'behind', topic: null, cost: 0.5 },
  ]
  const byChunk = (a: HiveRow, b: HiveRow) => (String(a.chunk) < String(b.chunk) ? -1 : 1)
  assert.deepEqual((await hive('select chunk, topic, cost from evolving')).sort(byChunk), wanted)
  const rows = await database.rows(`select chunk, topic, cost from ${database.name}.evolving order by chunk`)
  assert.deepEqual(rows, wanted)
})

test('an old table of five STRINGs is known, and left as it is', { skip }, async () => {
  const old = ['agent_id', 'destination_uri', 'event_time', 'chunk', 'cluster'].map(name => `${name} STRING`)
  await hive(`create table old (${old.join(', ')}) stored as parquet`)
  const tables = await database.open('old', [{ name: 'topic', type: 'string' }])
  assert.equal(tables.isLegacy, true)
  assert.deepEqual(tables.chunks.columns.length, 5)
  assert.deepEqual(
    await columnsIn('old'),
    old.map(column => column.replace('STRING', 'string')),
  )
  await database.put(
    tables.chunks,
    old.map(column => ({ name: column.split(' ')[0], type: 'string', values: [`it's ${column}`] })),
  )
  assert.deepEqual(await hive('select chunk, cluster from old'), [
    { chunk: "it's chunk STRING", cluster: "it's cluster STRING" },
  ])
})

const foreign: readonly (readonly [name: string, statement: string, why: RegExp])[] = [
  ['a_view', 'create view a_view as select 1 as agent_id', /is a view/],
  ['a_text', 'create table a_text (agent_id string) stored as textfile', /is not stored as Parquet/],
  ['parted', 'create table parted (agent_id string) partitioned by (d string) stored as parquet', /is partitioned/],
  ['other', 'create table other (chunk string) stored as parquet', /does not begin with the columns agent_id, /],
  [
    'wrong',
    'create table wrong (agent_id string, destination_uri string, event_time timestamp, chunk string, cluster bigint) stored as parquet',
    /"cluster" of the type bigint, which should be int/,
  ],
]

test('a table that cannot be written is refused, and nothing is made beside it', { skip }, async () => {
  for (const [name, statement, message] of foreign) {
    await hive(statement)
    await assert.rejects(database.open(name), { code: 'warehouse/foreign', message }, name)
  }
})

test('where there is no such database, that is said', { skip }, async () => {
  const { openHiveTables } = await import('../../src/warehouse/hive.ts')
  const none = openHiveTables(database.spark, ['no_such_database', 'x'])
  await assert.rejects(none, { code: 'hive/usage', message: /create database no_such_database/ })
})

test('a table that was dropped keeps its files, and has its rows again once it is made again', { skip }, async () => {
  const { chunks } = await database.open('dropped')
  await database.put(chunks, [{ name: 'chunk', type: 'string', values: ['kept'] }])
  await hive('drop table dropped')
  await database.open('dropped')
  assert.deepEqual(await hive('select chunk from dropped'), [{ chunk: 'kept' }])
})

const micros = [1_764_000_000_123_456n, -1n, 0n, null]

test('Spark, HiveServer2 and DuckDB read the same from the same files, whatever the text', { skip }, async () => {
  await using dir = await tempDir()
  await using local = await HiveDatabase.make(dir.path)
  const { chunks, clusters } = await local.open('shared')
  const count = naughty.length
  const ids = Array.from({ length: count }, (_, at) => at)
  const columns: Columns = [
    { name: 'agent_id', type: 'string', values: naughty.map((text, at) => (at % 3 === 0 ? null : text)) },
    { name: 'event_time', type: 'timestamp', values: ids.map(at => micros[at % 4]) },
    { name: 'chunk', type: 'string', values: naughty },
    { name: 'cluster', type: 'int', values: ids.map(at => (at % 2 === 0 ? at : null)) },
    { name: 'seq', type: 'bigint', values: BigInt64Array.from(ids, BigInt) },
    { name: 'extra', type: 'string', values: naughty },
  ]
  await local.put(chunks, columns)
  const names = columns.map(({ name }) => name).join(', ')
  const bySpark = await local.rows(`select ${names} from ${local.name}.shared order by seq`)
  assert.deepEqual(
    bySpark,
    ids.map(at => Object.fromEntries(columns.map(({ name, values }) => [name, values[at]]))),
  )
  const shown = bySpark.map(row => ({ ...row, seq: Number(row.seq), event_time: undefined }))
  const byHive = (await hive(`select ${names} from ${local.name}.shared`)).sort((a, b) => Number(a.seq) - Number(b.seq))
  assert.deepEqual(
    byHive.map(row => ({ ...row, event_time: undefined })),
    shown,
  )
  const times = ['2025-11-24 16:00:00.123456', '1969-12-31 23:59:59.999999', '1970-01-01 00:00:00', null]
  assert.deepEqual(
    byHive.map(({ event_time }) => event_time),
    ids.map(at => times[at % 4]),
  )
  const where = fileURLToPath(chunks.location.replace(/^file:\/+/, 'file:///'))
  assert.ok((await readdir(where)).some(name => name.endsWith('.parquet')))
  const instance = await DuckDBInstance.create()
  const connection = await instance.connect()
  const read = await connection.runAndReadAll(
    `select epoch_us(event_time), encode(chunk), cluster, typeof(event_time) from read_parquet('${where}/*.parquet') order by seq`,
  )
  assert.deepEqual(
    read
      .getRows()
      .map(([time, chunk, cluster, type]) => [
        time,
        String(Buffer.from((chunk as { bytes: Uint8Array }).bytes)),
        cluster,
        type,
      ]),
    ids.map(at => [micros[at % 4], naughty[at], at % 2 === 0 ? at : null, 'TIMESTAMP WITH TIME ZONE']),
  )
  connection.closeSync()

  const nearest = clusters.columns.find(({ name }) => name === 'nearest')!.type
  await local.put(clusters, [
    { name: 'cluster', type: 'int', values: [cluster.cluster] },
    { name: 'parents:array<int>', type: 'string', values: [JSON.stringify(cluster.parents)] },
    { name: 'terms:array<string>', type: 'string', values: [JSON.stringify(cluster.terms)] },
    { name: `nearest:${nearest}`, type: 'string', values: [JSON.stringify(cluster.nearest)] },
  ])
  const [told] = await hive(
    `select parents[1] p, terms[0] t, nearest[0].excerpt e, nearest[1].seq s from ${local.name}.shared_clusters`,
  )
  assert.deepEqual(told, { p: 2, t: 'devil', e: 'a "b" \0', s: null })
})

const sharedColumns = {
  responses:
    'agent_id, destination_uri, response_id, state, ended, chunks, characters, bytes, time_to_first_chunk_s, duration_s, characters_per_second, supersedes',
  documents: 'destination_uri, answers, agents, state, chunks, characters, bytes',
  agents: 'agent_id, responses, documents, chunks, characters, bytes, characters_per_second, not_ended',
  latest_clusters: 'cluster, label, `rows`, share_of_rows, change, model, first_model, size, share, windows',
} as const

const plain = (rows: readonly Readonly<Record<string, unknown>>[]) =>
  rows.map(row => Object.values(row).map(value => (typeof value === 'bigint' ? Number(value) : value)))

test('the views say what those of the embedded warehouse say, to Spark and to HiveServer2', { skip }, async () => {
  const { commit, tables: given } = answersOf()
  const embedded = memoryWarehouse()
  {
    await using writer = await embedded.writer()
    await writer.commit(commit)
  }
  const tables = await database.open('viewed')
  for (const [name, columns] of Object.entries(given)) await database.put(tables[name as 'chunks'], columns)
  for (const [view, columns] of Object.entries(sharedColumns)) {
    const order = `${columns} from ${view} order by 1, 2, 3`
    const { rows } = await readAll(embedded, `select ${order.replaceAll('`', '"')}`)
    const inHive = order.replace(` ${view} `, ` ${database.name}.viewed_${view} `)
    const bySpark = await database.rows(
      `select ${inHive.replace(/order by .*/, 'order by 1 nulls last, 2, 3 nulls last')}`,
    )
    assert.deepEqual(plain(bySpark), rows, view)
  }
  for (const view of ['responses', 'latest_clusters'] as const) {
    const select = `select ${sharedColumns[view]} from ${database.name}.viewed_${view}`
    const inOrder = (rows: readonly unknown[][]) => rows.map(row => JSON.stringify(row)).sort()
    assert.deepEqual(inOrder(plain(await hive(select))), inOrder(plain(await database.rows(select))), view)
  }
})

test('the old script makes the table, and says where it lies', { skip }, async () => {
  const env = { TEXTSTREAM_SPARK: sparkAddress }
  const script = `${root}/bin/create_hive_table.sh`
  const { code, stderr } = await execute(script, [`${database.name}.by_script`], { env })
  assert.deepEqual([code, stderr.includes(`${database.name}.by_script`)], [0, true], stderr)
  assert.deepEqual((await columnsIn('by_script')).slice(0, 5), five)
})
