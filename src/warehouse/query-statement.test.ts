import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { chunks, commitOf, faultOf, filledOnce, select } from './query-testing.ts'

const warehouse = filledOnce(commitOf(chunks(0, 3)))

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
    test(`${sql} ${JSON.stringify(params)}`, async () => {
      const found = await select(warehouse.dir, sql, { params })
      if (!sql.startsWith('EXPLAIN')) assert.deepEqual(found, rows)
    })

  const faults: readonly (readonly [sql: string, params: Record<string, string>, code: string, message: RegExp])[] = [
    ['SELECT $a', {}, 'warehouse/usage', /no value for "a".*--param a=VALUE/],
    ['SELECT 1', { a: '1' }, 'warehouse/usage', /does not use "a": it has no \$name/],
    ['SELECT $a', { a: '1', b: '2' }, 'warehouse/usage', /does not use "b": it has "a"/],
    ['SELECT 1 LIMIT $n', { n: 'ten' }, 'warehouse/sql', /parameter "n": could not convert string 'ten'/],
  ]
  for (const [sql, params, code, message] of faults)
    test(`fails clearly: ${sql} ${JSON.stringify(params)}`, async () => {
      const fault = await faultOf(warehouse.dir, sql, { params })
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
    test(`says what and where: ${JSON.stringify(sql)}`, async () => {
      const fault = await faultOf(warehouse.dir, sql)
      assert.equal(fault[0], code)
      if (typeof message === 'string') assert.equal(fault[1], message)
      else assert.match(fault[1], message)
    })

  test('shows a part of a long line', async () => {
    const [, message] = await faultOf(warehouse.dir, `SELECT ${'1, '.repeat(200)}nope, ${'2, '.repeat(200)}3`)
    const [, , line, mark] = message.split('\n')
    assert.ok(line.length < 80, line)
    assert.equal(line.slice(mark.indexOf('^')).slice(0, 4), 'nope')
  })
})
