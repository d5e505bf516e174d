import type { DuckDBAppender } from '@duckdb/node-api'
import { writeNewFile } from './new-file.ts'
import { literal } from './sql.ts'
import type { Column, QueryResult } from './warehouse.ts'

/** Columns whose values are text here, and cast on their way to the file. */
const castTypes: readonly RegExp[] = [/^(?:TIMESTAMP|DATE|DECIMAL\(.*\))$/]
const plainTypes = new Set(['BOOLEAN', 'TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'FLOAT', 'DOUBLE', 'BLOB'])

/** What nests, and what DuckDB has no name for, is JSON, or text. */
const fileType = ({ type }: Column): string =>
  plainTypes.has(type) || castTypes.some(one => one.test(type)) ? type : 'VARCHAR'

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`

const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

const append = (appender: DuckDBAppender, type: string, value: unknown) => {
  if (value === null) return appender.appendNull()
  switch (type) {
    case 'BOOLEAN':
      return appender.appendBoolean(value as boolean)
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
      return appender.appendInteger(Number(value))
    case 'BIGINT':
      return appender.appendBigInt(BigInt(value as number | bigint))
    case 'FLOAT':
    case 'DOUBLE':
      return appender.appendDouble(Number(value))
    case 'BLOB':
      return appender.appendBlob(value as Uint8Array)
    default:
      return appender.appendVarchar(textOf(value))
  }
}

/** As they are appended. */
const stagedType = (type: string): string => {
  if (!plainTypes.has(type)) return 'VARCHAR'
  if (type === 'FLOAT') return 'DOUBLE'
  return type === 'TINYINT' || type === 'SMALLINT' ? 'INTEGER' : type
}

/** Names that are there twice get a number. */
const namesOf = (columns: readonly Column[]): string[] => {
  const taken = new Set<string>()
  return columns.map(({ name }) => {
    let free = name
    for (let n = 1; taken.has(free.toLowerCase()); n++) free = `${name}_${n}`
    taken.add(free.toLowerCase())
    return free
  })
}

/** All rows of a result into a Parquet file that is not there yet. */
export const writeHiveParquet = async ({ columns, rows }: QueryResult, path: string): Promise<number> =>
  writeNewFile(path, async partial => {
    const { DuckDBInstance } = await import('@duckdb/node-api')
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    try {
      const names = namesOf(columns)
      const types = columns.map(fileType)
      const declared = names.map((name, at) => `${quoted(name)} ${stagedType(types[at])}`)
      await connection.run(`CREATE TABLE result (${declared.join(', ')})`)
      const appender = await connection.createAppender('result')
      let count = 0
      for await (const some of rows) {
        for (const row of some) {
          for (const [at, value] of row.entries()) append(appender, stagedType(types[at]), value)
          appender.endRow()
          count++
        }
        appender.flushSync()
      }
      appender.closeSync()
      const casts = names.map((name, at) => `CAST(${quoted(name)} AS ${types[at]}) AS ${quoted(name)}`)
      await connection.run(
        `COPY (SELECT ${casts.join(', ')} FROM result) TO ${literal(partial)} (FORMAT parquet, COMPRESSION zstd)`,
      )
      return count
    } finally {
      connection.closeSync()
      instance.closeSync()
    }
  })
