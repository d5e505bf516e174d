import { errorAt } from './sql-error.ts'

/** A statement that was written by people, or by their programs. */
const statementBytesMax = 1024 * 1024

/** What a statement that reads begins with; what EXPLAIN explains, too. */
const reading = new Set(['select', 'with', 'from', 'show', 'describe', 'desc', 'explain', 'values', '('])
/** Words that no statement has that only reads, unless they are quoted. */
const writing = new Set(
  'insert overwrite directory create drop alter truncate delete update merge load import export grant revoke'.split(
    ' ',
  ),
)
/** They run Java or programs, read files of the server, or tell of its other users. */
const refusedFunctions = new Set('reflect reflect2 java_method in_file get_splits llap_get_splits transform'.split(' '))

interface Token {
  readonly kind: 'word' | 'quoted' | 'mark'
  readonly text: string
  readonly at: number
}

/** As Hive reads it: backslashes escape in texts, names stand in backticks, and a comment ends with its line. */
const tokens =
  /(?<space>\s+|--[^\n]*)|(?<comment>\/\*)|(?<quoted>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`]|``)*`)|(?<word>[\p{L}_$][\p{L}\p{N}_$]*)|(?<open>['"`])|(?<mark>.)/gsu

const refuse = (sql: string, at: number, what: string) =>
  errorAt('warehouse/refused', sql, Buffer.byteLength(sql.slice(0, at)), what)

const wrong = (sql: string, at: number, what: string) =>
  errorAt('warehouse/sql', sql, Buffer.byteLength(sql.slice(0, at)), what)

const tokenOf = (sql: string, { groups, index: at, 0: text }: RegExpExecArray): Token | undefined => {
  const { space, comment, quoted, word, open } = groups!
  if (space !== undefined) return undefined
  if (comment !== undefined) throw refuse(sql, at, 'a comment like this is not allowed: write it behind --')
  if (open !== undefined) throw wrong(sql, at, `what ${open} opens has no end`)
  if (quoted !== undefined) return { kind: 'quoted', text, at }
  return word === undefined ? { kind: 'mark', text, at } : { kind: 'word', text: text.toLowerCase(), at }
}

const tokensOf = (sql: string): Token[] =>
  [...sql.matchAll(tokens)].map(found => tokenOf(sql, found)).filter(token => token !== undefined)

/** Why a word cannot stand there. */
const refusalOf = ({ kind, text }: Token, next: Token | undefined): string | undefined => {
  if (text === ';') return 'one statement at a time'
  if (kind !== 'word') return undefined
  if (writing.has(text))
    return `"${text}" changes something, and only statements that read are allowed; quote a name: \`${text}\``
  if (refusedFunctions.has(text) && next?.text === '(')
    return `the function "${text}" is not allowed: a query reads tables only`
  return text === 'using' && next?.kind === 'quoted' && !next.text.startsWith('`')
    ? 'programs are not allowed'
    : undefined
}

const refuseLong = (sql: string) => {
  if (Buffer.byteLength(sql) > statementBytesMax)
    throw errorAt('warehouse/sql', '', undefined, `the statement is longer than ${statementBytesMax} bytes`)
}

/**
 * Looks at a statement before Hive does: it must be one, and one that reads. Gives it without a semicolon at its end,
 * which Hive takes for an error. What somebody may read is for the server to say; this keeps a slip of the pen from
 * changing anything. Codes: `warehouse/sql`, `warehouse/refused`.
 */
export const inspectHive = (sql: string): string => {
  refuseLong(sql)
  const found = tokensOf(sql)
  const last = found.at(-1)
  const isEnded = last?.text === ';' && last.kind === 'mark'
  const all = isEnded ? found.slice(0, -1) : found
  const [first] = all
  if (first === undefined) throw errorAt('warehouse/sql', '', undefined, 'there is no statement; try: show tables')
  if (!reading.has(first.text))
    throw refuse(sql, first.at, 'only statements that read are allowed: select, with, from, show, describe and explain')
  for (const [i, token] of all.entries()) {
    const refusal = refusalOf(token, all[i + 1])
    if (refusal !== undefined && !(first.text === 'show' && token.text === 'create'))
      throw refuse(sql, token.at, refusal)
  }
  return isEnded ? sql.slice(0, last.at) : sql
}
