import uPlot from 'uplot'
import { dayOf, timeOfDay } from '../model/numbers.ts'
import { colourOf } from './colour.ts'

export interface ChartSeries {
  readonly label: string
  readonly values: readonly (number | null)[]
  /** A colour of the style sheet, without its dashes. */
  readonly colour: string
}

export interface ChartLook {
  readonly kind: 'line' | 'area' | 'stack' | 'bars'
  /** x in seconds since 1970. */
  readonly isTime?: boolean
  /** What stands below each bar. */
  readonly names?: readonly string[]
  readonly format?: (value: number) => string
  /** How much of the time is shown, up to the latest point; all of it otherwise. */
  readonly lastSeconds?: number
  /** Neither axes nor legend. */
  readonly isBare?: boolean
}

const fillAlpha = 0.16
const stackAlpha = 0.78
const nameCharactersMax = 14
const secondsPerDay = 86_400

const withAlpha = (colour: string, alpha: number): string =>
  colour.replace(/^rgb\((.*)\)$/, (_, channels) => `rgba(${channels}, ${alpha})`)

const shortened = (name: string) =>
  name.length <= nameCharactersMax ? name : `${name.slice(0, nameCharactersMax - 1)}…`

const seriesOf = (series: readonly ChartSeries[], { kind, format = String }: ChartLook): uPlot.Series[] =>
  series.map(({ label, colour, values }, i) => {
    const stroke = colourOf(colour)
    return {
      label,
      stroke,
      width: kind === 'bars' ? 0 : 1.5,
      points: { show: false },
      spanGaps: kind === 'line',
      value: (_plot: uPlot, _shown: number, _series: number, at: number | null) => {
        const latest = kind === 'bars' ? undefined : values.at(-1)
        const value = at === null ? latest : values[at]
        return value === null || value === undefined ? '–' : format(value)
      },
      ...(kind === 'area' && { fill: withAlpha(stroke, fillAlpha) }),
      ...(kind === 'bars' && { fill: stroke, paths: uPlot.paths.bars!({ size: [0.8, 48], radius: 0.15 }) }),
      ...(kind === 'stack' && i === 0 && { fill: withAlpha(stroke, stackAlpha) }),
    }
  })

const bandsOf = (series: readonly ChartSeries[]): uPlot.Band[] =>
  series.slice(1).map(({ colour }, i) => ({ series: [i + 2, i + 1], fill: withAlpha(colourOf(colour), stackAlpha) }))

/** A day of 24 hours, in the reader's time zone. */
const clockTime = (secondsSince1970: number) => timeOfDay(secondsSince1970 * 1e6)

/** Days where a tick is a day or more behind the one before, else times. */
const tickOf = ([first = 0, second = 0]: readonly number[]) => {
  const isOfDays = second - first >= secondsPerDay
  return (secondsSince1970: number) => (isOfDays ? dayOf : timeOfDay)(secondsSince1970 * 1e6)
}

const axesOf = ({ names, format = String, isTime }: ChartLook): uPlot.Axis[] => {
  const font = `11px ${getComputedStyle(document.body).fontFamily}`
  const shared = { stroke: colourOf('ink-2'), font, ticks: { show: false } }
  const below = names && {
    splits: (_plot: uPlot, _axis: number, from: number, to: number) =>
      names.flatMap((_, i) => (i >= from && i <= to ? [i] : [])),
    values: (_plot: uPlot, splits: number[]) => splits.map(i => shortened(names[i] ?? '')),
    rotate: names.length > 6 ? -50 : 0,
    size: names.length > 6 ? 80 : 30,
  }
  const times = isTime && { values: (_plot: uPlot, splits: number[]) => splits.map(tickOf(splits)) }
  const grid = { stroke: colourOf('line'), width: 1 }
  return [
    { ...shared, size: 30, space: isTime ? 80 : 50, grid: { show: false }, ...times, ...below },
    { ...shared, grid, size: 56, space: 32, values: (_plot, splits) => splits.map(n => (n === null ? '' : format(n))) },
  ]
}

/** Nothing while nobody points at the chart. */
const xValue = (look: ChartLook) => (_plot: uPlot, x: number | null | undefined) => {
  if (x === null || x === undefined) return ''
  return look.isTime ? clockTime(x) : (look.names?.[x] ?? String(x))
}

export const optionsOf = (
  series: readonly ChartSeries[],
  look: ChartLook,
  size: { readonly width: number; readonly height: number },
): uPlot.Options => ({
  ...size,
  series: [{ value: xValue(look) }, ...seriesOf(series, look)],
  ...(look.kind === 'stack' && { bands: bandsOf(series) }),
  scales: {
    x: {
      time: look.isTime === true,
      ...(look.kind === 'bars' && { range: (_plot, min, max) => [min - 0.6, max + 0.6] }),
      ...(look.lastSeconds !== undefined && { range: (_plot, _min, max) => [max - look.lastSeconds!, max] }),
    },
    y: { range: (_plot, min, max) => [Math.min(0, min), max > 0 ? max * 1.06 : 1] },
  },
  axes: look.isBare ? [{ show: false }, { show: false }] : axesOf(look),
  legend: { show: !look.isBare },
  cursor: { show: !look.isBare, drag: { x: false, y: false }, points: { size: 6 } },
  ...(look.isBare && { padding: [1, 0, 0, 0] }),
})
