import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { hiveFiles } from './hive-files.ts'
import { batchName as batch, countSql, rowsFrom as rows, writeParquet as write } from './hive-testing.ts'
import { readAll } from './read-all.ts'
import { tableNames } from './schema.ts'

const ownTable = () => {
  const dir = mkdtempSync(join(tmpdir(), 'textstream-hive-files-'))
  const folders = Object.fromEntries(tableNames.map(name => [name, join(dir, name)])) as Record<
    (typeof tableNames)[number],
    string
  >
  const chunks = folders.chunks_clustered
  mkdirSync(join(chunks, '_textstream'), { recursive: true })
  return {
    chunks,
    files: hiveFiles('default.t', folders),
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  }
}

test('a table without files has no rows, and all of the views', async () => {
  using table = ownTable()
  assert.deepEqual((await readAll(table.files, countSql)).rows, [[0, 0]])
  assert.deepEqual((await readAll(table.files, 'SELECT * FROM agents, responses, latest_clusters')).rows, [])
})

test('each statement reads the files that are there, and none that Hive and Spark do not read', async () => {
  using table = ownTable()
  await write(join(table.chunks, batch(1)), rows(0, 10))
  assert.deepEqual((await readAll(table.files, countSql)).rows, [[10, 10]])
  await write(join(table.chunks, batch(2)), rows(10, 15))
  await write(join(table.chunks, '_textstream', batch(3)), rows(15, 20))
  writeFileSync(join(table.chunks, '.draft.parquet'), 'no Parquet')
  writeFileSync(join(table.chunks, '_SUCCESS'), '')
  assert.deepEqual((await readAll(table.files, countSql)).rows, [[15, 15]])
  assert.deepEqual((await readAll(table.files, 'SELECT chunks, state FROM responses')).rows, [[15, 'open']])
})

test('files of others, of fewer columns and as text, are read too', async () => {
  using table = ownTable()
  await write(join(table.chunks, batch(1)), rows(0, 2))
  await write(join(table.chunks, '000000_0'), `SELECT '/b' AS destination_uri, '7' AS seq, 'more' AS mood`)
  const { rows: found } = await readAll(table.files, 'SELECT destination_uri, seq FROM chunks_clustered ORDER BY ALL')
  assert.deepEqual(found, [
    ['/a', 0],
    ['/a', 1],
    ['/b', 7],
  ])
})

test('a statement whose files become one while it waits to be read is begun anew', async () => {
  using table = ownTable()
  const name = (n: number) => join(table.chunks, batch(n))
  for (let n = 1; n <= 3; n++) await write(name(n), rows(n * 10, n * 10 + 10))
  await using result = await table.files.query('SELECT count(*), sum(seq)::BIGINT FROM chunks_clustered')
  const merged = join(table.chunks, '_textstream', 'merged.parquet')
  await write(merged, rows(10, 40))
  for (let n = 1; n <= 3; n++) rmSync(name(n))
  renameSync(merged, join(table.chunks, 'merged-0000000004-0.parquet'))
  const found: unknown[] = []
  for await (const some of result.rows) found.push(...some)
  assert.deepEqual(found, [[30, 735]])
})

test('a statement that would do more than read the tables is refused', async () => {
  using table = ownTable()
  await assert.rejects(readAll(table.files, `SELECT * FROM read_text('/etc/passwd')`), { code: 'warehouse/refused' })
})
