import { StreamError } from '../std/error.ts'
import type { Sandbox } from './sandbox.ts'
import { errorAt, sqlError } from './sql-error.ts'

/** A statement that was written by people, or by their programs. */
const sqlBytesMax = 1024 * 1024

/** A part of a statement, as DuckDB's own parser tells it. */
interface Node {
  readonly type?: string
  readonly class?: string
  readonly query_location?: number
  readonly table_name?: string
  readonly schema_name?: string
  readonly catalog_name?: string
  readonly function_name?: string
  readonly function?: Node
  readonly column_names?: readonly string[]
  readonly using_columns?: readonly string[]
  readonly ref_type?: string
  readonly alias?: string
}

interface Parsed {
  readonly error: boolean
  readonly error_type?: string
  readonly error_message?: string
  readonly position?: string
  readonly statements?: readonly object[]
}

export interface Statement {
  /** What is to be run: places in it are those of the statement that was given. */
  readonly sql: string
  /** The same without a semicolon at its end, to be put into another; none for EXPLAIN. */
  readonly select: string | undefined
  readonly reads: Reads
}

/** What a statement needs to be there. */
export interface Reads {
  /** Names in lower case: of tables, views, and its own subqueries. */
  readonly tables: ReadonlySet<string>
  /** Whether it may read a column of this name, of whatever table. */
  readonly uses: (column: string) => boolean
}

const parse = async (sandbox: Sandbox, sql: string): Promise<Parsed> => {
  const options = 'skip_null := true, skip_empty := true, skip_default := true'
  const [[json]] = await sandbox.all(`SELECT json_serialize_sql($1::VARCHAR, ${options})`, [sql])
  return JSON.parse(json as string)
}

/** From where a query may read. Whatever else DuckDB knows, or will know, is refused. */
const sources = new Set('BASE_TABLE SUBQUERY JOIN TABLE_FUNCTION EMPTY EXPRESSION_LIST PIVOT SHOW_REF'.split(' '))
/** They make rows of their arguments, and look nowhere else. */
const tableFunctions = new Set(
  'generate_series range repeat repeat_row unnest json_each json_tree test_all_types pg_timezone_names icu_calendar_names'.split(
    ' ',
  ),
)
/** They tell of the machine and of settings, or leave something behind. */
const refusedFunctions = new Set('current_setting getvariable getenv write_log nextval currval'.split(' '))
const catalogTables = new Set(['tables', 'columns', 'schemata'])
/** What DuckDB tells of itself has such names. */
const systemName = /^(?:duckdb_|pg_|pragma_|sqlite_)/
/** DuckDB takes what is no table for a file's name, if it looks like one. */
const fileLike = /[./\\:*?]/

const refusedTable = ({ table_name = '', schema_name = '', catalog_name = '' }: Node): string | undefined => {
  const name = table_name.toLowerCase()
  const schema = schema_name.toLowerCase()
  const shown = [catalog_name, schema_name, table_name].filter(part => part !== '').join('.')
  if (schema === 'information_schema' && catalog_name === '' && catalogTables.has(name)) return undefined
  const isOurs = (catalog_name === '' || catalog_name === 'memory') && (schema === '' || schema === 'main')
  if (isOurs && !systemName.test(name) && !fileLike.test(name)) return undefined
  return `"${shown}" is no table of the warehouse, and nothing else can be read`
}

const refusedFunction = ({ function_name = '' }: Node, isTable: boolean): string | undefined => {
  const name = function_name.toLowerCase()
  const isRefused = isTable ? !tableFunctions.has(name) : refusedFunctions.has(name)
  return isRefused
    ? `the function "${function_name}" is not allowed: a query reads the warehouse's tables only`
    : undefined
}

const isSource = ({ class: kind, type }: Node, place = ''): boolean =>
  ['from_table', 'left', 'right', 'source'].includes(place) &&
  kind === undefined &&
  typeof type === 'string' &&
  !type.endsWith('_NODE')

/** Why a part of a statement is refused. */
const refusalOf = (node: Node, place: string | undefined): string | undefined => {
  if (node.type === 'BASE_TABLE') return refusedTable(node)
  if (node.type === 'TABLE_FUNCTION') return refusedFunction(node.function ?? {}, true)
  if (node.class === 'FUNCTION' && place !== 'function') return refusedFunction(node, false)
  if (isSource(node, place) && !sources.has(node.type ?? '')) return `reading from ${node.type} is not allowed`
  return undefined
}

/** Every part of a statement, with the name of the place where it stands. */
function* partsOf(root: object): Generator<readonly [Node, string | undefined]> {
  const left: [unknown, string | undefined][] = [[root, undefined]]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [part, place] = next
    if (typeof part !== 'object' || part === null) continue
    if (Array.isArray(part)) for (const one of part) left.push([one, place])
    else {
      yield [part, place]
      for (const [name, one] of Object.entries(part)) left.push([one, name])
    }
  }
}

