import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import type { StreamError } from '../std/error.ts'
import { duckdbWarehouse } from './duckdb.ts'
import { runQuery } from './query.ts'
import { type GivenRow, rowsOf, tempDir } from './testing.ts'
import type { ClusterRow, Commit, QueryOptions } from './warehouse.ts'

export const select = async (dir: string, sql: string, options?: QueryOptions): Promise<unknown[][]> => {
  await using result = await runQuery(dir, sql, options)
  const all: unknown[][] = []
  for await (const rows of result.rows) for (const row of rows) all.push([...row])
  return all
}

export const faultOf = async (dir: string, sql: string, options?: QueryOptions): Promise<readonly [string, string]> => {
  const error = await select(dir, sql, options).then(
    () => assert.fail(`it went through: ${sql}`),
    (error: StreamError) => error,
  )
  return [error.code, error.message]
}

export const commitOf = (rows: readonly GivenRow[], more: Partial<Commit> = {}): Commit => ({
  position: { log: Math.max(0, ...rows.map(({ offset }) => offset + 1)) },
  rows: rowsOf(rows),
  ...more,
})

export const chunks = (from: number, to: number, more: Partial<GivenRow> = {}): GivenRow[] =>
  Array.from({ length: to - from }, (_, i) => ({
    chunk: `c${from + i}`,
    offset: from + i,
    seq: from + i,
    response_id: 'r',
    ...more,
  }))

export const factsOf = (model: number, cluster: number, label: string, more: Partial<ClusterRow> = {}): ClusterRow => ({
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

const fill = async (dir: string, commits: readonly Commit[]) => {
  await using writer = await duckdbWarehouse(dir).writer()
  for (const commit of commits) await writer.commit(commit)
}

export const filled = async (t: TestContext, ...commits: readonly Commit[]): Promise<string> => {
  const dir = await tempDir(t)
  await fill(dir, commits)
  return dir
}

/** One for all tests of a file or block, as none of them changes it. */
export const filledOnce = (...commits: readonly Commit[]): { dir: string } => {
  const shared = { dir: '' }
  before(async () => {
    shared.dir = await mkdtemp(join(tmpdir(), 'textstream-warehouse-'))
    await fill(shared.dir, commits)
  })
  after(() => rm(shared.dir, { recursive: true }))
  return shared
}

export const writeParquet = async (path: string, sql: string) => {
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  await connection.run(`COPY (${sql}) TO '${path}' (FORMAT parquet)`)
  connection.closeSync()
}
