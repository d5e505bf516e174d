import { reasonOf, StreamError } from '../std/error.ts'
import { parseJson } from '../std/json.ts'
import { harmless } from '../std/terminal.ts'

/** Columns of a statement's line that a message shows around the place of a fault. */
const shownColumnsMax = 72
const shownBeforeMax = 48
/** Messages may list all that would have been possible, or hold a whole value. */
const reasonCharactersMax = 600

interface Told {
  readonly exception_type?: string
  readonly error_type?: string
  readonly exception_message?: string
  readonly error_message?: string
  /** In bytes, from 0. */
  readonly position?: string
}

export const interrupted = (cause?: unknown): StreamError =>
  new StreamError('warehouse/interrupted', 'the query was interrupted', { cause })

/** Where a byte of a statement is, for people: lines and columns are counted from 1. */
export interface Spot {
  readonly line: number
  readonly column: number
  /** The line, or a part of it, and below it a mark. */
  readonly shown: string
}

const cells = (text: string) => harmless(text).length

/** As much of a line as fits, with the place in it. */
const excerptOf = (before: string, after: string): string => {
  const from = before.length > shownBeforeMax ? `…${before.slice(-shownBeforeMax)}` : before
  const rest = shownColumnsMax - from.length
  const to = after.length > rest ? `${after.slice(0, rest)}…` : after
  return `  ${harmless(from.toWellFormed())}${harmless(to.toWellFormed())}\n  ${' '.repeat(cells(from))}^`
}

export const spotOf = (sql: string, position: number): Spot => {
  const before = Buffer.from(sql).subarray(0, position).toString()
  const lineStart = before.lastIndexOf('\n') + 1
  const lineEnd = sql.indexOf('\n', before.length)
  const after = sql.slice(before.length, lineEnd === -1 ? undefined : lineEnd)
  const column = before.slice(lineStart)
  return {
    line: before.split('\n').length,
    column: [...column].length + 1,
    shown: excerptOf(column.replaceAll('\t', ' '), after.trimEnd().replaceAll('\t', ' ')),
  }
}

/** DuckDB gives this where it knows no place. */
const isPlace = (position: number, sql: string) => position >= 0 && position <= Buffer.byteLength(sql)

/** An error at a place of a statement. */
export const errorAt = (
  code: 'warehouse/sql' | 'warehouse/refused',
  sql: string,
  position: number | undefined,
  what: string,
  cause?: unknown,
): StreamError => {
  if (position === undefined || !isPlace(position, sql)) return new StreamError(code, what, { cause })
  const { line, column, shown } = spotOf(sql, position)
  return new StreamError(code, `line ${line}, column ${column}: ${what}\n\n${shown}\n`, { cause })
}

const toldBy = (thrown: unknown): Told => {
  const text = reasonOf(thrown)
  const told = parseJson(text.slice(Math.max(0, text.indexOf('{')))) as Told | undefined
  return told?.exception_type === undefined && told?.error_type === undefined ? { exception_message: text } : told
}

const lowerFirst = (text: string) => (/^[A-Z][a-z]/.test(text) ? text[0].toLowerCase() + text.slice(1) : text)

/** DuckDB's words as ours: one line, its hints behind. */
const wordsOf = ({ exception_message, error_message }: Told): string => {
  const lines = (exception_message ?? error_message ?? '').split('\n').map(line => line.trim())
  const [what, ...hints] = lines.filter(line => line !== '').map(lowerFirst)
  const text = [what?.replace(/[!.]$/, ''), ...hints].join('; ')
  return harmless(text.length > reasonCharactersMax ? `${text.slice(0, reasonCharactersMax)}…` : text)
}

const tooLarge = (words: string, cause: unknown) => {
  const advice = 'select less at once, or aggregate before you sort'
  return new StreamError(
    'warehouse/too-large',
    `the query needs more memory or disk than it may have: ${words}; ${advice}`,
    {
      cause,
    },
  )
}

const unreadable = (words: string, cause: unknown) =>
  new StreamError('warehouse/unreadable', `read the warehouse's files: ${words}; is one of them damaged?`, { cause })

/** DuckDB tells of a damaged file in the same way as of a wrong argument. */
const damaged = /magic bytes|parquet file|thrift|snappy|zstd|corrupt/i

/** What DuckDB threw while it worked on a statement, for people. */
export const sqlError = (sql: string, thrown: unknown): StreamError => {
  if (thrown instanceof StreamError) return thrown
  const told = toldBy(thrown)
  const words = wordsOf(told)
  const position = told.position === undefined ? undefined : Number(told.position)
  const kind = (told.exception_type ?? told.error_type ?? '').toLowerCase()
  if (kind === 'interrupt') return interrupted(thrown)
  if (kind === 'out of memory') return tooLarge(words, thrown)
  if (kind === 'io' || (kind === 'invalid input' && damaged.test(words))) return unreadable(words, thrown)
  const code = kind === 'permission' ? 'warehouse/refused' : 'warehouse/sql'
  return errorAt(code, sql, position, words, thrown)
}

/** Whether a file was not there, or no longer: a snapshot that is too old. */
export const isMissingFile = (thrown: unknown): boolean => {
  const { exception_type, exception_message } = toldBy(thrown)
  return exception_type === 'IO' && /no files found|no such file|cannot open file/i.test(exception_message ?? '')
}
