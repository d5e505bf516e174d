import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { client, quick, type Session, sparkSkip as skip, sparkAddress } from '../spark.ts'
import { tempDir } from './textstream.ts'

const {
  as,
  call,
  collect,
  dropTemporaryView,
  execute,
  insertInto,
  listColumns,
  listTables,
  lit,
  openSpark,
  project,
  range,
  read,
  refreshPath,
  refreshTable,
  repartition,
  runSql,
  save,
  saveAsTable,
  sort,
  ascending,
  table,
  tableExists,
  temporaryView,
} = client

let spark: Session
const name = `t${process.pid}`
before(async () => {
  if (skip === false) spark = await openSpark(sparkAddress, { settings: quick })
})
after(async () => {
  if (skip !== false) return
  await runSql(spark, 'drop table if exists IDENTIFIER(:name)', { name: lit.string(name) })
  await spark[Symbol.asyncDispose]()
})

const numbers = (from: bigint, to: bigint) =>
  project(range(from, to), ['id', as(call('%', 'id', lit.bigint(2n)), 'odd')])
const ids = async (relation: ReturnType<typeof range>) =>
  (await collect(spark, sort(relation, ascending('id')))).map(({ id }) => Number(id))

test('rows are saved as Parquet, in as many files as partitions, and read back', { skip }, async () => {
  await using dir = await tempDir()
  // Where the server has HDFS, a path without a scheme is there.
  const path = `file://${dir.path}/rows`
  const folder = `${dir.path}/rows`
  const parquet = read({ format: 'parquet', paths: [path] })
  const saving = { format: 'parquet', mode: 'error-if-exists' } as const
  await execute(spark, save(repartition(numbers(0n, 4n), 2), path, { ...saving, options: { compression: 'gzip' } }))
  const files = (await readdir(folder)).filter(file => file.endsWith('.gz.parquet'))
  assert.deepEqual([files.length, await ids(parquet)], [2, [0, 1, 2, 3]])

  await assert.rejects(execute(spark, save(numbers(0n, 1n), path, saving)), { errorClass: 'PATH_ALREADY_EXISTS' })
  await execute(spark, save(numbers(0n, 9n), path, { ...saving, mode: 'ignore-if-exists' }))
  assert.deepEqual(await ids(parquet), [0, 1, 2, 3])
  await execute(spark, save(numbers(4n, 5n), path, { ...saving, mode: 'append' }))
  await refreshPath(spark, path)
  assert.deepEqual(await ids(parquet), [0, 1, 2, 3, 4])
  await execute(spark, save(numbers(7n, 8n), path, { ...saving, mode: 'overwrite', partitionBy: ['odd'] }))
  assert.deepEqual(await ids(read({ format: 'parquet', paths: [path], schema: 'id bigint, odd bigint' })), [7])
  assert.deepEqual(
    (await readdir(folder)).filter(name => name.startsWith('odd=')),
    ['odd=1'],
  )
})

test('a table is made, filled by position, and known to the catalog', { skip }, async () => {
  assert.equal(await tableExists(spark, [name]), false)
  await execute(spark, saveAsTable(numbers(0n, 2n), [name], { format: 'parquet', mode: 'error-if-exists' }))
  assert.equal(await tableExists(spark, [name]), true)
  assert.deepEqual(await listColumns(spark, ['default', name]), [
    { name: 'id', type: 'bigint', nullable: true, isPartition: false },
    { name: 'odd', type: 'bigint', nullable: true, isPartition: false },
  ])
  const others = project(numbers(2n, 3n), [as('id', 'odd'), as('odd', 'id')])
  await execute(spark, insertInto(others, [name], 'append'))
  assert.deepEqual(await ids(table('default', name)), [0, 1, 2])
  await refreshTable(spark, [name])
  await execute(spark, insertInto(numbers(5n, 6n), ['default', name], 'overwrite'))
  assert.deepEqual(await ids(table(name)), [5])
  const listed = (await listTables(spark, 'default')).filter(of => of.name === name)
  // Hive 4's metastore makes it an external one.
  const kind = listed[0].kind === 'EXTERNAL' ? 'EXTERNAL' : 'MANAGED'
  assert.deepEqual(listed, [{ name, namespace: ['default'], kind, isTemporary: false }])
})

test('a temporary view is the session’s own, and can be dropped', { skip }, async () => {
  await execute(spark, temporaryView(range(0n, 2n), 'my.view'))
  await execute(spark, temporaryView(range(0n, 3n), 'my.view'))
  assert.deepEqual(await ids(table('my.view')), [0, 1, 2])
  assert.deepEqual((await listTables(spark)).filter(of => of.name === 'my.view').length, 1)
  await using other = await openSpark(sparkAddress)
  assert.equal(await tableExists(other, ['my.view']), false)
  assert.equal(await dropTemporaryView(spark, 'my.view'), true)
  assert.equal(await dropTemporaryView(spark, 'my.view'), false)
})

test('a statement that changes something is done at once, and once, whether its answer is read or not', {
  skip,
}, async () => {
  const view = { view: lit.string(`v${process.pid}`) }
  await runSql(spark, 'create temporary view IDENTIFIER(:view) as select 1L as id', view)
  await assert.rejects(runSql(spark, 'create temporary view IDENTIFIER(:view) as select 1L as id', view), {
    code: 'spark/sql',
    errorClass: 'TEMP_TABLE_OR_VIEW_ALREADY_EXISTS',
  })
  assert.deepEqual(await ids(await runSql(spark, 'select * from IDENTIFIER(:view)', view)), [1])
  const shown = await runSql(spark, 'show databases')
  assert.deepEqual(await collect(spark, shown), [{ namespace: 'default' }])
})