/** Such a part may read columns that the statement does not name. */
const readsAll = ({ class: kind, type, ref_type }: Node): boolean =>
  kind === 'STAR' ||
  kind === 'POSITIONAL_REFERENCE' ||
  type === 'PIVOT' ||
  type === 'SHOW_REF' ||
  ref_type === 'NATURAL'

/** A table's name in the place of a column's is a row of it. */
const namesRow = ({ column_names = [] }: Node, tables: ReadonlySet<string>): boolean =>
  tables.has(column_names[column_names.length - 1]?.toLowerCase())

const readsOf = (nodes: readonly Node[]): Reads => {
  const sources = nodes.filter(({ type }) => type === 'BASE_TABLE')
  const tables = new Set(sources.map(({ table_name = '' }) => table_name.toLowerCase()))
  const aliases = new Set([...tables, ...nodes.map(({ alias = '' }) => alias.toLowerCase())])
  const named = nodes.flatMap(({ column_names = [], using_columns = [] }) => [...column_names, ...using_columns])
  const columns = new Set(named.map(name => name.toLowerCase()))
  const isAll = nodes.some(node => readsAll(node) || namesRow(node, aliases))
  return { tables, uses: column => isAll || columns.has(column) }
}

const inspect = (sql: string, root: object): Reads => {
  const nodes: Node[] = []
  for (const [node, place] of partsOf(root)) {
    const refusal = refusalOf(node, place)
    if (refusal !== undefined) throw errorAt('warehouse/refused', sql, node.query_location, refusal)
    nodes.push(node)
  }
  return readsOf(nodes)
}

const notAQuery = () => {
  const allowed = 'select, from, with, values, describe, summarize, show and explain'
  const pivot = 'a pivot needs its values: pivot … on … in (…)'
  return new StreamError('warehouse/refused', `only statements that read are allowed: ${allowed}; ${pivot}`)
}

const oneStatement = (count: number) =>
  new StreamError('warehouse/refused', `one statement at a time, not ${count}: ask for them one after the other`)

const noStatement = () => new StreamError('warehouse/sql', 'there is no statement; try: select * from documents')

const selectIn = (parsed: Parsed, sql: string): object => {
  const { error, error_type, statements = [] } = parsed
  if (error && error_type === 'not implemented' && /only select/i.test(parsed.error_message ?? '')) throw notAQuery()
  if (error) throw sqlError(sql, new Error(JSON.stringify(parsed)))
  if (statements.length === 0) throw noStatement()
  if (statements.length > 1) throw oneStatement(statements.length)
  return statements[0]
}

const explaining =
  /^(?:\s|--[^\n]*(?:\n|$)|\/\*(?:[^*]|\*(?!\/))*\*\/)*explain\s+(?<options>analyze\b\s*|\(\s*(?:analyze|format)\b[\w\s,]*\))?/i

/**
 * What EXPLAIN explains, and EXPLAIN itself written anew: what is run is what was looked at, however DuckDB would have
 * read what stood there before it.
 */
const explainOf = (sql: string): { explain: string; explained: string } | undefined => {
  const found = explaining.exec(sql)
  if (found === null) return undefined
  const bytes = Buffer.byteLength(found[0])
  const explain = `EXPLAIN ${found.groups!.options ?? ''}`
  return { explain: explain.padStart(bytes), explained: sql.slice(found[0].length) }
}

/** Without the semicolon at its end, and what may stand behind that. DuckDB itself says what makes no difference. */
const withoutEnd = async (sandbox: Sandbox, sql: string, parsed: Parsed): Promise<string> => {
  const wanted = JSON.stringify(parsed)
  let shorter = sql
  for (let at = sql.lastIndexOf(';'); at > 0; at = sql.lastIndexOf(';', at - 1)) {
    const without = sql.slice(0, at)
    if (JSON.stringify(await parse(sandbox, without)) !== wanted) break
    shorter = without
  }
  return shorter
}

const refuseUnreadable = (sql: string) => {
  if (Buffer.byteLength(sql) > sqlBytesMax)
    throw new StreamError(
      'warehouse/sql',
      `the statement is longer than ${sqlBytesMax} bytes; give values with --param`,
    )
  const at = sql.indexOf('\0')
  if (at === -1) return
  const position = Buffer.byteLength(sql.slice(0, at))
  throw errorAt('warehouse/sql', sql, position, 'a statement cannot hold the character NUL; write chr(0)')
}

/** Looks at a statement before DuckDB acts on it. Codes: `warehouse/sql`, `warehouse/refused`. */
export const inspectStatement = async (sandbox: Sandbox, sql: string): Promise<Statement> => {
  refuseUnreadable(sql)
  const found = explainOf(sql)
  const blank = found === undefined ? '' : ' '.repeat(Buffer.byteLength(found.explain))
  const query = found === undefined ? sql : blank + found.explained
  const parsed = await parse(sandbox, query)
  const reads = inspect(sql, selectIn(parsed, sql))
  if (found !== undefined) return { sql: found.explain + found.explained, select: undefined, reads }
  return { sql, select: await withoutEnd(sandbox, sql, parsed), reads }
}
