import { reasonOf, StreamError } from '../std/error.ts'
import { harmless } from '../std/terminal.ts'
import { errorAt, interrupted } from './sql-error.ts'

/** Messages may list all columns that there are, or hold a whole plan. */
const reasonCharactersMax = 600

/** What the server says around its reason. */
const around =
  /^Error while (?:compiling|processing) statement: (?:FAILED: )?(?:\w+Exception:? )?(?:\[Error \d+\]: )?|\s*Server-side error; please check HS2 logs\.\s*$/g
const place = /^line (?<line>\d+):(?<column>\d+)\s*/i

/** In bytes, where Hive counts lines from 1 and the characters of a line from 0. */
const positionOf = (sql: string, line: number, column: number): number => {
  const before = sql.split('\n').slice(0, line - 1)
  const rest = sql.split('\n')[line - 1] ?? ''
  return Buffer.byteLength(before.map(text => `${text}\n`).join('') + rest.slice(0, column))
}

const lowerFirst = (text: string) => (/^[A-Z][a-z]/.test(text) ? text[0].toLowerCase() + text.slice(1) : text)

const shortened = (text: string) =>
  harmless(text.length > reasonCharactersMax ? `${text.slice(0, reasonCharactersMax)}…` : text)

/** A task that failed says why only in the log of the server. */
const inLog = (words: string) =>
  /return code \d+/.test(words) ? `${words}; why stands in the log of HiveServer2 (textstream stack logs hive)` : words

/** What became of a statement on the server, in Hive's own words, with the place that it names. */
export const hiveError = (sql: string, thrown: unknown, isAborted: boolean): StreamError => {
  if (isAborted) return interrupted(thrown)
  if (thrown instanceof StreamError) return thrown
  const said = reasonOf((thrown as { message?: unknown } | null)?.message ?? thrown).replace(around, '')
  const found = place.exec(said)
  const words = shortened(lowerFirst(said.slice(found?.[0].length ?? 0).replaceAll(/\s+/g, ' ')).trim())
  const { line, column } = found?.groups ?? {}
  const position = line === undefined ? undefined : positionOf(sql, Number(line), Number(column))
  return errorAt(
    'warehouse/sql',
    sql,
    position,
    words === '' ? 'Hive failed, and does not say why' : inLog(words),
    thrown,
  )
}
