import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { DuckDBInstance } from '@duckdb/node-api'
import { parseHiveAddress } from '../../src/warehouse/hive-address.ts'
import { queryHive } from '../../src/warehouse/hive-query.ts'
import { hiveAddress, hiveSkip as skip } from '../hive.ts'
import { bin, plainEnvironment, tempDir, textstream } from './textstream.ts'

const login = { user: 'test', password: 'test' }

const ask = async (sql: string) => {
  await using result = await queryHive(parseHiveAddress(hiveAddress), login, sql)
  const rows: (readonly unknown[])[] = []
  for await (const some of result.rows) rows.push(...some)
  return { columns: result.columns.map(({ name, type }) => `${name} ${type}`), rows }
}

/** `query --hive`, as a person types it. */
const query = (...args: string[]) => textstream(['query', '--hive', '--hive-port', hiveAddress, ...args])

const values = `select 1 as a, cast(9007199254740993 as bigint) b, cast(-1 as tinyint) c, 'it''s' d,
  cast('2026-01-01 00:00:00.5' as timestamp) e, date '2026-01-02' f, cast('1.50' as decimal(5,2)) g,
  cast(0.1 as double) h, cast(0.1 as float) i, true j, array(1, 2) k, named_struct('x', 'y') l, map('z', 1) m,
  unhex('ff00') n, null o, '\\u0000\\ufeff😀' p`

test('values come as what they are', { skip }, async () => {
  const { columns, rows } = await ask(values)
  assert.deepEqual(columns, [
    ...['a INTEGER', 'b BIGINT', 'c TINYINT', 'd VARCHAR', 'e TIMESTAMP', 'f DATE', 'g DECIMAL(5,2)', 'h DOUBLE'],
    ...['i FLOAT', 'j BOOLEAN', 'k ARRAY', 'l STRUCT', 'm MAP', 'n BLOB', 'o NULL', 'p VARCHAR'],
  ])
  assert.deepEqual(rows, [
    [
      ...[1, 9007199254740993n, -1, 'its', '2026-01-01T00:00:00.500000', '2026-01-02', 1.5, 0.1, 0.1, true],
      ...[[1, 2], { x: 'y' }, { z: 1 }, Uint8Array.of(255, 0), null, '\0\ufeff😀'],
    ],
  ])
})

test('many rows come in parts, each once; whoever has enough may leave', { skip }, async () => {
  const many =
    'select pos, val from (select split(space(2499), " ") as words) w lateral view posexplode(words) p as pos, val'
  const { rows } = await ask(many)
  assert.deepEqual(
    rows.map(([pos]) => pos),
    Array.from({ length: 2500 }, (_, at) => at),
  )
  const { code, stdout } = await query(many, '--limit', '2', '--format', 'csv')
  assert.deepEqual([code, stdout], [0, 'pos,val\r\n0,""\r\n1,""\r\n'])
})

test('the command prints all formats', { skip }, async () => {
  const sql = "select 1 as n, 'a|b' as t, cast(null as string) as missing"
  const printed = {
    table: 'n  t    missing\n─  ───  ───────\n1  a|b  null\n',
    json: '[\n{"n":1,"t":"a|b","missing":null}\n]\n',
    ndjson: '{"n":1,"t":"a|b","missing":null}\n',
    csv: 'n,t,missing\r\n1,a|b,\r\n',
    md: '| n | t | missing |\n| ---: | --- | --- |\n| 1 | a\\|b |  |\n',
  }
  for (const [format, text] of Object.entries(printed)) {
    const { code, stdout, stderr } = await query(sql, '--format', format)
    assert.deepEqual([code, stdout], [0, text], stderr)
  }
})

test('a result becomes a Parquet file that is not there yet, with its types', { skip }, async () => {
  await using dir = await tempDir()
  const file = join(dir.path, "it's.parquet")
  const sql = values.replace('null o,', 'cast(null as int) o,')
  const { code, stderr } = await query(sql, '--format', 'parquet', '-o', file)
  assert.equal(code, 0, stderr)
  const connection = await (await DuckDBInstance.create()).connect()
  const read = await connection.runAndReadAll(`select * from '${file.replaceAll("'", "''")}'`)
  const [row] = read.getRowsJson()
  assert.deepEqual(row.slice(0, 8), [
    1,
    '9007199254740993',
    -1,
    'its',
    '2026-01-01 00:00:00.5',
    '2026-01-02',
    '1.50',
    0.1,
  ])
  assert.deepEqual(row.slice(-6), ['[1,2]', '{"x":"y"}', '{"z":1}', '\\xFF\\x00', null, '\0\ufeff😀'])
  connection.closeSync()
  assert.match((await query('select 1', '--format', 'parquet', '-o', file)).stderr, /is there already/)
})

test('without a statement it lists the tables', { skip }, async () => {
  const { code, stdout } = await query('--format', 'csv')
  assert.deepEqual([code, stdout.split('\r\n')[0]], [0, 'tab_name'])
})

const faults: readonly (readonly [sql: string, code: number, said: RegExp])[] = [
  ['select nothing from (select 1 a) t', 1, /line 1, column 8: invalid table alias or column reference 'nothing'/],
  [
    'select *\nfrom no_such_table',
    1,
    /line 2, column 6: table not found 'no_such_table'\n\n {2}from no_such_table\n {7}\^/,
  ],
  ['select 1 1', 1, /line 1, column \d+: .*near '1'/],
  ['select assert_true(1 > 2)', 1, /assertion failed/],
  ['drop table chunks_clustered', 1, /only statements that read are allowed/],
  ["select reflect('java.lang.System', 'getProperty', 'user.home')", 1, /"reflect" is not allowed/],
]

test('errors are told in Hive’s own words, with their place; what would change anything is refused', {
  skip,
}, async () => {
  for (const [sql, wanted, said] of faults) {
    const { code, stdout, stderr } = await query(sql)
    assert.deepEqual([code, stdout], [wanted, ''], sql)
    assert.match(stderr, said)
  }
})

test('parameters are refused: their values would have to be pasted', { skip }, async () => {
  const { code, stderr } = await query('select $x', '--param', 'x=1')
  assert.equal(code, 2)
  assert.match(stderr, /takes no parameters/)
})

test('where nobody answers, or somebody else, that is said soon', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as { port: number }
  for (const [at, said] of [
    ['127.0.0.1:1', /ECONNREFUSED.*stack up hive/],
    [String(port), /did not answer within 5000 ms/],
  ] as const) {
    const { code, stderr } = await textstream(['query', '--hive-port', at, 'select 1'])
    assert.equal(code, 4, stderr)
    assert.match(stderr, said)
  }
  silent.close()
})

/** As long as a machine takes to hash one text so often. */
const long = `select max(md5(concat(repeat('x', 20000), val))) from (
  select explode(split(space(1000), ' ')) as a) a lateral view posexplode(split(space(1000), ' ')) b as pos, val`

test('Ctrl-C ends a long query', { skip }, async () => {
  const child = spawn(bin, ['query', '--hive-port', hiveAddress, long], { env: plainEnvironment(), stdio: 'ignore' })
  const exited = once(child, 'exit')
  const isLong = await Promise.race([exited.then(() => false), setTimeout(3000, true)])
  assert.ok(isLong, 'it ended by itself')
  const began = performance.now()
  child.kill('SIGINT')
  assert.equal((await exited)[0], 130)
  assert.ok(performance.now() - began < 2000)
})
