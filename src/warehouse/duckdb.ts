import { resolve } from 'node:path'
import { systemClock } from '../std/clock.ts'
import { openWriter } from './duckdb-writer.ts'
import { committedIn } from './snapshot.ts'
import type { UpkeepOptions } from './upkeep.ts'
import type { Warehouse } from './warehouse.ts'

/** Fresh rows become final files once there are so many of them, */
export const rollRowsMax = 1_000_000
/** or they have so much text, */
export const rollBytesMax = 64 * 1024 * 1024
/** or the oldest of them is so old. */
export const rollAgeMs = 10 * 60 * 1000

export type DuckdbOptions = Partial<UpkeepOptions>

/**
 * A folder of Parquet files that any tool can read at any moment: final ones, which stay as they are, in one folder per
 * table. Fresh rows and what is committed lie below `_state`, which is ours alone. A commit survives a power cut.
 */
export const duckdbWarehouse = (dir: string, options: DuckdbOptions = {}): Warehouse => {
  const path = resolve(dir)
  return {
    name: dir,
    writer: () => openWriter(path, { clock: systemClock, rollRowsMax, rollBytesMax, rollAgeMs, ...options }),
    committed: () => committedIn(path),
    query: async (sql, queryOptions) => {
      const { runQuery } = await import('./query.ts')
      return runQuery(path, sql, queryOptions)
    },
  }
}
