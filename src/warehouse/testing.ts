import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { DuckDBInstance, type DuckDBValue } from '@duckdb/node-api'
import { Rows, type Voice } from './rows.ts'
import { readSnapshot, type TableName } from './snapshot.ts'
import { readFiles } from './sql.ts'

/** A row as tests give it; what is left out is none. */
export interface GivenRow extends Partial<Voice> {
  readonly chunk: string | Buffer
  readonly partition?: string
  readonly offset: number
  readonly micros?: number
  readonly seq?: number
  readonly cluster?: number
  readonly model?: number
  readonly waitsFor?: number
  readonly end_reason?: string
  readonly extra?: string
}

const indexIn = <T>(list: T[], one: T, same: (a: T) => boolean) => {
  const at = list.findIndex(same)
  return at === -1 ? list.push(one) - 1 : at
}

export const putRow = (rows: Rows, row: GivenRow): void => {
  const { agent_id, response_id, destination_uri = '/a.md', partition = 'log' } = row
  const text = Buffer.from(row.chunk as string)
  const voice = { agent_id, destination_uri, response_id }
  rows.begin(text.length)
  const at = rows.length
  rows.voice[at] = indexIn(rows.voices, voice, other => JSON.stringify(other) === JSON.stringify(voice))
  rows.partition[at] = indexIn(rows.partitions, partition, other => other === partition)
  rows.offset[at] = row.offset
  rows.micros[at] = row.micros ?? Number.NaN
  rows.seq[at] = row.seq ?? -1
  rows.cluster[at] = row.cluster ?? -1
  rows.model[at] = row.model ?? 0
  rows.waitsFor[at] = row.waitsFor ?? -1
  if (row.end_reason !== undefined) rows.endReasons.set(at, row.end_reason)
  if (row.extra !== undefined) rows.extras.set(at, row.extra)
  rows.end(rows.textBytes + text.copy(rows.text, rows.textBytes))
}

export const rowsOf = (list: readonly GivenRow[]): Rows => {
  const rows = new Rows()
  for (const row of list) putRow(rows, row)
  return rows
}

export const tempDir = async (t: TestContext): Promise<string> => {
  const dir = await mkdtemp(join(tmpdir(), 'textstream-warehouse-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  return dir
}

/** A disk of its own; undefined without the right to mount one. */
export const tmpfs = async (t: TestContext, size: string): Promise<string | undefined> => {
  const dir = await mkdtemp(join(tmpdir(), 'textstream-full-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'none', dir]).status === 0
  t.after(async () => {
    if (mounted) execFileSync('umount', ['-l', dir])
    await rmdir(dir)
  })
  return mounted ? dir : undefined
}

/** How often a reader may come too late for a part of the tail. */
const triesMax = 20

/** Asks a table of a folder, as any reader of snapshots would: what it reads is what was committed at one moment. */
export const ask = async (dir: string, table: TableName, columns: string, where = 'true'): Promise<DuckDBValue[][]> => {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  try {
    for (let tries = 1; ; tries++) {
      const { files, tail } = (await readSnapshot(dir)).tables[table]
      const paths = [...files, ...tail]
      if (paths.length === 0) return []
      const from = paths.map(path => `SELECT ${columns} FROM ${readFiles([path])} WHERE ${where}`)
      try {
        return await (await connection.run(from.join(' UNION ALL '))).getRows()
      } catch (error) {
        if (paths.every(existsSync) || tries === triesMax) throw error
      }
    }
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
