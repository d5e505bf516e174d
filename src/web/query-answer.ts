import type { QueryResult } from '../warehouse/warehouse.ts'
import type { QueryAnswer, QueryRequest } from './api.ts'
import type { Queried } from './gate.ts'

/** Of one answer. */
const rowsMax = 10_000
const answerCharactersMax = 16 * 1024 * 1024

/** What JSON cannot say is text: whole numbers beyond 2^53, what is no number, and bytes, in base64. */
const asJson = (value: unknown): unknown => {
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map(asJson)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, asJson(one)]))
}

/** About as long as it will be as JSON. */
const lengthOf = (value: unknown): number => {
  if (typeof value === 'string') return value.length + 2
  if (value instanceof Uint8Array) return value.length * 1.4
  if (value === null || typeof value !== 'object') return 8
  return Object.values(value).reduce<number>((sum, one) => sum + lengthOf(one) + 8, 2)
}

const read = async (result: QueryResult) => {
  const rows: unknown[][] = []
  let characters = 0
  for await (const some of result.rows) {
    for (const row of some) {
      characters += row.reduce<number>((sum, value) => sum + lengthOf(value), 0)
      if (rows.length === rowsMax || characters > answerCharactersMax) return { rows, truncated: true }
      rows.push(row.map(asJson))
    }
  }
  return { rows, truncated: false }
}

/** A statement's answer, as JSON can say it, within limits on rows and characters. */
export const answerOf = async (tables: Queried, { sql, params = {} }: QueryRequest): Promise<QueryAnswer> => {
  const began = performance.now()
  await using result = await tables.query(sql, { params })
  const columns = result.columns.map(({ name, type }) => ({ name, type }))
  return { columns, ...(await read(result)), milliseconds: Math.round(performance.now() - began) }
}
