import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { StreamError } from '../std/error.ts'
import { lock } from '../std/lock.ts'
import type { Hdfs } from '../wire/hdfs.ts'
import { hiveAt } from './hive-files.ts'
import { heard, ownMirror, tableFolder } from './hive-mirror-testing.ts'
import { batchName, countSql, mergedName, parquetOf, rowsFrom } from './hive-testing.ts'
import { readAll } from './read-all.ts'

const away = () => new StreamError('hdfs/unreachable', 'list "hdfs://memory/w": connection refused')

test('tables without files, and without folders, have no rows, and all of the views', async () => {
  await using mirror = ownMirror()
  assert.deepEqual(await mirror.count(), [0, 0])
  assert.deepEqual((await readAll(mirror.files, 'SELECT * FROM agents, responses, latest_clusters')).rows, [])
})

test('each statement reads the files that are there, and none that Hive and Spark do not read', async () => {
  await using mirror = ownMirror()
  await mirror.write(batchName(1), 0, 10)
  assert.deepEqual(await mirror.count(), [10, 10])
  await mirror.write(batchName(2), 10, 15)
  await mirror.write(`_textstream/staging/0000000003/chunks/${batchName(3)}`, 15, 20)
  await mirror.hdfs.write(`${tableFolder}/.draft.parquet`, [Buffer.from('no Parquet')])
  await mirror.hdfs.write(`${tableFolder}/_SUCCESS`, [])
  assert.deepEqual(await mirror.count(), [15, 15])
  await mirror.hdfs.remove(tableFolder)
  assert.deepEqual(await mirror.count(), [0, 0])
  assert.deepEqual(mirror.copies(), [])
})

test('files of others are read too, as they are now, whatever had their names before', async () => {
  await using mirror = ownMirror()
  const write = async (text: string) =>
    mirror.hdfs.write(
      `${tableFolder}/000000_0`,
      [await parquetOf(`SELECT '/b' AS destination_uri, '${text}' AS chunk`)],
      {
        overwrite: true,
      },
    )
  const read = async () => (await readAll(mirror.files, 'SELECT destination_uri, chunk FROM chunks_clustered')).rows
  await write('one')
  assert.deepEqual(await read(), [['/b', 'one']])
  await write('two')
  assert.deepEqual(await read(), [['/b', 'two']])
})

test('many statements at once, and those soon behind them, share one look at HDFS', async () => {
  let looks = 0
  const counting = (hdfs: Hdfs) =>
    heard(hdfs, {
      list: folder => {
        if (folder === tableFolder) looks++
        return hdfs.list(folder)
      },
    })
  await using mirror = ownMirror({ restMsMin: 60_000 }, counting)
  await mirror.write(batchName(1), 0, 10)
  const counts = await Promise.all(Array.from({ length: 8 }, mirror.count))
  assert.deepEqual(counts, Array(8).fill([10, 10]))
  await mirror.write(batchName(2), 10, 20)
  assert.deepEqual(await mirror.count(), [10, 10])
  assert.equal(looks, 2)
})

test('tables that are too large are refused, and read again once they are not', async () => {
  const copiesBytesMax = (await parquetOf(rowsFrom(0, 10))).length * 2.5
  await using mirror = ownMirror({ copiesBytesMax, staleMsMax: 0 })
  for (let n = 1; n <= 3; n++) await mirror.write(batchName(n), n * 10, n * 10 + 10)
  const message = /^the tables have \d+ bytes, and at most \d+ bytes are copied$/
  await assert.rejects(mirror.count(), { code: 'warehouse/mirror-limit', message })
  await mirror.hdfs.remove(`${tableFolder}/${batchName(1)}`)
  assert.deepEqual(await mirror.count(), [20, 20])
})

test('files of before make room where those before and after are too much together', async () => {
  const copiesBytesMax = (await parquetOf(rowsFrom(0, 10))).length * 5
  await using mirror = ownMirror({ copiesBytesMax, staleMsMax: 0 })
  for (let n = 1; n <= 4; n++) await mirror.write(batchName(n), n * 10, n * 10 + 10)
  assert.deepEqual(await mirror.count(), [40, 40])
  for (let n = 1; n <= 4; n++) await mirror.hdfs.remove(`${tableFolder}/${batchName(n)}`)
  for (let n = 5; n <= 8; n++) await mirror.write(mergedName(n), n * 10, n * 10 + 10)
  assert.deepEqual(await mirror.count(), [40, 40])
  assert.equal(mirror.copies().length, 4)
})

test('a disk that cannot be written to is told, and tried again', async () => {
  await using mirror = ownMirror()
  await mirror.write(batchName(1), 0, 10)
  rmSync(mirror.root, { recursive: true })
  writeFileSync(mirror.root, '')
  await assert.rejects(mirror.count(), {
    code: 'warehouse/mirror-disk',
    message: /^copy the tables from HDFS to this disk: /,
  })
  rmSync(mirror.root)
  assert.deepEqual(await mirror.count(), [10, 10])
})

test('a disk with too little room is told of before anything is written', async () => {
  await using mirror = ownMirror({ freeBytesMin: Number.MAX_SAFE_INTEGER })
  await mirror.write(batchName(1), 0, 10)
  await assert.rejects(mirror.count(), {
    code: 'warehouse/mirror-disk',
    message: /[\d.]+ GiB are free, and it needs \d+ bytes beside/,
  })
  assert.deepEqual(mirror.copies(), [])
})

const half = (pieces: AsyncIterable<Buffer>, fault?: Error) =>
  (async function* () {
    for await (const piece of pieces) yield piece.subarray(0, piece.length / 2)
    if (fault !== undefined) throw fault
  })()

