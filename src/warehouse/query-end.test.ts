import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { runQuery } from './query.ts'
import { chunks, commitOf, faultOf, filled, filledOnce, select } from './query-testing.ts'
import { tempDir } from './testing.ts'

const empty = filledOnce()

describe('a fault while rows are read', () => {
  const failing = `SELECT CAST(x AS INT) FROM (SELECT CASE WHEN range = 500000 THEN 'no number' ELSE '1' END AS x FROM range(1000000))`

  test('is an error, never an end', async () => {
    const { dir } = empty
    await using result = await runQuery(dir, failing)
    let count = 0
    await assert.rejects(
      async () => {
        for await (const rows of result.rows) count += rows.length
      },
      { code: 'warehouse/sql', message: /could not convert string 'no number' to INT32/ },
    )
    assert.ok(count < 1_000_000)
  })

  test('leaves no Parquet file', async t => {
    const { dir } = empty
    const out = await tempDir(t)
    await using result = await runQuery(dir, failing)
    await assert.rejects(result.toParquet(join(out, 'x.parquet')), { code: 'warehouse/sql' })
    assert.deepEqual(await readdir(out), [])
  })
})

describe('a Parquet file', () => {
  test('holds the whole result, text and all', async t => {
    const dir = await filled(
      t,
      commitOf([{ chunk: '\ufeffa\0', offset: 0, seq: 0, response_id: 'r' }, ...chunks(1, 3)]),
    )
    const path = join(await tempDir(t), 'x.parquet')
    await using result = await runQuery(
      dir,
      'SELECT chunk, $p AS p FROM chunks_clustered ORDER BY seq; -- all of it;',
      { params: { p: "it's" } },
    )
    assert.equal(await result.toParquet(path), 3)
    const other = await tempDir(t)
    await mkdir(join(other, 'chunks_clustered'))
    await writeFile(join(other, 'chunks_clustered', 'x.parquet'), await readFile(path))
    assert.deepEqual(await select(other, 'SELECT chunk FROM chunks_clustered'), [['\ufeffa\0'], ['c1'], ['c2']])
  })

  test('never replaces one that is there', async t => {
    const { dir } = empty
    const path = join(await tempDir(t), 'x.parquet')
    await writeFile(path, 'mine')
    await using result = await runQuery(dir, 'SELECT 1')
    await assert.rejects(result.toParquet(path), { code: 'warehouse/exists' })
  })
})

describe('a query that is given up', () => {
  const endless: readonly string[] = [
    'WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t',
    'WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t) SELECT n FROM t',
    'SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE hash(a.range + b.range) = 7',
    'SELECT range FROM range(100000000000)',
    'SELECT range FROM range(1000000000) ORDER BY hash(range)',
  ]
  for (const sql of endless)
    test(`ends at once: ${sql}`, async () => {
      const { dir } = empty
      const stop = new AbortController()
      let abortedAt = 0
      void sleep(200).then(() => {
        abortedAt = performance.now()
        stop.abort()
      })
      const counting = async () => {
        await using result = await runQuery(dir, sql, { signal: stop.signal })
        for await (const _ of result.rows);
      }
      await assert.rejects(counting, { code: 'warehouse/interrupted' })
      assert.ok(performance.now() - abortedAt < 2000)
    })

  test('leaves nothing on the disk', async t => {
    const { TMPDIR } = process.env
    process.env.TMPDIR = await tempDir(t)
    t.after(() => {
      if (TMPDIR === undefined) delete process.env.TMPDIR
      else process.env.TMPDIR = TMPDIR
    })
    {
      await using result = await runQuery(empty.dir, 'SELECT range FROM range(1000000000)')
      for await (const _ of result.rows) break
      assert.equal((await readdir(tmpdir())).length, 1)
    }
    await faultOf(empty.dir, 'SELECT nothing')
    assert.deepEqual(await readdir(tmpdir()), [])
  })
})

test('a large result takes little memory', async () => {
  const { dir } = empty
  await using result = await runQuery(dir, `SELECT repeat('x', 10000) FROM range(100000)`)
  let bytes = 0
  let largest = 0
  for await (const rows of result.rows) {
    bytes += rows.length * 10_000
    largest = Math.max(largest, rows.length)
  }
  assert.equal(bytes, 1_000_000_000)
  assert.ok(largest <= 200)
})
