import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import type { StreamError } from '../std/error.ts'
import { duckdbWarehouse } from './duckdb.ts'
import { runQuery } from './query.ts'
import { rowsOf } from './testing.ts'

let root: string
let dir: string
let published: string

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'textstream-sandbox-'))
  dir = join(root, 'warehouse')
  await mkdir(dir)
  await writeFile(join(root, 'secret.csv'), 'a,b\n1,secret\n')
  await writeFile(join(root, 'secret.txt'), 'secret')
  await using writer = await duckdbWarehouse(dir).writer()
  await writer.commit({
    position: { log: 1 },
    rows: rowsOf([{ chunk: 'public', offset: 0, seq: 0, response_id: 'r' }]),
  })
  await writer.roll({ all: true })
  published = join(dir, 'chunks_clustered', (await readdir(join(dir, 'chunks_clustered')))[0])
})

after(() => rmSync(root, { recursive: true, force: true }))

const outcome = async (sql: string): Promise<string> => {
  try {
    await using result = await runQuery(dir, sql)
    for await (const rows of result.rows) assert.ok(!JSON.stringify(rows).includes('secret'), sql)
    return 'done'
  } catch (error) {
    return (error as StreamError).code ?? String(error)
  }
}

/** `ROOT` and `FILE` stand for a folder with secrets, and for a public file of the warehouse. */
const filled = (sql: string) => sql.replaceAll('ROOT', root).replaceAll('FILE', published)

const attacks: readonly string[] = [
  // Files that a statement names
  "FROM 'ROOT/secret.csv'",
  "SELECT * FROM 'ROOT/*.csv'",
  "FROM 'FILE'",
  'FROM "FILE"',
  'FROM secret.csv',
  `FROM main."ROOT/secret.csv"`,
  `FROM "ROOT/secret".csv`,
  "DESCRIBE 'ROOT/secret.csv'",
  "SUMMARIZE 'ROOT/secret.csv'",
  "SELECT (SELECT b FROM 'ROOT/secret.csv')",
  `WITH "ROOT/secret.csv" AS (SELECT 1) SELECT * FROM (SELECT * FROM "ROOT/secret.csv")`,
  "SELECT 1 WHERE EXISTS (FROM 'ROOT/secret.csv')",
  "SELECT * FROM chunks_clustered JOIN 'ROOT/secret.csv' ON true",
  "SELECT 1 UNION ALL SELECT a FROM 'ROOT/secret.csv'",
  "PIVOT 'ROOT/secret.csv' ON a IN (1) USING count(*)",
  "FROM (PIVOT 'ROOT/secret.csv' ON a IN (1) USING count(*))",
  "SELECT * FROM 's3://bucket/secret.parquet'",
  "SELECT * FROM 'https://localhost/secret.parquet'",
  // Functions that read
  "FROM read_csv('ROOT/secret.csv')",
  "FROM read_csv_auto('ROOT/secret.csv')",
  "FROM read_text('ROOT/secret.txt')",
  "FROM read_blob('FILE')",
  "FROM read_parquet('FILE')",
  "FROM parquet_scan('FILE')",
  "FROM system.main.read_parquet('FILE')",
  "FROM parquet_metadata('FILE')",
  "FROM parquet_kv_metadata('FILE')",
  "FROM read_json('ROOT/secret.txt')",
  "FROM read_ndjson_objects('ROOT/secret.txt')",
  "FROM read_duckdb('ROOT/secret.txt')",
  "FROM glob('ROOT/*')",
  "FROM sniff_csv('ROOT/secret.csv')",
  "FROM query('FROM read_text(''ROOT/secret.txt'')')",
  "FROM query_table('ROOT/secret.csv')",
  "FROM histogram('ROOT/secret.csv', a)",
  "SELECT * FROM range(3) t, LATERAL (FROM read_text('ROOT/secret.txt'))",
  `FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))`,
  'FROM arrow_scan(0, 0, 0)',
  'FROM seq_scan()',
  // What DuckDB knows of itself and of the machine
  'FROM duckdb_settings()',
  'FROM duckdb_secrets()',
  "FROM which_secret('s3://x', 's3')",
  'FROM duckdb_databases',
  'FROM duckdb_views',
  'FROM pg_catalog.pg_settings',
  'FROM pg_settings',
  'FROM sqlite_master',
  'FROM duckdb_extensions()',
  'FROM duckdb_logs',
  "SELECT current_setting('temp_directory')",
  "SELECT current_setting('home_directory')",
  "SELECT getvariable('x')",
  "SELECT write_log('x')",
  "SELECT system.main.current_setting('temp_directory')",
  'WITH pg_settings AS (SELECT 1) SELECT * FROM (SELECT * FROM pg_settings)',
  // Statements that do anything else
  "COPY chunks_clustered TO 'ROOT/out.csv'",
  "COPY (SELECT 1) TO 'FILE' (USE_TMP_FILE false)",
  "COPY chunks_clustered FROM 'ROOT/secret.csv'",
  "ATTACH 'ROOT/out.db'",
  "EXPORT DATABASE 'ROOT/out'",
  "IMPORT DATABASE 'ROOT/out'",
  'INSTALL httpfs',
  'LOAD httpfs',
  "LOAD 'ROOT/evil.duckdb_extension'",
  'CREATE TABLE t (a INT)',
  'CREATE TEMP MACRO m() AS 1',
  'CREATE OR REPLACE VIEW chunks_clustered AS SELECT 1',
  "CREATE SECRET (TYPE s3, KEY_ID 'x')",
  'DROP VIEW chunks_clustered',
  'DELETE FROM chunks_clustered',
  'INSERT INTO chunks_clustered SELECT * FROM chunks_clustered',
  'UPDATE chunks_clustered SET chunk = NULL',
  'ALTER TABLE chunks_clustered ADD COLUMN x INT',
  'SET enable_external_access = true',
  'SET lock_configuration = false',
  "SET temp_directory = 'ROOT'",
  'SET VARIABLE x = 1',
  'RESET ALL',
  'PRAGMA database_list',
  'PRAGMA version',
  'CALL pragma_version()',
  'CHECKPOINT',
  'BEGIN',
  'USE memory.tail',
  'PREPARE p AS SELECT 1',
  'EXECUTE p',
  'VACUUM',
  'FROM tail.chunks_clustered',
  'FROM stored.chunks_clustered',
  // Something in front of it, or behind
  "SELECT 1; COPY (SELECT 1) TO 'ROOT/out.csv'",
  'SELECT 1; SELECT 2',
  "EXPLAIN ANALYZE COPY (SELECT 1) TO 'ROOT/out.csv'",
  "EXPLAIN COPY (SELECT 1) TO 'ROOT/out.csv'",
  "EXPLAIN SELECT * FROM 'ROOT/secret.csv'",
  "EXPLAIN ANALYZE FROM read_text('ROOT/secret.txt')",
  "EXPLAIN SELECT 1; COPY (SELECT 1) TO 'ROOT/out.csv'",
  'EXPLAIN ANALYZE CREATE TABLE t AS SELECT 1',
  "SELECT 1) TO 'ROOT/out.csv' (FORMAT csv); --",
  'PIVOT chunks_clustered ON seq USING count(*)',
]

