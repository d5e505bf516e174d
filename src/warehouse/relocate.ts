import { type DuckDBConnection, DuckDBDataChunk, INTEGER } from '@duckdb/node-api'
import { vectorRows } from './columns.ts'
import { copyTo, orderBy } from './copy.ts'
import { type Part, sum } from './parts.ts'
import { privateColumns, type TableName, tables } from './schema.ts'
import { literal, readFiles } from './sql.ts'

/** How parts become other files: merged, rolled, filled. None of it changes what is there; the files that it writes are new. */

const waits = '(_waits_for >= 0 AND cluster IS NULL)'

const names = (columns: readonly { name: string }[]) => columns.map(({ name }) => name).join(', ')
const publicNames = (table: TableName) => names(tables[table])

const shapeOf = (parts: readonly Part[], isFinal = false) => ({
  rows: sum(parts, ({ rows }) => rows),
  bytes: sum(parts, ({ bytes }) => bytes),
  isFinal,
})

export const mergeFiles = (connection: DuckDBConnection, parts: readonly Part[], from: readonly string[], to: string) =>
  copyTo(connection, `SELECT * FROM ${readFiles(from)}`, to, shapeOf(parts))

/** One partition's rows that wait for nothing, as the public folder has them. Gives their number. */
export const rollFiles = (
  connection: DuckDBConnection,
  parts: readonly Part[],
  partition: string,
  from: readonly string[],
  to: string,
): Promise<number> => {
  const [{ table }] = parts
  const isChunks = table === 'chunks_clustered'
  const which = isChunks ? `_partition = ${literal(partition)} AND NOT ${waits}` : `partition = ${literal(partition)}`
  const shape = shapeOf(parts, true)
  const order = isChunks ? orderBy(shape, '_offset') : 'ORDER BY topic_offset'
  const select = `SELECT ${publicNames(table)} FROM ${readFiles(from)} WHERE ${which} ${order}`
  return copyTo(connection, select, to, shape)
}

/** Rows that stay in the tail. */
export const keepWaiting = (
  connection: DuckDBConnection,
  parts: readonly Part[],
  from: readonly string[],
  to: string,
) => copyTo(connection, `SELECT * FROM ${readFiles(from)} WHERE ${waits}`, to, shapeOf(parts))

const loadClusters = async (connection: DuckDBConnection, clusterOf: Int32Array): Promise<void> => {
  await connection.run('CREATE OR REPLACE TABLE fill (of_window INTEGER, of_cluster INTEGER)')
  const appender = await connection.createAppender('fill')
  for (let at = 0; at < clusterOf.length; at += vectorRows) {
    const clusters = [...clusterOf.subarray(at, at + vectorRows)]
    const chunk = DuckDBDataChunk.create([INTEGER, INTEGER], clusters.length)
    chunk.setColumns([clusters.map((_, i) => at + i), clusters])
    appender.appendDataChunk(chunk)
  }
  appender.closeSync()
}

/** Waiting rows get their window's cluster. Gives how many still wait. */
export const fillFile = async (
  connection: DuckDBConnection,
  part: Part,
  from: string,
  to: string,
  { model, clusterOf }: { readonly model: number; readonly clusterOf: Int32Array },
): Promise<number> => {
  await loadClusters(connection, clusterOf)
  const filled = `
    SELECT * REPLACE (coalesce(cluster, of_cluster) AS cluster,
      CASE WHEN of_cluster IS NULL THEN model ELSE ${Number(model)} END AS model,
      CASE WHEN of_cluster IS NULL THEN _waits_for ELSE -1 END AS _waits_for)
    FROM ${readFiles([from])} LEFT JOIN fill ON of_window = _waits_for AND of_cluster >= 0 AND ${waits}`
  await copyTo(
    connection,
    `SELECT ${publicNames(part.table)}, ${names(privateColumns)} FROM (${filled})`,
    to,
    shapeOf([part]),
  )
  await connection.run('DROP TABLE fill')
  const result = await connection.run(`SELECT count(*) FROM ${readFiles([to])} WHERE ${waits}`)
  return Number((await result.getRows())[0][0])
}
