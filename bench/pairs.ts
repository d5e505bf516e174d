import { type Cost, median, medianCost } from './measure.ts'

export interface Pair {
  readonly a: Cost
  readonly b: Cost
}

export interface Ratio {
  readonly median: number
  readonly min: number
  readonly max: number
}

export interface Comparison {
  readonly pairs: number
  readonly a: Cost
  readonly b: Cost
  /** A's by B's, pair by pair. */
  readonly wall: Ratio
  readonly cpu: Ratio
}

const ratioOf = (ratios: readonly number[]): Ratio => ({
  median: median(ratios),
  min: Math.min(...ratios),
  max: Math.max(...ratios),
})

export const compare = (pairs: readonly Pair[]): Comparison => ({
  pairs: pairs.length,
  a: medianCost(pairs.map(({ a }) => a)),
  b: medianCost(pairs.map(({ b }) => b)),
  wall: ratioOf(pairs.map(({ a, b }) => a.wallSeconds / b.wallSeconds)),
  cpu: ratioOf(pairs.map(({ a, b }) => a.cpuSeconds / b.cpuSeconds)),
})

export const sayCost = ({ wallSeconds, cpuSeconds, peakMiB }: Cost): string =>
  `${wallSeconds.toFixed(2)} s wall, ${cpuSeconds.toFixed(2)} s CPU, ${peakMiB.toFixed(0)} MiB`

export const sayRatio = ({ median, min, max }: Ratio): string =>
  `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`