describe('a query', () => {
  for (const attack of attacks)
    test(`does not do: ${attack}`, async () => {
      const code = await outcome(filled(attack))
      assert.match(code, /^warehouse\/(?:refused|sql)$/)
      assert.deepEqual((await readdir(root)).sort(), ['secret.csv', 'secret.txt', 'warehouse'])
    })

  test('finds the warehouse as it was after all that', async () => {
    await using result = await runQuery(dir, 'SELECT chunk FROM chunks_clustered')
    for await (const rows of result.rows) assert.deepEqual(rows, [['public']])
  })

  test('runs of an EXPLAIN what was looked at, however comments nest', async () => {
    const code = await outcome(
      filled("/* /* */ EXPLAIN SELECT 1 --*/ EXPLAIN ANALYZE COPY (SELECT 1) TO 'ROOT/out.csv'"),
    )
    assert.equal(code, 'done')
    assert.deepEqual((await readdir(root)).sort(), ['secret.csv', 'secret.txt', 'warehouse'])
  })

  const reading: readonly string[] = [
    'SELECT count(*) FROM chunks_clustered',
    'SELECT count(*) FROM memory.main.chunks_clustered',
    'FROM documents',
    '(SELECT 1)',
    'TABLE clusters',
    'VALUES (1), (2)',
    'WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t WHERE n < 3) FROM t',
    'SHOW TABLES',
    'SHOW ALL TABLES',
    'DESCRIBE chunks_clustered',
    'DESCRIBE SELECT 1',
    'SUMMARIZE chunks_clustered',
    'EXPLAIN SELECT * FROM agents',
    'EXPLAIN ANALYZE SELECT * FROM responses',
    '/* why? */ explain (format json) select 1',
    '-- a comment\nEXPLAIN FROM documents',
    'SELECT 1;',
    'SELECT 1; -- done;',
    '  ;SELECT 1 ; ; ',
    'PIVOT chunks_clustered ON seq IN (0, 1) USING count(*)',
    'SELECT * FROM chunks_clustered POSITIONAL JOIN range(3)',
    'SELECT unnest([1, 2]), UNNEST(x) FROM (SELECT [3, 4] AS x)',
    "SELECT * FROM json_each('[1]')",
    'FROM information_schema.tables',
    'FROM chunks_clustered TABLESAMPLE 50%',
    'SELECT list_transform([1], lambda x: x + 1), sha256(chunk), now() FROM chunks_clustered',
  ]

  for (const sql of reading) test(`does: ${sql}`, async () => assert.equal(await outcome(sql), 'done'))
})

test("DuckDB's list of what reaches beyond a query is the one that was looked at", async () => {
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  const names = async (sql: string) => (await (await connection.run(sql)).getRows()).map(([name]) => name)
  const volatile = `SELECT DISTINCT function_name FROM duckdb_functions()
    WHERE function_type = 'scalar' AND stability = 'VOLATILE' ORDER BY 1`
  assert.deepEqual(await names(volatile), [
    'current_connection_id',
    'current_query',
    'current_query_id',
    'current_transaction_id',
    'currval',
    'error',
    'gen_random_uuid',
    'nextval',
    'random',
    'setseed',
    'sleep_ms',
    'stats',
    'uuid',
    'uuidv4',
    'uuidv7',
    'write_log',
  ])
  const systemViews = `SELECT view_name FROM duckdb_views() WHERE internal AND schema_name <> 'information_schema'
    AND NOT regexp_matches(view_name, '^(duckdb_|pg_|pragma_|sqlite_)')`
  assert.deepEqual(await names(systemViews), [])
  connection.closeSync()
})
