import type { Column, QueryOptions, Warehouse } from '../warehouse/warehouse.ts'
import { fit } from './cell.ts'
import { json } from './query-values.ts'
import { amount } from './words.ts'

interface Listed {
  readonly name: string
  /** A view's rows are not counted: that would be to compute them. */
  readonly rows: number | null
  readonly columns: readonly Column[]
}

const stored = ['chunks_clustered', 'openings', 'endings', 'rejected', 'clusters']

const listing = `
  SELECT table_name, list({'name': column_name, 'type': data_type} ORDER BY ordinal_position)
  FROM information_schema.columns WHERE table_schema = 'main' GROUP BY table_name`

const rowsOf = async (warehouse: Warehouse, sql: string, options: QueryOptions): Promise<unknown[][]> => {
  await using result = await warehouse.query(sql, options)
  const all: unknown[][] = []
  for await (const rows of result.rows) for (const row of rows) all.push([...row])
  return all
}

/** What can be asked in a warehouse: tables first, in the order in which they are filled, then views. */
export const overviewOf = async (warehouse: Warehouse, options: QueryOptions): Promise<Listed[]> => {
  const counting = stored.map(name => `SELECT '${name}', count(*) FROM ${name}`).join(' UNION ALL ')
  const counts = new Map((await rowsOf(warehouse, counting, options)) as [string, number][])
  const columns = new Map((await rowsOf(warehouse, listing, options)) as [string, Column[]][])
  const views = [...columns.keys()].filter(name => !stored.includes(name)).sort()
  return [...stored, ...views].map(name => ({ name, rows: counts.get(name) ?? null, columns: columns.get(name)! }))
}

/** Names of columns, as many to a line as fit. */
const wrapped = (names: readonly string[], width: number): string[] => {
  const lines: string[] = []
  for (const name of names) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + name.length + 2 <= width) lines[lines.length - 1] = `${last}, ${name}`
    else lines.push(name)
  }
  return lines.map((line, i) => (i < lines.length - 1 ? `${line},` : line))
}

const blockOf = ({ name, rows, columns }: Listed, width: number): string => {
  const size = rows === null ? 'view' : amount(rows, 'row')
  const names = wrapped(
    columns.map(column => column.name),
    width - 3,
  )
  return [`${name}  (${size})`, ...names.map(line => `  ${fit(line, width)}`)].join('\n')
}

const hints = `
try: textstream query "select * from documents"
     textstream query "describe responses"`

export const overviewText = (tables: readonly Listed[], isJson: boolean, width: number): string =>
  isJson ? `${json(tables)}\n` : `${tables.map(table => blockOf(table, width)).join('\n')}\n${hints}\n`
