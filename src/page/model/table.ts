/** A query's answer as others read it, and as a chart. */
import type { QueryAnswer } from '../../web/api.ts'

export const cellText = (value: unknown): string => {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

const numberOf = (value: unknown): number | null => {
  if (typeof value === 'number') return value
  if (typeof value !== 'string' || value.trim() === '') return null
  const number = Number(value)
  return Number.isFinite(number) ? number : null
}

/** RFC 4180. A spreadsheet takes a text that begins like a formula for one: an apostrophe keeps it a text. */
const csvCell = (value: unknown): string => {
  const text = cellText(value)
  const isFormula = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) && numberOf(text) === null
  const safe = isFormula ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

export const toCsv = ({ columns, rows }: QueryAnswer): string =>
  [columns.map(({ name }) => name), ...rows].map(row => `${row.map(csvCell).join(',')}\r\n`).join('')

/** One object a row; of two columns of one name the later gets a number. */
export const toJson = ({ columns, rows }: QueryAnswer): string => {
  const names: string[] = []
  for (const { name } of columns) names.push(names.includes(name) ? `${name}_${names.length + 1}` : name)
  const objects = rows.map(row => Object.fromEntries(row.map((value, i) => [names[i], value])))
  return `${JSON.stringify(objects, undefined, 2)}\n`
}

const isTime = (type: string) => /^(TIMESTAMP|DATE)/i.test(type)
const isNumber = (type: string) => /INT|DOUBLE|FLOAT|REAL|DECIMAL|NUMERIC/i.test(type)

/** Without a zone it is UTC. */
const secondsOf = (value: unknown): number | null => {
  const text = String(value).trim().replace(' ', 'T')
  const hasZone = /(Z|[+-]\d\d(:?\d\d)?)$/i.test(text) || !text.includes('T')
  const milliseconds = Date.parse(hasZone ? text : `${text}Z`)
  return Number.isNaN(milliseconds) ? null : milliseconds / 1000
}

export interface ChartOf {
  readonly kind: 'time' | 'number' | 'names'
  readonly x: number[]
  /** Where `kind` is `names`: what stands below each bar. */
  readonly names: string[]
  readonly series: { readonly label: string; readonly values: (number | null)[] }[]
}

const seriesMax = 6
const pointsMax = 5000
const barsMax = 60

/** The first column that can be one is the axis, numbers are drawn; undefined where there is nothing to draw. */
export const chartOf = ({ columns, rows }: QueryAnswer): ChartOf | undefined => {
  const drawn = columns.flatMap(({ name, type }, i) => (isNumber(type) ? [{ name, i }] : []))
  const axis = columns.findIndex(({ type }) => isTime(type))
  const named = columns.findIndex(({ type }) => !isTime(type) && !isNumber(type))
  const kind = axis !== -1 ? 'time' : named !== -1 ? 'names' : 'number'
  const at = axis !== -1 ? axis : named !== -1 ? named : 0
  const series = drawn.filter(({ i }) => i !== at).slice(0, seriesMax)
  if (series.length === 0 || rows.length < 2) return undefined
  const taken = rows.slice(0, kind === 'names' ? barsMax : pointsMax).map((row, i) => ({ row, x: i }))
  const placed = taken.flatMap(({ row, x }) => {
    const place = kind === 'names' ? x : kind === 'time' ? secondsOf(row[at]) : numberOf(row[at])
    return place === null ? [] : [{ row, x: place }]
  })
  if (kind !== 'names') placed.sort((a, b) => a.x - b.x)
  return {
    kind,
    x: placed.map(({ x }) => x),
    names: placed.map(({ row }) => cellText(row[at])),
    series: series.map(({ name, i }) => ({ label: name, values: placed.map(({ row }) => numberOf(row[i])) })),
  }
}
