import type { DuckDBPreparedStatement, DuckDBType } from '@duckdb/node-api'
import { StreamError } from '../std/error.ts'
import { harmless } from '../std/terminal.ts'
import type { Sandbox } from './sandbox.ts'
import { sqlError } from './sql-error.ts'

type Params = Readonly<Record<string, string>>

const namesIn = (prepared: DuckDBPreparedStatement): string[] =>
  Array.from({ length: prepared.parameterCount }, (_, i) => prepared.parameterName(i + 1))

const list = (names: readonly string[]) => names.map(name => `"${harmless(name)}"`).join(', ')

const refuseMismatch = (names: readonly string[], params: Params) => {
  const missing = names.filter(name => !Object.hasOwn(params, name))
  if (missing.length > 0) {
    const message = `no value for ${list(missing)}: give it with --param ${harmless(missing[0])}=VALUE`
    throw new StreamError('warehouse/usage', message)
  }
  const unused = Object.keys(params).filter(name => !names.includes(name))
  if (unused.length > 0) {
    const there = names.length === 0 ? 'it has no $name' : `it has ${list(names)}`
    throw new StreamError('warehouse/usage', `the statement does not use ${list(unused)}: ${there}`)
  }
}

/** What DuckDB expects at a place, if it can tell before it knows the value. */
const typeOf = (prepared: DuckDBPreparedStatement, index: number): DuckDBType | undefined =>
  prepared.parameterTypeId(index) === 0 ? undefined : prepared.parameterType(index)

/** Gives whether DuckDB knew what it has to be; otherwise it was bound as text. */
const bindOne = async (
  sandbox: Sandbox,
  prepared: DuckDBPreparedStatement,
  index: number,
  text: string,
): Promise<boolean> => {
  const type = typeOf(prepared, index)
  if (type === undefined || String(type) === 'VARCHAR') {
    prepared.bindVarchar(index, text)
    return type !== undefined
  }
  const [[value]] = await sandbox.all(`SELECT CAST($1::VARCHAR AS ${type})`, [text])
  prepared.bindValue(index, value, type)
  return true
}

/**
 * Gives each `$name` its value: what the statement needs there, read from the text. Gives whether that was known of all
 * of them; if not, neither are the result's columns before it runs.
 */
export const bind = async (sandbox: Sandbox, prepared: DuckDBPreparedStatement, params: Params): Promise<boolean> => {
  const names = namesIn(prepared)
  refuseMismatch(names, params)
  let isTyped = true
  for (const [i, name] of names.entries()) {
    try {
      isTyped = (await bindOne(sandbox, prepared, i + 1, params[name])) && isTyped
    } catch (error) {
      const { code, message } = sqlError('', error)
      throw new StreamError(code as 'warehouse/sql', `parameter "${harmless(name)}": ${message}`, { cause: error })
    }
  }
  return isTyped
}
