import { errnoOf, reasonOf, StreamError } from '../std/error.ts'

/** DuckDB and SQLite tell the system's faults in words only. */
const advice: readonly (readonly [RegExp, string])[] = [
  [/ENOSPC|no space left|disk is full|EDQUOT|quota/i, 'free some space, then start again'],
  [/EMFILE|ENFILE|too many open files/i, 'allow more open files (ulimit -n), then start again'],
  [/EIO|input\/output error|disk i\/o error/i, 'check the disk (dmesg says more), then start again'],
  [/EACCES|EPERM|EROFS|permission denied|read-?only/i, 'make it writable, then start again'],
  [/out of memory/i, 'commit less at once, or give it more memory, then start again'],
]

/** Some messages go on for pages. */
const reasonCharactersMax = 500

const why = (cause: unknown) => reasonOf(cause).slice(0, reasonCharactersMax)
const whatToDo = (cause: unknown) =>
  advice.find(([fault]) => fault.test(`${errnoOf(cause)} ${reasonOf(cause)}`))?.[1] ?? 'see to that, then start again'

export const commitError = (dir: string, cause: unknown): StreamError => {
  const message = `commit to warehouse "${dir}": ${why(cause)}; nothing of it is there, all before is; ${whatToDo(cause)}`
  return new StreamError('warehouse/commit', message, { cause })
}

export const rollError = (dir: string, cause: unknown): StreamError => {
  const message = `roll warehouse "${dir}": ${why(cause)}; all rows are where they were; ${whatToDo(cause)}`
  return new StreamError('warehouse/roll', message, { cause })
}

export const closedError = (dir: string): StreamError =>
  new StreamError(
    'warehouse/commit',
    `commit to warehouse "${dir}": its writer was closed; ask the warehouse for a new one`,
  )

export const unwritable = (dir: string, cause: unknown): StreamError => {
  const code = cause instanceof StreamError ? cause.code : undefined
  if (code === 'lock/held')
    return new StreamError('warehouse/locked', `warehouse "${dir}" has a writer: ${why(cause)}`, { cause })
  if (code?.startsWith('warehouse/')) return cause as StreamError
  const what = ['EEXIST', 'ENOTDIR'].includes(errnoOf(cause) ?? '') ? 'it is, or lies below, a file' : why(cause)
  const message = `warehouse "${dir}" cannot be written to: ${what}; give a folder on a disk that you may write to`
  return new StreamError('warehouse/unwritable', message, { cause })
}

export const foreign = (dir: string, what: string): StreamError =>
  new StreamError(
    'warehouse/foreign',
    `"${dir}" is no warehouse of ours: ${what}; nothing was touched; give another folder`,
  )

/** SQLite's codes for a file that is not, or not any more, a database. */
const damagedCodes = new Set([11, 26])

/** Says so if SQLite failed because the state is damaged; gives other faults back as they are. */
export const orDamaged = (path: string, cause: unknown): unknown => {
  if (!damagedCodes.has((cause as { errcode?: number }).errcode ?? 0)) return cause
  const message = `warehouse state "${path}" is damaged: ${why(cause)}; restore it, or give another folder and consume anew`
  return new StreamError('warehouse/damaged', message, { cause })
}

export const lost = (path: string): StreamError => {
  const message = `warehouse file "${path}" was committed, and is gone; restore it, or give another folder`
  return new StreamError('warehouse/damaged', message)
}
