import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { getText } from '../../src/stack/http.ts'
import { askHive, hiveAddress, hiveSkip } from '../hive.ts'
import { client, quick, type Session, sparkAddress, sparkSkip } from '../spark.ts'
import { type OwnStack, ownStack, partsSkip } from './own-stack.ts'

const { collect, insertInto, lit, openSpark, runSql, sql, execute } = client

const skip = sparkSkip === false ? hiveSkip : sparkSkip

const rows = [
  ['it’s; "quoted" \\ and 🎉\tgrößer', '1969-12-31 23:59:59.999999'],
  ['日本\n語', '2026-02-03 04:05:06.000007'],
]
const inHive = rows.map(([text, moment]) => ({ text, moment }))
const shown = 'SELECT text, CAST(moment AS STRING) AS moment FROM'

const insert = (table: string) => `INSERT INTO ${table} VALUES (:a, timestamp(:b)), (:c, timestamp(:d))`
const values = Object.fromEntries(rows.flat().map((text, at) => ['abcd'[at], text]))
const parameters = () => Object.fromEntries(Object.entries(values).map(([name, text]) => [name, lit.string(text)]))

describe('Spark and HiveServer2 on one catalog', { skip }, () => {
  let spark: Session
  const tables = ['spark', 'hive'].map(by => `made_by_${by}_${process.pid}`)

  before(async () => {
    spark = await openSpark(sparkAddress, { settings: quick })
  })
  after(async () => {
    for (const table of tables) await runSql(spark, `DROP TABLE IF EXISTS ${table}`)
    await spark[Symbol.asyncDispose]()
  })

  const bySpark = (table: string) => collect(spark, sql(`${shown} ${table} ORDER BY moment`))

  test('a table that Spark makes is read by HiveServer2, to the microsecond', async () => {
    const [table] = tables
    await runSql(spark, `CREATE TABLE ${table} (text STRING, moment TIMESTAMP) USING parquet`)
    await runSql(spark, insert(table), parameters())
    assert.deepEqual(await bySpark(table), inHive)
    assert.deepEqual(await askHive(hiveAddress, `SELECT text, moment FROM ${table} ORDER BY moment`), inHive)
  })

  test('a table that HiveServer2 makes is written by both, and seen by who had read it before', async () => {
    const table = tables[1]
    await askHive(hiveAddress, `CREATE TABLE ${table} (text STRING, moment TIMESTAMP) STORED AS PARQUET`)
    assert.deepEqual(await bySpark(table), [])
    await execute(spark, insertInto(sql(`SELECT * FROM ${tables[0]}`), [table], 'append'))
    await askHive(hiveAddress, `INSERT INTO ${table} VALUES ('by Hive', '2030-01-01 00:00:00.5')`)
    const [all] = await askHive(hiveAddress, `SELECT count(*) AS n FROM ${table}`)
    assert.deepEqual(
      [await bySpark(table), Number(all.n)],
      [[...inHive, { text: 'by Hive', moment: '2030-01-01 00:00:00.5' }], 3],
    )
  })
})

const long = process.env.TEXTSTREAM_LONG === undefined ? 'takes minutes; runs in npm run test:long' : false
const ownSkip = long !== false ? long : sparkSkip === false ? await partsSkip('spark') : sparkSkip

interface Master {
  readonly activeapps: readonly { readonly name: string; readonly cores: number }[]
}

describe('Spark on a cluster', { skip: ownSkip }, () => {
  let stack: OwnStack
  before(async () => {
    stack = await ownStack()
    await stack.up('spark-cluster', 'spark')
  })
  after(() => stack[Symbol.asyncDispose]())

  const at = (port: number) => `127.0.0.1:${port + stack.portOffset}`
  const counted = async () => {
    await using spark = await openSpark(`sc://${at(15_002)}`, { settings: quick })
    await runSql(spark, 'CREATE TABLE IF NOT EXISTS numbers AS SELECT id FROM range(0, 1000, 1, 4)')
    return await collect(spark, sql('SELECT count(*) AS n, sum(id) AS s FROM numbers'))
  }
  const result = [{ n: 1000n, s: 499_500n }]

  test('runs its work on the executors of the worker', async () => {
    assert.deepEqual(await counted(), result)
    const master: Master = JSON.parse(await getText(`http://${at(8080)}/json/`, AbortSignal.timeout(5_000)))
    assert.deepEqual(
      master.activeapps.map(({ name, cores }) => [name, cores > 0]),
      [['textstream', true]],
    )
  })

  test('goes on where the worker was killed and started again', async () => {
    await stack.kill('spark-cluster', 'spark-worker')
    await stack.up('spark-cluster', 'spark')
    assert.deepEqual(await counted(), result)
  })

  test('all of it comes back after kill -9, and ends', async () => {
    const all = [
      ['spark-cluster', 'spark-master'],
      ['hive', 'metastore'],
      ['spark', 'spark'],
      ['hive', 'postgres'],
    ]
    for (const [part, daemon] of all) await stack.kill(part, daemon)
    await stack.up('spark-cluster', 'spark')
    assert.deepEqual(await counted(), result)
    await stack.down('hive', 'spark-cluster')
    assert.deepEqual(await stack.states(), [])
  })
})
