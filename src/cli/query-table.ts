import type { Column } from '../warehouse/warehouse.ts'
import { fit, pad, shown, widthOf } from './cell.ts'
import { isNumber, textOf } from './query-values.ts'

/** Rows that are looked at to find how wide columns are; later ones are fitted to these. */
export const sampleRowsMax = 1000
const cellColumnsMax = 60
const cellColumnsMin = 8
const gap = '  '

type Row = readonly unknown[]

const digits = (value: number) => Math.max(6, Math.ceil(Math.log10(Math.abs(value) + 1)) + 3)

/** People see six digits, and three behind the point of a large number. */
const numberText = (value: unknown): string =>
  typeof value === 'number' && Number.isFinite(value) && !Number.isInteger(value)
    ? String(Number(value.toPrecision(Math.min(17, digits(value)))))
    : textOf(value)

const cellOf = (value: unknown): string => {
  if (value === null) return 'null'
  return typeof value === 'number' ? numberText(value) : shown(textOf(value))
}

/** Takes from the widest until all fit; undefined if they cannot. */
const shrink = (widths: readonly number[], total: number): readonly number[] | undefined => {
  const fitted = [...widths]
  const room = total - gap.length * (widths.length - 1)
  for (let over = fitted.reduce((a, b) => a + b, 0) - room; over > 0; over--) {
    const widest = fitted.indexOf(Math.max(...fitted))
    if (fitted[widest] <= cellColumnsMin) return undefined
    fitted[widest]--
  }
  return fitted
}

/** How rows are laid out: fitted to those that were seen first, and to the terminal, if there is one. */
export interface Layout {
  readonly head: string
  line(row: Row): string
}

/** A number is never cut: half of it would be another one. */
const inLines = (columns: readonly Column[], widths: readonly number[]): Layout => {
  const isRight = columns.map(isNumber)
  const lineOf = (cells: readonly string[], isHead: boolean) =>
    cells
      .map((cell, i) => pad(isRight[i] && !isHead ? cell : fit(cell, widths[i]), widths[i], isRight[i]))
      .join(gap)
      .trimEnd()
  const names = columns.map(({ name }) => shown(name))
  const rule = widths.map(width => '─'.repeat(width)).join(gap)
  return { head: `${lineOf(names, true)}\n${rule}\n`, line: row => `${lineOf(row.map(cellOf), false)}\n` }
}

/** One column a line, where a row is too wide for the terminal. */
const inBlocks = (columns: readonly Column[], total: number): Layout => {
  const names = columns.map(({ name }) => fit(shown(name), cellColumnsMax))
  const width = Math.max(...names.map(widthOf))
  const room = Math.max(cellColumnsMin, total - width - gap.length)
  const line = (row: Row) =>
    row.map((value, i) => `${pad(names[i], width, false)}${gap}${fit(cellOf(value), room)}\n`).join('')
  return { head: '', line: row => `${line(row)}\n` }
}

export const layoutOf = (columns: readonly Column[], sample: readonly Row[], total?: number): Layout => {
  const widths = columns.map(({ name }) => Math.min(cellColumnsMax, Math.max(1, widthOf(shown(name)))))
  for (const row of sample)
    for (const [i, value] of row.entries())
      if (widths[i] < cellColumnsMax) widths[i] = Math.min(cellColumnsMax, Math.max(widths[i], widthOf(cellOf(value))))
  if (total === undefined) return inLines(columns, widths)
  const fitted = shrink(widths, total)
  return fitted === undefined ? inBlocks(columns, total) : inLines(columns, fitted)
}
