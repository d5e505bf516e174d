import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openWarehouse } from '../pipeline.ts'
import { folderView } from './folder-view.ts'
import { problemOf } from './problem.ts'

test('a statement on tables that the consumer has not made yet is told so, and no path', async t => {
  const dir = mkdtempSync(join(tmpdir(), 'textstream-view-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const place = join(dir, 'warehouse')
  const view = folderView(place, await openWarehouse(place))
  const told = async (sql: string) => problemOf(await view.query(sql).catch((error: Error) => error))
  const { status, code, detail } = await told('SELECT count(*) FROM chunks_clustered')
  assert.deepEqual([status, code], [503, 'warehouse/not-found'])
  assert.equal(detail, 'there are no tables yet: the consumer makes them; /health says how it is')
  assert.equal((await told('SELECT FROM')).code, 'warehouse/sql')
})
