import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { client, sparkSkip as skip, sparkAddress } from '../spark.ts'
import { type CuttingProxy, cuttingProxy } from './cutting-proxy.ts'
import { tempDir } from './textstream.ts'

const {
  as,
  call,
  cast,
  collect,
  execute,
  lit,
  openSpark,
  parseSparkAddress,
  project,
  range,
  read,
  run,
  save,
  sql,
  star,
} = client

const proxied = (): Promise<CuttingProxy> => {
  const { host, port } = parseSparkAddress(sparkAddress)
  return cuttingProxy(host, port)
}

const through = ({ port }: CuttingProxy, options = {}) => openSpark(`sc://127.0.0.1:${port}`, options)

const numbered = (rows: bigint) =>
  project(range(0n, rows, { partitions: 4 }), ['id', as(call('concat', lit.string('document '), 'id'), 'text')])

/** The rows in the order in which they came: each must be the next one. */
const readNumbered = async (batches: ReturnType<typeof run>): Promise<bigint> => {
  let next = 0n
  for await (const { rows, columns } of batches)
    for (let row = 0; row < rows; row++, next++) {
      assert.equal(columns[0].get(row), next)
      assert.equal(columns[1].get(row), `document ${next}`)
    }
  return next
}

/** Rows that take the server about so long. */
const slow = (seconds: number) => {
  const waits = call('java_method', lit.string('java.lang.Thread'), lit.string('sleep'), lit.bigint(200n))
  const rows = range(0n, BigInt(seconds * 5), { partitions: 1 })
  return project(rows, ['id', as(cast(waits, 'string'), 'waited')])
}

test('a result whose connection is cut many times has each row, none twice, in order', { skip }, async () => {
  await using proxy = await proxied()
  await using spark = await through(proxy)
  proxy.cutEvery(1_500_000)
  assert.equal(await readNumbered(run(spark, numbered(400_000n))), 400_000n)
  assert.ok(proxy.connections >= 6, `${proxy.connections} connections`)
})

test('a batch that is cut between its pieces is put together all the same', { skip }, async () => {
  await using proxy = await proxied()
  await using spark = await through(proxy, { pieceBytesMax: 20_000 })
  proxy.cutEvery(300_000)
  assert.equal(await readNumbered(run(spark, numbered(100_000n))), 100_000n)
  assert.ok(proxy.connections >= 4, `${proxy.connections} connections`)
})

test('rows are written once, though the connection is cut all the while', { skip }, async () => {
  await using dir = await tempDir()
  await using proxy = await proxied()
  await using spark = await through(proxy)
  const path = `${dir.path}/rows`
  const timer = setInterval(() => proxy.cut(), 300)
  try {
    await execute(spark, save(slow(3), path, { format: 'parquet', mode: 'append' }))
  } finally {
    clearInterval(timer)
  }
  const counted = project(read({ format: 'parquet', paths: [path] }), [as(call('count', star()), 'n')])
  assert.deepEqual(await collect(spark, counted), [{ n: 15n }])
  assert.ok(proxy.connections >= 4, `${proxy.connections} connections`)
})

test('a connection that is open and dead is given up, and another one goes on', { skip }, async () => {
  await using proxy = await proxied()
  await using spark = await through(proxy, { silenceMsMax: 4_000 })
  setTimeout(() => proxy.freeze(), 500)
  const rows = await collect(spark, slow(2))
  assert.deepEqual([rows.length, proxy.connections], [10, 2])
})

test('while nobody can be reached it waits, and then goes on', { skip }, async () => {
  await using proxy = await proxied()
  await using spark = await through(proxy)
  setTimeout(() => {
    proxy.refuse(true)
    proxy.cut()
  }, 300)
  setTimeout(() => proxy.refuse(false), 1_500)
  assert.equal((await collect(spark, slow(2))).length, 10)
})

test('when nobody can be reached for too long, it says so', { skip }, async () => {
  await using proxy = await proxied()
  const spark = await through(proxy, { outageMsMax: 500 })
  setTimeout(() => {
    proxy.refuse(true)
    proxy.cut()
  }, 300)
  await assert.rejects(collect(spark, slow(3)), { code: 'spark/unreachable', message: /is it up\?/ })
  proxy.refuse(false)
  await spark[Symbol.asyncDispose]()
})

test('a question whose connection broke is asked again', { skip }, async () => {
  await using proxy = await proxied()
  await using spark = await through(proxy)
  proxy.cut()
  await spark.configure({ 'spark.sql.shuffle.partitions': '3' })
  proxy.cut()
  assert.deepEqual(await spark.settings('spark.sql.shuffle.partitions'), { 'spark.sql.shuffle.partitions': '3' })
})

test('what is not read is not sent', { skip }, async () => {
  await using proxy = await proxied()
  await using spark = await through(proxy)
  const before = proxy.bytes
  const wide = sql("select id, repeat('x', 1000) as text from range(0, 60000, 1, 2)")
  let rows = 0
  for await (const batch of run(spark, wide)) {
    if (rows === 0) await sleep(1_000)
    if (rows === 0) assert.ok(proxy.bytes - before < 25_000_000, `${proxy.bytes - before} of 60,000,000 bytes`)
    rows += batch.rows
  }
  assert.equal(rows, 60_000)
})
