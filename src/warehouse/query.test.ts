import assert from 'node:assert/strict'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { duckdbWarehouse } from './duckdb.ts'
import { queryOn } from './query.ts'
import { chunks, commitOf, factsOf, faultOf, filled, filledOnce, select, writeParquet } from './query-testing.ts'
import { readSnapshot } from './snapshot.ts'
import { tempDir } from './testing.ts'

describe('a query reads', () => {
  test('final files and the tail as one table', async t => {
    const dir = await tempDir(t)
    await using writer = await duckdbWarehouse(dir).writer()
    await writer.commit(commitOf(chunks(0, 3)))
    await writer.roll({ all: true })
    await writer.commit(commitOf(chunks(3, 5)))
    assert.deepEqual(await select(dir, 'SELECT chunk FROM chunks_clustered ORDER BY seq'), [
      ['c0'],
      ['c1'],
      ['c2'],
      ['c3'],
      ['c4'],
    ])
  })

  test('each row once, while a writer commits and rolls', async t => {
    const dir = await tempDir(t)
    await using writer = await duckdbWarehouse(dir).writer()
    await writer.commit(commitOf(chunks(0, 1)))
    let written = 1
    let isDone = false
    const writing = (async () => {
      for (; !isDone; written += 10) {
        await writer.commit(commitOf(chunks(written, written + 10)))
        if (written % 50 === 1) await writer.roll({ all: true })
      }
    })()
    for (let i = 0; i < 15; i++) {
      const before = written
      const [[rows, different, last]] = await select(
        dir,
        'SELECT count(*), count(DISTINCT seq), max(seq) FROM chunks_clustered',
      )
      assert.deepEqual([rows, different], [(last as number) + 1, (last as number) + 1])
      assert.ok((rows as number) >= before, 'all that was committed before it')
    }
    isDone = true
    await writing
  })

  test('what is committed now, if what was committed before has been moved on', async t => {
    const dir = await tempDir(t)
    await using writer = await duckdbWarehouse(dir).writer()
    await writer.commit(commitOf(chunks(0, 2)))
    const old = await readSnapshot(dir)
    await writer.commit(commitOf(chunks(2, 3)))
    await writer.roll({ all: true })
    for (const path of old.tables.chunks_clustered.tail) await rm(path, { force: true })
    const snapshots = [old, old, await readSnapshot(dir)]
    await using result = await queryOn(
      async () => snapshots.shift()!,
      'SELECT count(*), count(DISTINCT seq) FROM chunks_clustered',
    )
    for await (const rows of result.rows) assert.deepEqual(rows, [[3, 3]])
    assert.deepEqual(snapshots, [])
  })

  test('a warehouse into which nothing was committed yet', async t => {
    const dir = await tempDir(t)
    await mkdir(join(dir, 'chunks_clustered'))
    assert.deepEqual(await select(dir, 'SELECT count(*) FROM chunks_clustered'), [[0]])
    assert.deepEqual(await select(dir, 'SELECT * FROM documents'), [])
  })

  test('old tables of five texts beside its own files', async t => {
    const dir = await filled(t, commitOf(chunks(0, 1)))
    const old = `SELECT 'Agent_Old' AS agent_id, '/old.md' AS destination_uri, x AS event_time, 'text' AS chunk, '2' AS cluster
      FROM (VALUES ('2024-05-01T12:00:00.123456'), ('2024-05-01T12:00:00'), ('no time')) t(x)`
    await writeParquet(join(dir, 'chunks_clustered', 'part-00000.parquet'), old)
    assert.deepEqual(
      await select(
        dir,
        `SELECT event_time, chunk, cluster, seq FROM chunks_clustered WHERE destination_uri = '/old.md' ORDER BY ALL`,
      ),
      [
        ['2024-05-01T12:00:00.000000Z', 'text', 2, null],
        ['2024-05-01T12:00:00.123456Z', 'text', 2, null],
        [null, 'text', 2, null],
      ],
    )
    assert.deepEqual(await select(dir, 'SELECT count(*) FROM chunks_clustered'), [[4]])
  })

  test('old tables of other columns, types and orders, with columns that we do not know', async t => {
    const dir = await filled(t, commitOf(chunks(0, 1)))
    const folder = join(dir, 'chunks_clustered')
    await writeParquet(
      join(folder, 'a.parquet'),
      `SELECT 7::BIGINT AS "Cluster", {'chunk': 'inner'} AS s, 'a'::BLOB AS chunk`,
    )
    await writeParquet(
      join(folder, 'b.parquet'),
      `SELECT TIMESTAMP '2024-05-01 12:00:00' AS event_time, 'b' AS chunk, 'x' AS cluster`,
    )
    assert.deepEqual(
      await select(
        dir,
        `SELECT chunk, cluster, event_time FROM chunks_clustered WHERE chunk IN ('a', 'b') ORDER BY chunk`,
      ),
      [
        ['a', 7, null],
        ['b', null, '2024-05-01T12:00:00.000000Z'],
      ],
    )
  })

  test('a folder whose name looks like a pattern, a key, or SQL', async t => {
    const dir = join(await tempDir(t), `a=1`, `w[h]*?'; --`)
    await mkdir(dir, { recursive: true })
    await using writer = await duckdbWarehouse(dir).writer()
    await writer.commit(commitOf(chunks(0, 2)))
    await writer.roll({ all: true })
    assert.deepEqual(await select(dir, 'SELECT chunk FROM chunks_clustered'), [['c0'], ['c1']])
  })

  test('nothing where there is no warehouse', async t => {
    const [code, message] = await faultOf(join(await tempDir(t), 'none'), 'SELECT 1')
    assert.equal(code, 'warehouse/not-found')
    assert.match(message, /none/)
  })

  test('a file that is damaged, and says which', async t => {
    const dir = await filled(t, commitOf(chunks(0, 1)))
    await writeFile(join(dir, 'chunks_clustered', 'junk.parquet'), 'no Parquet file, though its name says so')
    const [code, message] = await faultOf(dir, 'SELECT * FROM chunks_clustered')
    assert.equal(code, 'warehouse/unreadable')
    assert.match(message, /junk\.parquet/)
    assert.deepEqual(await select(dir, 'SELECT count(*) FROM clusters'), [[0]])
  })
})

