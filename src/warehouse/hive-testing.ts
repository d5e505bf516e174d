import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { tables } from './schema.ts'
import { literal } from './sql.ts'

export const writeParquet = async (path: string, select: string): Promise<void> => {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(`COPY (${select}) TO ${literal(path)} (FORMAT parquet)`)
  connection.closeSync()
  instance.closeSync()
}

export const parquetOf = async (select: string): Promise<Buffer> => {
  const dir = mkdtempSync(join(tmpdir(), 'textstream-parquet-'))
  try {
    await writeParquet(join(dir, 'one'), select)
    return readFileSync(join(dir, 'one'))
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

const columns = tables.chunks_clustered

/** Rows of ours, numbered from one up to another. */
export const rowsFrom = (from: number, to: number): string =>
  `SELECT ${columns.map(({ name, type }) => (name === 'seq' ? 'i AS seq' : name === 'destination_uri' ? `'/a' AS ${name}` : `NULL::${type} AS ${name}`)).join(', ')}
   FROM range(${from}, ${to}) t(i)`

export const batchName = (n: number): string => `batch-${String(n).padStart(10, '0')}-0.parquet`
export const mergedName = (n: number): string => `merged-${String(n).padStart(10, '0')}-0.parquet`

export const countSql = 'SELECT count(*), count(DISTINCT seq) FROM chunks_clustered'
