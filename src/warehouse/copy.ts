import type { DuckDBConnection } from '@duckdb/node-api'
import { literal } from './sql.ts'

/** What a file will hold, as far as known, and whether it is to stay. */
export interface FileShape {
  readonly rows: number
  readonly bytes: number
  readonly isFinal: boolean
}

/** Readers keep a row group in memory, and skip those whose statistics tell that they have nothing for them. */
const rowGroupRowsMax = 122_880
const rowGroupBytesMax = 16 * 1024 * 1024
/** DuckDB fills row groups by so many rows. */
const rowGroupRowsStep = 2048
/** With more distinct values than this share of its rows a column gets no dictionary: `seq` is smaller as deltas, words are not. */
const dictionaryShareMax = 1 / 12

/** Rows of more text than this on average are not worth the memory that it takes to sort them. */
const sortedRowBytesMax = 4096

/**
 * Rows of one answer lie together, in order of arrival, so that what repeats costs next to nothing, and statistics tell
 * where a document is.
 */
export const orderBy = ({ rows, bytes }: Pick<FileShape, 'rows' | 'bytes'>, offset: string): string =>
  bytes <= rows * sortedRowBytesMax ? `ORDER BY destination_uri, response_id, ${offset}` : ''

const rowGroupRows = ({ rows, bytes }: FileShape): number => {
  const fitting = Math.floor((rowGroupBytesMax * rows) / Math.max(1, bytes))
  return Math.max(rowGroupRowsStep, Math.min(rowGroupRowsMax, fitting - (fitting % rowGroupRowsStep)))
}

const optionsOf = (shape: FileShape): string => {
  const rows = rowGroupRows(shape)
  const compression = shape.isFinal ? 'zstd' : 'snappy'
  const rowGroups = `ROW_GROUP_SIZE ${rows}, ROW_GROUP_SIZE_BYTES ${rowGroupBytesMax}`
  const dictionary = `DICTIONARY_SIZE_LIMIT ${Math.ceil(rows * dictionaryShareMax)}`
  return `FORMAT parquet, PARQUET_VERSION v2, COMPRESSION ${compression}, ${rowGroups}, ${dictionary}, USE_TMP_FILE false`
}

/** Writes what `select` gives into a new Parquet file, and gives the number of its rows. It is not durable yet. */
export const copyTo = async (
  connection: DuckDBConnection,
  select: string,
  path: string,
  shape: FileShape,
): Promise<number> => {
  const result = await connection.run(`COPY (${select}) TO ${literal(path)} (${optionsOf(shape)})`)
  return Number((await result.getRows())[0][0])
}
