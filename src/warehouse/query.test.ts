import assert from 'node:assert/strict'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { DuckDBInstance } from '@duckdb/node-api'
import type { StreamError } from '../std/error.ts'
import { duckdbWarehouse } from './duckdb.ts'
import { runQuery } from './query.ts'
import { type GivenRow, rowsOf, tempDir } from './testing.ts'
import type { ClusterRow, Commit, QueryOptions } from './warehouse.ts'

const select = async (dir: string, sql: string, options?: QueryOptions): Promise<unknown[][]> => {
  await using result = await runQuery(dir, sql, options)
  const all: unknown[][] = []
  for await (const rows of result.rows) for (const row of rows) all.push([...row])
  return all
}

const faultOf = async (dir: string, sql: string, options?: QueryOptions): Promise<readonly [string, string]> => {
  const error = await select(dir, sql, options).then(
    () => assert.fail(`it went through: ${sql}`),
    (error: StreamError) => error,
  )
  return [error.code, error.message]
}

const commitOf = (rows: readonly GivenRow[], more: Partial<Commit> = {}): Commit => ({
  position: { log: Math.max(0, ...rows.map(({ offset }) => offset + 1)) },
  rows: rowsOf(rows),
  ...more,
})

const chunks = (from: number, to: number, more: Partial<GivenRow> = {}): GivenRow[] =>
  Array.from({ length: to - from }, (_, i) => ({
    chunk: `c${from + i}`,
    offset: from + i,
    seq: from + i,
    response_id: 'r',
    ...more,
  }))

const factsOf = (model: number, cluster: number, label: string, more: Partial<ClusterRow> = {}): ClusterRow => ({
  model,
  cluster,
  change: model === 1 ? 'born' : 'kept',
  parents: model === 1 ? [] : [cluster],
  label,
  terms: [label],
  size: 1,
  share: 0.5,
  windows: 256 * model,
  nearest: [],
  ...more,
})

const filled = async (t: TestContext, ...commits: readonly Commit[]): Promise<string> => {
  const dir = await tempDir(t)
  await using writer = await duckdbWarehouse(dir).writer()
  for (const commit of commits) await writer.commit(commit)
  return dir
}

const writeParquet = async (path: string, sql: string) => {
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  await connection.run(`COPY (${sql}) TO '${path}' (FORMAT parquet)`)
  connection.closeSync()
}

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
    test(`are there for: ${sql}`, async t => {
      const dir = await filled(
        t,
        commitOf(chunks(0, 1, { cluster: 0, model: 1 }), { clusters: [factsOf(1, 0, 'sea')] }),
      )
      assert.deepEqual(await select(dir, sql), rows)
    })
})

describe('parameters', () => {
  const cases: readonly (readonly [sql: string, params: Record<string, string>, rows: unknown[][]])[] = [
    ['SELECT chunk FROM chunks_clustered WHERE chunk = $chunk', { chunk: 'c1' }, [['c1']]],
    ['SELECT seq FROM chunks_clustered WHERE seq > $n ORDER BY seq LIMIT $limit', { n: '0', limit: '1' }, [[1]]],
    ['SELECT count(*) FROM chunks_clustered WHERE event_time > $since', { since: '2025-01-01' }, [[0]]],
    ['SELECT $a', { a: "'; DROP TABLE x; --\0\ufeff" }, [["'; DROP TABLE x; --\0\ufeff"]]],
    ['SELECT $a', { a: '\ufefffirst' }, [['\ufefffirst']]],
    ['SELECT $a::INT + 1, $b', { a: '41', b: 'x' }, [[42, 'x']]],
    ['SELECT count(*) FROM range(3) WHERE $yes', { yes: 'true' }, [[3]]],
    ['SELECT ?', { '1': 'x' }, [['x']]],
    ['EXPLAIN SELECT $a', { a: 'x' }, []],
  ]
  for (const [sql, params, rows] of cases)
    test(`${sql} ${JSON.stringify(params)}`, async t => {
      const dir = await filled(t, commitOf(chunks(0, 3)))
      const found = await select(dir, sql, { params })
      if (!sql.startsWith('EXPLAIN')) assert.deepEqual(found, rows)
    })

  const faults: readonly (readonly [sql: string, params: Record<string, string>, code: string, message: RegExp])[] = [
    ['SELECT $a', {}, 'warehouse/usage', /no value for "a".*--param a=VALUE/],
    ['SELECT 1', { a: '1' }, 'warehouse/usage', /does not use "a": it has no \$name/],
    ['SELECT $a', { a: '1', b: '2' }, 'warehouse/usage', /does not use "b": it has "a"/],
    ['SELECT 1 LIMIT $n', { n: 'ten' }, 'warehouse/sql', /parameter "n": could not convert string 'ten'/],
  ]
  for (const [sql, params, code, message] of faults)
    test(`fails clearly: ${sql} ${JSON.stringify(params)}`, async t => {
      const dir = await filled(t)
      const fault = await faultOf(dir, sql, { params })
      assert.equal(fault[0], code)
      assert.match(fault[1], message)
    })
})

