import { Counter, Gauge, Histogram } from './instrument.ts'

/** Series of one metric; one with more would cost Prometheus more than it tells anybody. */
export const seriesMax = 128

/** What is done in memory or on a disk. */
export const quickSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const
/** What somebody waits for. */
export const slowSeconds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800] as const

export type Kind = 'counter' | 'gauge' | 'histogram'
/** Each label with all the values that it can have: so it is bounded, and no name of a document or an agent. */
export type Labels = Readonly<Record<string, readonly string[]>>
export type Values<L extends Labels> = { readonly [K in keyof L]: L[K][number] }

/** One line of the answer, before it is written. */
export interface Sample {
  readonly suffix?: '_bucket' | '_sum' | '_count'
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

export interface Declared {
  readonly kind: Kind
  readonly name: string
  readonly help: string
  /** Without values where whoever is asked names them. */
  readonly labels: Labels
  samples(): Iterable<Sample> | Promise<Iterable<Sample>>
}

const all = new Map<string, Declared>()

/** Of all rooms that were loaded. They are the process's, as its memory is: whoever counts need not be told where. */
export const declared = (): readonly Declared[] => [...all.values()]

const declare = <D extends Declared>(one: D): D => {
  if (all.has(one.name)) throw new Error(`bug: the metric "${one.name}" is declared twice`)
  if (!/^textstream_[a-z_]+$/.test(one.name)) throw new Error(`bug: "${one.name}" is no name of a metric`)
  all.set(one.name, one)
  return one
}

type Series<I> = readonly [labels: Readonly<Record<string, string>>, instrument: I]

const combinations = (labels: Labels): Record<string, string>[] =>
  Object.entries(labels).reduce<Record<string, string>[]>(
    (before, [name, values]) => before.flatMap(one => values.map(value => ({ ...one, [name]: value }))),
    [{}],
  )

export interface Family<I, L extends Labels> {
  /** Whoever counts often keeps what this gives. */
  of(values: Values<L>): I
}

const keyOf = (values: Readonly<Record<string, string>>, names: readonly string[]) =>
  names.map(name => values[name]).join(' ')

const seriesOf = <I>(name: string, labels: Labels, make: () => I): ReadonlyMap<string, Series<I>> => {
  const names = Object.keys(labels)
  const combined = combinations(labels)
  if (combined.length > seriesMax) throw new Error(`bug: "${name}" has ${combined.length} series, at most ${seriesMax}`)
  return new Map(combined.map(values => [keyOf(values, names), [values, make()]]))
}

interface Wanted<I> {
  readonly kind: Kind
  readonly name: string
  readonly help: string
  readonly make: () => I
  readonly samplesOf: (instrument: I, labels: Sample['labels']) => Iterable<Sample>
}

const family = <I, L extends Labels>({ kind, name, help, make, samplesOf }: Wanted<I>, labels: L): Family<I, L> => {
  const names = Object.keys(labels)
  const series = seriesOf(name, labels, make)
  const samples = () => [...series.values()].flatMap(([values, one]) => [...samplesOf(one, values)])
  declare({ kind, name, help, labels, samples })
  return {
    of: values => {
      const found = series.get(keyOf(values, names))
      if (found === undefined) throw new Error(`bug: "${name}" has no series ${JSON.stringify(values)}`)
      return found[1]
    },
  }
}

const plain = ({ value }: Counter | Gauge, labels: Sample['labels']): Sample[] =>
  value === undefined ? [] : [{ labels, value }]

function* buckets({ bounds, counts, sum }: Histogram, labels: Sample['labels']): Generator<Sample> {
  let count = 0
  for (const [at, bound] of [...bounds, '+Inf'].entries()) {
    count += counts[at]
    yield { suffix: '_bucket', labels: { ...labels, le: bound }, value: count }
  }
  yield { suffix: '_sum', labels, value: sum }
  yield { suffix: '_count', labels, value: count }
}

export const counters = <const L extends Labels>(name: string, help: string, labels: L): Family<Counter, L> =>
  family({ kind: 'counter', name, help, make: () => new Counter(), samplesOf: plain }, labels)

export const counter = (name: string, help: string): Counter => counters(name, help, {}).of({})

export const gauges = <const L extends Labels>(name: string, help: string, labels: L): Family<Gauge, L> =>
  family({ kind: 'gauge', name, help, make: () => new Gauge(), samplesOf: plain }, labels)

export const gauge = (name: string, help: string): Gauge => gauges(name, help, {}).of({})

export const histograms = <const L extends Labels>(
  name: string,
  help: string,
  labels: L,
  bounds: readonly number[] = quickSeconds,
): Family<Histogram, L> =>
  family({ kind: 'histogram', name, help, make: () => new Histogram(bounds), samplesOf: buckets }, labels)

export const histogram = (name: string, help: string, bounds: readonly number[] = quickSeconds): Histogram =>
  histograms(name, help, {}, bounds).of({})

type Read = () => Iterable<readonly [label: string, value: number]> | Promise<Iterable<readonly [string, number]>>

export interface Asked {
  /** Asked at each scrape until it is disposed of. What several say of the same label is added up. */
  from(read: Read): Disposable
}

/**
 * Somebody is asked for it when Prometheus asks; left out while nobody is. Without a label, it gives one pair with the label `''`.
 * Its label's values come from whoever is asked, who bounds them; behind `seriesMax` they are cut off.
 */
export const asked = (kind: 'counter' | 'gauge', name: string, help: string, label?: string): Asked => {
  const reads = new Set<Read>()
  const samples = async (): Promise<Sample[]> => {
    const sums = new Map<string, number>()
    for (const said of await Promise.all([...reads].map(async read => read())))
      for (const [of, value] of said) sums.set(of, (sums.get(of) ?? 0) + value)
    return [...sums]
      .slice(0, seriesMax)
      .map(([of, value]) => ({ labels: label === undefined ? {} : { [label]: of }, value }))
  }
  declare({ kind, name, help, labels: label === undefined ? {} : { [label]: [] }, samples })
  return {
    from: read => {
      reads.add(read)
      return { [Symbol.dispose]: () => void reads.delete(read) }
    },
  }
}
