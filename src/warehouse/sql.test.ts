import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { literal, readFiles } from './sql.ts'
import { tempDir } from './testing.ts'

test('a literal is the text, whatever it holds', async () => {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const unit = fc.oneof(
    fc.constantFrom("'", '"', '\\', '\0', '\n', ';', '--', '$', '%', '\ufeff'),
    fc.string({ unit: 'binary' }),
  )
  await fc.assert(
    fc.asyncProperty(fc.string({ unit }), async given => {
      const text = given.toWellFormed()
      const rows = await (await connection.run(`SELECT hex(encode(${literal(text)}))`)).getRows()
      assert.equal(Buffer.from(rows[0][0] as string, 'hex').toString(), text)
    }),
    { numRuns: 300 },
  )
  connection.closeSync()
  instance.closeSync()
})

test('a path names one file, whatever its folder is called', async t => {
  const dir = await tempDir(t)
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const names = ["it's", '[a]', 'a', '*', '**', '?', 'b?[c]*', '\\[a]', '\\', 'x=1', '{a,b}', '%20', 'ä\n"', '~']
  for (const [at, name] of names.entries()) {
    const path = join(dir, name, 'one.parquet')
    await mkdir(join(dir, name))
    await connection.run(`COPY (SELECT ${at} AS number) TO ${literal(path)} (FORMAT parquet)`)
  }
  for (const [at, name] of names.entries()) {
    const rows = await (await connection.run(`SELECT * FROM ${readFiles([join(dir, name, 'one.parquet')])}`)).getRows()
    assert.deepEqual(rows, [[at]], name)
  }
  connection.closeSync()
  instance.closeSync()
})