describe('a bad statement', () => {
  const faults: readonly (readonly [sql: string, code: string, message: string | RegExp])[] = [
    ['selec 1', 'warehouse/sql', 'line 1, column 1: syntax error at or near "selec"\n\n  selec 1\n  ^\n'],
    [
      "SELECT 'é😀', agnt_id\nFROM chunks_clustered",
      'warehouse/sql',
      /^line 1, column 14: referenced column "agnt_id" not found in FROM clause; candidate bindings: "agent_id".*\n\n {2}SELECT 'é😀', agnt_id\n {2} {14}\^\n$/,
    ],
    [
      'SELECT 1,\n\n  FROM chunk_clustered',
      'warehouse/sql',
      /^line 3, column 8: table with name chunk_clustered does not exist; did you mean "chunks_clustered"\?/,
    ],
    ['EXPLAIN SELECT x', 'warehouse/sql', /^line 1, column 16: /],
    ['SELECT sum(1', 'warehouse/sql', /^line 1, column 13: syntax error at end of input/],
    ["SELECT 'a\0b'", 'warehouse/sql', /^line 1, column 10: a statement cannot hold the character NUL/],
    ['', 'warehouse/sql', /there is no statement/],
    ['-- nothing', 'warehouse/sql', /there is no statement/],
    ["SELECT '\x1b[31m' FROM x", 'warehouse/sql', /␛\[31m/],
    [
      "FROM read_text('/etc/passwd')",
      'warehouse/refused',
      /^line 1, column 6: the function "read_text" is not allowed/,
    ],
    [
      "SELECT 1 FROM '/etc/passwd'",
      'warehouse/refused',
      /^line 1, column 15: "\/etc\/passwd" is no table of the warehouse/,
    ],
    ['DROP TABLE x', 'warehouse/refused', /only statements that read are allowed/],
    ['SELECT 1; SELECT 2', 'warehouse/refused', /one statement at a time, not 2/],
  ]
  for (const [sql, code, message] of faults)
    test(`says what and where: ${JSON.stringify(sql)}`, async t => {
      const fault = await faultOf(await filled(t), sql)
      assert.equal(fault[0], code)
      if (typeof message === 'string') assert.equal(fault[1], message)
      else assert.match(fault[1], message)
    })

  test('shows a part of a long line', async t => {
    const [, message] = await faultOf(await filled(t), `SELECT ${'1, '.repeat(200)}nope, ${'2, '.repeat(200)}3`)
    const [, , line, mark] = message.split('\n')
    assert.ok(line.length < 80, line)
    assert.equal(line.slice(mark.indexOf('^')).slice(0, 4), 'nope')
  })
})

describe('a fault while rows are read', () => {
  const failing = `SELECT CAST(x AS INT) FROM (SELECT CASE WHEN range = 500000 THEN 'no number' ELSE '1' END AS x FROM range(1000000))`

  test('is an error, never an end', async t => {
    const dir = await filled(t)
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
    const dir = await filled(t)
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
    await writeFile(
      join(other, 'chunks_clustered', 'x.parquet'),
      await import('node:fs').then(fs => fs.readFileSync(path)),
    )
    assert.deepEqual(await select(other, 'SELECT chunk FROM chunks_clustered'), [['\ufeffa\0'], ['c1'], ['c2']])
  })

  test('never replaces one that is there', async t => {
    const dir = await filled(t)
    const path = join(await tempDir(t), 'x.parquet')
    await writeFile(path, 'mine')
    await using result = await runQuery(dir, 'SELECT 1')
    await assert.rejects(result.toParquet(path), { code: 'warehouse/exists' })
  })
})

const spillFolders = async () => (await readdir(tmpdir())).filter(name => name.startsWith('textstream-query-'))

describe('a query that is given up', () => {
  const endless: readonly string[] = [
    'WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t',
    'WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t) SELECT n FROM t',
    'SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE hash(a.range + b.range) = 7',
    'SELECT range FROM range(100000000000)',
    'SELECT range FROM range(1000000000) ORDER BY hash(range)',
  ]
  for (const sql of endless)
    test(`ends at once: ${sql}`, async t => {
      const dir = await filled(t)
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
      assert.ok(performance.now() - abortedAt < 800)
    })

  test('leaves nothing on the disk', async t => {
    const dir = await filled(t)
    const before = await spillFolders()
    {
      await using result = await runQuery(dir, 'SELECT range FROM range(1000000000)')
      for await (const _ of result.rows) break
    }
    await faultOf(dir, 'SELECT nothing')
    const left = (await spillFolders()).filter(name => !before.includes(name))
    assert.deepEqual(left, [])
  })
})

test('a large result takes little memory', async t => {
  const dir = await filled(t)
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
