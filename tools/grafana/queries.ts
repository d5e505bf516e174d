import type { Panel, Query } from './dashboard.ts'

/** Only the instances that are chosen. */
export const chosen = 'instance=~"$instance"'

export const rate = (metric: string, by = '', more = ''): string => {
  const grouped = by === '' ? 'sum' : `sum by (${by})`
  return `${grouped} (rate(${metric}{${chosen}${more}}[$__rate_interval]))`
}

export const now = (metric: string, by = '', more = ''): string =>
  `sum${by === '' ? '' : ` by (${by})`} (${metric}{${chosen}${more}})`

const quantile = (share: number, metric: string, by: string, more: string) =>
  `histogram_quantile(${share}, ${rate(`${metric}_bucket`, by === '' ? 'le' : `le, ${by}`, more)})`

/** Half of all are faster than the first line, 99 of 100 faster than the second. */
export const durations = (metric: string, by = '', more = ''): Query[] => {
  const label = by === '' ? '' : ` {{${by}}}`
  return [
    { expr: quantile(0.5, metric, by, more), legend: `median${label}` },
    { expr: quantile(0.99, metric, by, more), legend: `p99${label}` },
  ]
}

type Rest = Pick<Panel, 'warnAt' | 'max'>

const panelOf =
  (kind: Panel['kind']) =>
  (title: string, says: string, unit: Panel['unit'], queries: readonly Query[], rest: Rest = {}): Panel => ({
    kind,
    title,
    says,
    unit,
    queries,
    ...rest,
  })

export const lines = panelOf('lines')

const oneNumber = panelOf('number')
export const number = (title: string, says: string, unit: Panel['unit'], expr: string, rest: Rest = {}): Panel =>
  oneNumber(title, says, unit, [{ expr, legend: title }], rest)