describe('labels', () => {
  test('are the latest one of a cluster, whatever model put a row there', async t => {
    const first = commitOf(chunks(0, 2, { cluster: 0, model: 1 }), {
      clusters: [factsOf(1, 0, 'sea'), factsOf(1, 1, 'tea')],
    })
    const second = commitOf(chunks(2, 3, { cluster: 0, model: 2 }), {
      clusters: [factsOf(2, 0, 'sea, ship'), factsOf(2, 1, '', { change: 'died' })],
    })
    const dir = await filled(
      t,
      first,
      second,
      commitOf([
        { chunk: 'x', offset: 3 },
        { chunk: 'y', offset: 4, cluster: 1, model: 1 },
      ]),
    )
    assert.deepEqual(
      await select(dir, 'SELECT cluster, label, count(*) FROM chunks_clustered GROUP BY ALL ORDER BY ALL'),
      [
        [0, 'sea, ship', 3],
        [1, 'tea', 1],
        [null, null, 1],
      ],
    )
  })

  const sea = filledOnce(commitOf(chunks(0, 1, { cluster: 0, model: 1 }), { clusters: [factsOf(1, 0, 'sea')] }))

  const ways: readonly (readonly [sql: string, rows: unknown[][]])[] = [
    ['SELECT * FROM chunks_clustered', [[null, '/a.md', null, 'c0', 0, 'r', 0, null, 1, null, 'sea']]],
    ['FROM (SELECT c.label FROM chunks_clustered c)', [['sea']]],
    [`SELECT COLUMNS('lab.*') FROM chunks_clustered`, [['sea']]],
    ['SELECT #11 FROM (TABLE chunks_clustered)', [['sea']]],
    [
      `SELECT c FROM (SELECT c FROM chunks_clustered c) WHERE c.label = 'sea'`,
      [
        [
          {
            agent_id: null,
            destination_uri: '/a.md',
            event_time: null,
            chunk: 'c0',
            cluster: 0,
            response_id: 'r',
            seq: 0,
            end_reason: null,
            model: 1,
            extra: null,
            label: 'sea',
          },
        ],
      ],
    ],
    ['SELECT count(*) FROM chunks_clustered NATURAL JOIN clusters', [[1]]],
    ['SELECT count(*) FROM chunks_clustered JOIN clusters USING (LABEL)', [[1]]],
    [`SELECT count(*) FROM chunks_clustered WHERE "Label" = 'sea'`, [[1]]],
    ['SELECT count(*) FROM chunks_clustered', [[1]]],
    [
      `SELECT value FROM (UNPIVOT (SELECT chunk, label FROM chunks_clustered) ON COLUMNS(*)) ORDER BY 1`,
      [['c0'], ['sea']],
    ],
  ]
  for (const [sql, rows] of ways)
    test(`are there for: ${sql}`, async () => assert.deepEqual(await select(sea.dir, sql), rows))
})
