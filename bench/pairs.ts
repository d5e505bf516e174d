import { say } from '../src/cli/run.ts'
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

export type Pairs<Run> = readonly (readonly [a: Run, b: Run])[]

/** Runs pairs, and tells of each; one more than counts goes ahead, as number 0. */
export const runPairs = async <Run>(
  count: number,
  one: (n: number) => Promise<readonly [a: Run, b: Run]>,
  sayRun: (run: Run) => string,
): Promise<Pairs<Run>> => {
  const pairs: (readonly [Run, Run])[] = []
  for (let n = 0; n <= count; n++) {
    const pair = await one(n)
    say(`${n === 0 ? 'not counted' : `pair ${n}`}: A ${sayRun(pair[0])}; B ${sayRun(pair[1])}`)
    if (n > 0) pairs.push(pair)
  }
  return pairs
}

/** Medians of A and of B. */
export const sayBoth = <Run>(pairs: Pairs<Run>, of: (run: Run) => number): string =>
  [0, 1].map(side => median(pairs.map(pair => of(pair[side]))).toFixed(1)).join(' / ')

/** A's by B's, pair by pair. */
export const sayRatioOf = <Run>(pairs: Pairs<Run>, of: (run: Run) => number): string =>
  sayRatio(ratioOf(pairs.map(([a, b]) => of(a) / of(b))))
