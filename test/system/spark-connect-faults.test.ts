import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Progress } from '../../src/wire/spark-connect/progress.ts'
import { client, sharedSession, sparkSkip as skip, sparkAddress } from '../spark.ts'
import { tempDir } from './textstream.ts'

const {
  as,
  call,
  cast,
  collect,
  describe,
  execute,
  lit,
  openSpark,
  project,
  range,
  run,
  save,
  sql,
  SparkError,
  union,
} = client

const spark = await sharedSession()

/** One row each 200 ms. */
const slow = (rows: number) => {
  const waits = call('java_method', lit.string('java.lang.Thread'), lit.string('sleep'), lit.bigint(200n))
  return project(range(0n, BigInt(rows), { partitions: 1 }), ['id', as(cast(waits, 'string'), 'waited')])
}

const caught = async (promise: Promise<unknown>): Promise<InstanceType<typeof SparkError>> => {
  try {
    await promise
  } catch (thrown) {
    assert.ok(thrown instanceof SparkError, String(thrown))
    return thrown
  }
  throw new Error('it did not fail')
}

test('a wrong statement is told with Spark’s own words, class and SQLSTATE', { skip }, async () => {
  const error = await caught(collect(spark, sql('select nowhere from range(3)')))
  assert.deepEqual(
    [error.code, error.errorClass, error.sqlState, error.parameters],
    ['spark/sql', 'UNRESOLVED_COLUMN.WITH_SUGGESTION', '42703', { objectName: '`nowhere`', proposal: '`id`' }],
  )
  assert.match(error.said, /^\[UNRESOLVED_COLUMN.WITH_SUGGESTION\] A column.*`nowhere`/)
  assert.match(error.message, /^Spark at sc:\/\/\S+: \[UNRESOLVED_COLUMN/)
  assert.ok(error.exceptions.includes('org.apache.spark.sql.AnalysisException'))
  assert.equal(error.serverStack, undefined)
})

test('what fails in the middle of its rows is told as well', { skip }, async () => {
  const error = await caught(
    collect(spark, sql("select if(id < 20000, id, raise_error('no more')) from range(0, 40000, 1, 1)")),
  )
  assert.deepEqual([error.code, error.errorClass, error.sqlState], ['spark/failed', 'USER_RAISED_EXCEPTION', 'P0001'])
  assert.deepEqual(error.parameters, { errorMessage: 'no more' })
})

test('a message that goes on for long is whole', { skip }, async () => {
  const long = 'long '.repeat(2_000)
  const error = await caught(collect(spark, sql('select raise_error(:long)', { long: lit.string(long) })))
  assert.equal(error.parameters.errorMessage, long)
  assert.ok(error.said.includes(long))
})

test('the stack in the server is told to who asked for it, with its causes', { skip }, async () => {
  await using curious = await openSpark(sparkAddress, { serverStack: true })
  const error = await caught(collect(curious, sql('select assert_true(false)')))
  assert.match(error.serverStack!, /^org\.apache\.spark\.SparkRuntimeException: .*\n\tat org\.apache\.spark\./)
})

test('a setting that cannot be changed is refused, and one that is unset is as it was', { skip }, async () => {
  await using own = await openSpark(sparkAddress, { settings: { 'spark.sql.shuffle.partitions': '7' } })
  const keys = ['spark.sql.shuffle.partitions', 'no.such.setting'] as const
  assert.deepEqual(await own.settings(...keys), { 'spark.sql.shuffle.partitions': '7', 'no.such.setting': undefined })
  await own.unset('spark.sql.shuffle.partitions')
  assert.notEqual((await own.settings(...keys))['spark.sql.shuffle.partitions'], '7')
  const error = await caught(own.configure({ 'spark.sql.warehouse.dir': '/' }))
  assert.equal(error.errorClass, 'CANNOT_MODIFY_STATIC_CONFIG')
})

test('sessions know nothing of each other, and what was released is gone', { skip }, async () => {
  const own = await openSpark(sparkAddress)
  assert.notEqual(own.id, spark.id)
  assert.match(own.version, /^4\./)
  await own[Symbol.asyncDispose]()
  await assert.rejects(own.settings('a'), { code: 'spark/session-gone' })
  await own[Symbol.asyncDispose]()
})

test('an execution that is interrupted ends at once, here and there', { skip }, async () => {
  const stop = new AbortController()
  const started = performance.now()
  setTimeout(() => stop.abort(), 1_000)
  await assert.rejects(collect(spark, slow(200), { signal: stop.signal }), { code: 'spark/interrupted' })
  assert.ok(performance.now() - started < 8_000)
  assert.equal(await spark.interrupt(), 0)
})

test('a signal that is there from the start lets nothing begin', { skip }, async () => {
  await using dir = await tempDir()
  const path = `${dir.path}/rows`
  const write = save(slow(1), path, { format: 'parquet', mode: 'append' })
  await assert.rejects(execute(spark, write, { signal: AbortSignal.abort() }), { code: 'spark/interrupted' })
  await assert.rejects(describe(spark, slow(1), { signal: AbortSignal.abort() }), { code: 'spark/interrupted' })
  assert.equal(await spark.interrupt(), 0)
})

test('who leaves early ends the execution', { skip }, async () => {
  const soonAndLate = union(project(range(0n, 1n), ['id', as(lit.string(''), 'waited')]), slow(200))
  const started = performance.now()
  for await (const { rows } of run(spark, soonAndLate)) if (rows > 0) break
  assert.equal(await spark.interrupt(), 0)
  assert.ok(performance.now() - started < 20_000)
})

test('all executions of a session are interrupted from another place', { skip }, async () => {
  const two = [collect(spark, slow(200)), collect(spark, slow(200))].map(of =>
    assert.rejects(of, { code: 'spark/interrupted', errorClass: 'OPERATION_CANCELED' }),
  )
  for (let ended = 0; ended < 2; ended += await spark.interrupt()) await sleep(200)
  await Promise.all(two)
})

test('an execution tells how far it is', { skip }, async () => {
  const heard: Progress[] = []
  const first = 'select /*+ repartition(1) */ id from range(0, 15, 1, 2)'
  const twoStages = sql(
    `select cast(java_method('java.lang.Thread', 'sleep', 300L) as string) as waited from (${first})`,
  )
  await collect(spark, twoStages, { onProgress: progress => heard.push(progress) })
  // Spark's listener may still be behind when the rows are there: the last one heard can know less than all.
  const between = heard.find(({ stages, runningTasks }) => runningTasks === 1 && stages.some(({ isDone }) => isDone))!
  const done = between.stages.find(({ isDone }) => isDone)!
  const running = between.stages.toSorted((a, b) => a.id - b.id).at(-1)!
  assert.deepEqual([done.tasks, done.tasksDone, done.isDone], [2, 2, true])
  assert.deepEqual([running.tasks, running.tasksDone, running.isDone], [1, 0, false])
})

test('many executions go on at once in one session', { skip }, async () => {
  const counts = await Promise.all(
    [1, 2, 3, 4, 5, 6].map(async n => (await collect(spark, range(0n, BigInt(n)))).length),
  )
  assert.deepEqual(counts, [1, 2, 3, 4, 5, 6])
})

test('a plan that is too large for a message is refused here', { skip }, async () => {
  await using small = await openSpark(sparkAddress, { messageBytesMax: 10_000 })
  const wide = sql('select :text as text', { text: lit.string('x'.repeat(20_000)) })
  await assert.rejects(collect(small, wide), { code: 'spark/too-large' })
})
