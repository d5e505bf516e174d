import type { Column, QueryOptions, Warehouse } from './warehouse.ts'

export interface Answered {
  readonly columns: readonly Column[]
  readonly rows: (readonly unknown[])[]
}

/** All that a statement gives, at once: for those that give little. */
export const readAll = async (
  warehouse: Pick<Warehouse, 'query'>,
  sql: string,
  options?: QueryOptions,
): Promise<Answered> => {
  await using result = await warehouse.query(sql, options)
  const rows: (readonly unknown[])[] = []
  for await (const some of result.rows) rows.push(...some)
  return { columns: result.columns, rows }
}
