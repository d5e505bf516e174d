import type { DuckDBConnection } from '@duckdb/node-api'
import { literal } from './sql.ts'

/** What a file will hold, as far as known. */
export interface FileShape {
  readonly rows: number
  readonly bytes: number
}

/** Readers keep a row group in memory, and skip those whose statistics tell that they have nothing for them. */
const rowGroupRowsMax = 122_880
const rowGroupBytesMax = 16 * 1024 * 1024
/** DuckDB fills row groups by so many rows. */
const rowGroupRowsStep = 2048

const rowGroupRows = ({ rows, bytes }: FileShape): number => {
  const fitting = Math.floor((rowGroupBytesMax * rows) / Math.max(1, bytes))
  return Math.max(rowGroupRowsStep, Math.min(rowGroupRowsMax, fitting - (fitting % rowGroupRowsStep)))
}

/** Writes what `select` gives into a new Parquet file, and gives the number of its rows. It is not durable yet. */
export const copyTo = async (
  connection: DuckDBConnection,
  select: string,
  path: string,
  shape: FileShape,
): Promise<number> => {
  const options = `FORMAT parquet, PARQUET_VERSION v2, COMPRESSION zstd, ROW_GROUP_SIZE ${rowGroupRows(shape)}`
  const result = await connection.run(`COPY (${select}) TO ${literal(path)} (${options}, USE_TMP_FILE false)`)
  return Number((await result.getRows())[0][0])
}
