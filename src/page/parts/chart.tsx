import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { stacked } from '../model/stacked.ts'
import { colours } from '../state.ts'
import { type ChartLook, type ChartSeries, optionsOf } from './chart-options.ts'

interface ChartGiven extends ChartLook {
  readonly title: string
  readonly x: readonly number[]
  readonly series: readonly ChartSeries[]
  readonly height?: number
}

const widthMin = 120
const legendHeight = 26

const dataOf = ({ x, series, kind }: ChartGiven): uPlot.AlignedData => {
  const values = series.map(({ values }) => values as number[])
  return [x as number[], ...(kind === 'stack' ? stacked(values) : values)]
}

/** What somebody who cannot see the lines is told. */
const inWords = ({ title, series, format = String }: ChartGiven): string => {
  const latest = series.map(({ label, values }) => {
    const last = values.findLast(value => value !== null)
    return `${label} ${last === undefined || last === null ? 'nothing' : format(last)}`
  })
  return `${title}. Latest: ${latest.join(', ')}`
}

/** A chart that is made anew when its series or the colours change, and else only gets new points. */
export const Chart = (given: ChartGiven) => {
  const { series, kind, height = 180, isBare = false, isTime, names } = given
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(undefined)
  const shape = JSON.stringify([series.map(({ label, colour }) => [label, colour]), kind, isBare, isTime, names])
  const look = colours.value

  const sizeOf = (element: HTMLElement) => ({
    width: Math.max(widthMin, element.clientWidth),
    height: isBare ? height : height - legendHeight,
  })

  useEffect(() => {
    const element = box.current!
    plot.current = new uPlot(optionsOf(series, given, sizeOf(element)), dataOf(given), element)
    const watch = new ResizeObserver(() => plot.current?.setSize(sizeOf(element)))
    watch.observe(element)
    return () => {
      watch.disconnect()
      plot.current?.destroy()
      plot.current = undefined
    }
  }, [shape, look, height])

  useEffect(() => {
    const shown = plot.current
    if (shown === undefined) return
    for (const [i, options] of optionsOf(series, given, { width: 1, height: 1 }).series.entries()) {
      if (i > 0 && options.value !== undefined) shown.series[i].value = options.value
    }
    shown.setData(dataOf(given))
  }, [given.x, series])

  return <div ref={box} class={`chart ${isBare ? 'chart-bare' : ''}`} role="img" aria-label={inWords(given)} />
}
