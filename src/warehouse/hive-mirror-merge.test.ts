import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Hdfs } from '../wire/hdfs.ts'
import { memoryHdfs } from '../wire/memory-hdfs.ts'
import { numberOf } from './hive-layout.ts'
import { type Listing, listTables } from './hive-listing.ts'
import { heard, mirrorFolders, type OwnMirror, ownMirror, tableFolder } from './hive-mirror-testing.ts'
import { batchName, countSql, mergedName } from './hive-testing.ts'
import { readAll } from './read-all.ts'

const stage = `${tableFolder}/_textstream/staging/0000000004`
const hidden = `${stage}/hidden`
const merged = `${stage}/merged.parquet`

type Step = () => Promise<unknown>

/** Three batches, and what a merge of them does to HDFS, step by step, as `consume/spark/merge.ts` does it. */
const threeBatches = async ({ hdfs, write }: Pick<OwnMirror, 'hdfs' | 'write'>): Promise<Step[]> => {
  for (let n = 1; n <= 3; n++) await write(batchName(n), n * 10, n * 10 + 10)
  await write(merged.slice(tableFolder.length + 1), 10, 40)
  const hide = (n: number) => () => hdfs.rename(`${tableFolder}/${batchName(n)}`, `${hidden}/chunks-${batchName(n)}`)
  return [
    () => hdfs.makeFolder(hidden),
    hide(1),
    hide(2),
    hide(3),
    () => hdfs.rename(merged, `${tableFolder}/${mergedName(4)}`),
    () => hdfs.remove(stage),
  ]
}

test('while files become one, each row is seen once at every step, however often it is looked', async () => {
  await using mirror = ownMirror()
  const steps = await threeBatches(mirror)
  for (const step of steps) {
    await step()
    assert.deepEqual(await mirror.count(), [30, 30])
  }
  assert.equal(mirror.copies().length, 1)
})

test('who looks for the first time in the middle of a merge sees each row, also if its consumer was killed there', async t => {
  for (const done of [1, 2, 3, 4, 5]) {
    await t.test(`after ${done} steps`, async () => {
      await using mirror = ownMirror()
      for (const step of (await threeBatches(mirror)).slice(0, done)) await step()
      assert.deepEqual(await mirror.count(), [30, 30])
    })
  }
})

test('what a consumer left that was killed after its merge is not read beside it, nor once that was merged, too', async () => {
  await using mirror = ownMirror()
  for (const step of (await threeBatches(mirror)).slice(0, -1)) await step()
  await mirror.write(batchName(5), 40, 50)
  assert.deepEqual(await mirror.count(), [40, 40])
  await mirror.hdfs.remove(`${tableFolder}/${mergedName(4)}`)
  await mirror.hdfs.remove(`${tableFolder}/${batchName(5)}`)
  await mirror.write(mergedName(6), 10, 50)
  assert.deepEqual(await mirror.count(), [40, 40])
})

/** Before its `at`th question HDFS does the first `burst` steps, and one more at each question behind it; one after another. */
const stepping = (hdfs: Hdfs, steps: readonly Step[], at: number, burst: number) => {
  const waiting = [...steps]
  let asked = 0
  let done: Promise<unknown> = Promise.resolve()
  const next = () => {
    const count = asked < at ? 0 : asked === at ? burst : 1
    for (const step of waiting.splice(0, count)) done = done.then(step)
    asked++
    return done
  }
  const seen = heard(hdfs, {
    status: path => next().then(() => hdfs.status(path)),
    async *list(folder) {
      await next()
      yield* hdfs.list(folder)
    },
    async *read(path, range) {
      await next()
      yield* hdfs.read(path, range)
    },
  })
  return { seen, asked: () => asked, done: () => done }
}

/** Which of the batches a listing has, each as often as it has it. */
const batchesIn = ({ chunks_clustered: files }: Listing): number[] =>
  files.flatMap(({ name }) => (numberOf(name)!.isMerged ? [1, 2, 3] : numberOf(name)!.batch)).sort()

const bursts = [1, 3, 5, 6]

test('a merge that goes on between any two questions of a listing makes nothing listed twice, and nothing missed', async () => {
  for (const burst of bursts) {
    for (let at = 0, asked = 1; at < asked; at++) {
      const hdfs = memoryHdfs()
      const write = (name: string) => hdfs.write(`${tableFolder}/${name}`, [Buffer.from(name)]).then(() => 0)
      const one = stepping(hdfs, await threeBatches({ hdfs, write }), at, burst)
      const listing = await listTables(one.seen, mirrorFolders)
      assert.deepEqual(batchesIn(listing), [1, 2, 3], `${burst} steps at question ${at}`)
      asked = one.asked()
    }
  }
})

test('files that are merged between their listing and their copying are looked for anew', async () => {
  for (const at of [11, 12, 13, 14]) {
    let now: Hdfs | undefined
    await using mirror = ownMirror({}, hdfs =>
      heard(hdfs, { list: (...of) => now!.list(...of), read: (...of) => now!.read(...of) }),
    )
    now = stepping(mirror.hdfs, await threeBatches(mirror), at, 6).seen
    assert.deepEqual(await mirror.count(), [30, 30])
    assert.equal(mirror.copies().length, 1)
  }
})

test('a statement keeps the files that it reads, and they go when it ends', async () => {
  await using mirror = ownMirror()
  const steps = await threeBatches(mirror)
  const result = await mirror.files.query('SELECT count(*), sum(seq)::BIGINT FROM chunks_clustered')
  for (const step of steps) await step()
  assert.deepEqual((await readAll(mirror.files, countSql)).rows, [[30, 30]])
  assert.equal(mirror.copies().length, 4)
  const found: unknown[] = []
  for await (const some of result.rows) found.push(...some)
  assert.deepEqual(found, [[30, 735]])
  await result[Symbol.asyncDispose]()
  assert.equal(mirror.copies().length, 1)
})
