import { harmless } from '../std/terminal.ts'
import type { Column } from '../warehouse/warehouse.ts'
import { type Layout, layoutOf, sampleRowsMax } from './query-table.ts'
import { isNumber, json, textOf } from './query-values.ts'

export const formatNames = ['table', 'json', 'ndjson', 'csv', 'md', 'parquet'] as const
export type FormatName = (typeof formatNames)[number]
export type TextFormat = Exclude<FormatName, 'parquet'>

type Row = readonly unknown[]

/** Turns rows into text as they come. */
export interface Format {
  rows(rows: readonly Row[]): string
  /** What comes when there are no more. */
  end(): string
}

/** Where it goes: the width of a terminal, if it is one. */
export interface Target {
  readonly columns?: number
  readonly isTerminal: boolean
}

type Make = (columns: readonly Column[], target: Target) => Format

const table: Make = (columns, target) => {
  let sample: Row[] = []
  let layout: Layout | undefined
  const show = () => {
    layout ??= layoutOf(columns, sample, target.columns)
    const text = layout.head + sample.map(layout.line).join('')
    sample = []
    return text
  }
  const rows = (rows: readonly Row[]) => {
    if (layout !== undefined) return rows.map(layout.line).join('')
    sample.push(...rows)
    return sample.length < sampleRowsMax ? '' : show()
  }
  return { rows, end: () => (layout === undefined ? show() : '') }
}

/** Names that are there twice get a number, as a member of an object can be there only once. */
export const membersOf = (names: readonly string[]): string[] => {
  const taken = new Set<string>()
  return names.map(name => {
    let free = name
    for (let n = 1; taken.has(free); n++) free = `${name}_${n}`
    taken.add(free)
    return json(free)
  })
}

/** A row as an object in JSON. */
export const objectOf = (members: readonly string[], row: Row) =>
  `{${members.map((member, i) => `${member}:${json(row[i])}`).join(',')}}`

const ndjson: Make = columns => {
  const members = membersOf(columns.map(({ name }) => name))
  return { rows: rows => rows.map(row => `${objectOf(members, row)}\n`).join(''), end: () => '' }
}

const array: Make = columns => {
  const members = membersOf(columns.map(({ name }) => name))
  let before = '[\n'
  const line = (row: Row) => {
    const text = before + objectOf(members, row)
    before = ',\n'
    return text
  }
  return { rows: rows => rows.map(line).join(''), end: () => (before === '[\n' ? '[]\n' : '\n]\n') }
}

const needsQuotes = /["\r\n,]|^$/

/** RFC 4180. Null is an empty field, an empty text is `""`. */
const csv: Make = (columns, { isTerminal }) => {
  const field = (value: unknown) => {
    if (value === null) return ''
    const text = isTerminal ? harmless(textOf(value)) : textOf(value)
    return needsQuotes.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  const line = (row: Row) => `${row.map(field).join(',')}\r\n`
  let head = line(columns.map(({ name }) => name))
  const rows = (rows: readonly Row[]) => {
    const text = head + rows.map(line).join('')
    head = ''
    return text
  }
  return { rows, end: () => head }
}

/** What Markdown or HTML would take for markup. */
const markup = /[\\`*_[\]<>|&~#]/g

const md: Make = columns => {
  const cell = (value: unknown) =>
    value === null
      ? ''
      : textOf(value)
          .split(/\r\n|\n|\r/)
          .map(line => harmless(line).replace(markup, '\\$&'))
          .join('<br>')
  const line = (row: Row) => `| ${row.map(cell).join(' | ')} |\n`
  let head =
    line(columns.map(({ name }) => name)) + `|${columns.map(c => (isNumber(c) ? ' ---: |' : ' --- |')).join('')}\n`
  const rows = (rows: readonly Row[]) => {
    const text = head + rows.map(line).join('')
    head = ''
    return text
  }
  return { rows, end: () => head }
}

export const formats: Readonly<Record<TextFormat, Make>> = { table, json: array, ndjson, csv, md }