for (const [how, fault] of [
  ['and breaks off', away()],
  ['and ends as if it were whole', undefined],
] as const) {
  test(`a file that comes half ${how} is not read, and comes again`, async () => {
    let isHalf = true
    const seen = (hdfs: Hdfs) =>
      heard(hdfs, { read: (path, range) => (isHalf ? half(hdfs.read(path, range), fault) : hdfs.read(path, range)) })
    await using mirror = ownMirror({}, seen)
    await mirror.write(batchName(1), 0, 10)
    await assert.rejects(mirror.count(), { code: fault === undefined ? 'hdfs/changed' : 'hdfs/unreachable' })
    assert.deepEqual(mirror.copies(), [])
    isHalf = false
    assert.deepEqual(await mirror.count(), [10, 10])
  })
}

/** Its files are there, its NameNode says nothing as long as it is away. */
const flaky = (state: { isAway: boolean }) => (hdfs: Hdfs) =>
  heard(hdfs, {
    async *list(folder) {
      if (state.isAway) throw away()
      yield* hdfs.list(folder)
    },
  })

test('if HDFS is away, what was there a moment ago is shown; after a while, that it is away', async () => {
  const state = { isAway: false }
  await using mirror = ownMirror({ staleMsMax: 400 }, flaky(state))
  await mirror.write(batchName(1), 0, 10)
  assert.deepEqual(await mirror.count(), [10, 10])
  state.isAway = true
  assert.deepEqual(await mirror.count(), [10, 10])
  await sleep(400)
  await assert.rejects(mirror.count(), { code: 'hdfs/unreachable', message: /connection refused/ })
  state.isAway = false
  assert.deepEqual(await mirror.count(), [10, 10])
})

test('nobody waits for ever for copies: it is told how much is here, until all are', async () => {
  const open = Promise.withResolvers<void>()
  const slow = (hdfs: Hdfs) =>
    heard(hdfs, {
      async *read(path, range) {
        await open.promise
        yield* hdfs.read(path, range)
      },
    })
  await using mirror = ownMirror({ waitMsMax: 50 }, slow)
  await mirror.write(batchName(1), 0, 10)
  const told = { code: 'warehouse/copying', message: /being copied from HDFS, 0 bytes of \d+ bytes so far/ }
  await assert.rejects(mirror.count(), told)
  await assert.rejects(mirror.count(), told)
  open.resolve()
  while ((await mirror.count().catch(() => undefined)) === undefined) await sleep(5)
  assert.deepEqual(await mirror.count(), [10, 10])
})

test('a statement that is given up waits no longer', async () => {
  const [asked, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const mute = (hdfs: Hdfs) =>
    heard(hdfs, {
      async *list(folder) {
        asked.resolve()
        await over.promise
        yield* hdfs.list(folder)
      },
    })
  await using mirror = ownMirror({ waitMsMax: 60_000 }, mute)
  const stop = new AbortController()
  const asking = mirror.files.query(countSql, { signal: stop.signal })
  await asked.promise
  stop.abort()
  await assert.rejects(asking, { code: 'warehouse/interrupted' })
  over.resolve()
})

test('what is lent is read from anywhere, and stays as it was until it is given back', async () => {
  await using mirror = ownMirror()
  await mirror.write(batchName(1), 0, 10)
  {
    await using lent = await mirror.files.lend()
    await mirror.write(mergedName(2), 0, 10)
    await mirror.hdfs.remove(`${tableFolder}/${batchName(1)}`)
    await mirror.write(batchName(3), 10, 20)
    assert.deepEqual(await mirror.count(), [20, 20])
    const elsewhere = hiveAt(JSON.parse(JSON.stringify(lent.place)))
    assert.deepEqual((await readAll(elsewhere, countSql)).rows, [[10, 10]])
    assert.equal(mirror.copies().length, 3)
  }
  assert.equal(mirror.copies().length, 2)
})

test('copies that somebody removed are made again', async () => {
  await using mirror = ownMirror({ restMsMin: 60_000 })
  for (let n = 1; n <= 2; n++) await mirror.write(batchName(n), n * 10, n * 10 + 10)
  assert.deepEqual(await mirror.count(), [20, 20])
  rmSync(join(mirror.root, mirror.copies()[0]))
  assert.deepEqual(await mirror.count(), [20, 20])
  for (const name of readdirSync(mirror.root)) rmSync(join(mirror.root, name), { recursive: true })
  assert.deepEqual(await mirror.count(), [20, 20])
  rmSync(join(mirror.root, mirror.copies()[0]))
  await using lent = await mirror.files.lend()
  assert.deepEqual((await readAll(hiveAt(lent.place), countSql)).rows, [[20, 20]])
})

test('what a killed process left is removed, what a living one has stays, and nothing is left at the end', async () => {
  const mirror = ownMirror()
  const [dead, alive, fresh] = ['dead', 'alive', 'fresh'].map(name => join(mirror.root, `mirror-${name}`))
  for (const dir of [dead, alive, fresh]) mkdirSync(dir)
  writeFileSync(join(dead, '1.parquet'), '')
  {
    await using _ = await lock(join(alive, '.lock'))
    for (const dir of [dead, alive]) utimesSync(dir, 0, 0)
    assert.deepEqual(await mirror.count(), [0, 0])
    assert.deepEqual([dead, alive, fresh].map(existsSync), [false, true, true])
  }
  await mirror.files[Symbol.asyncDispose]()
  assert.deepEqual(readdirSync(mirror.root).sort(), ['mirror-alive', 'mirror-fresh'])
  await mirror[Symbol.asyncDispose]()
})
