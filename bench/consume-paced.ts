/**
 * From the source to a row that a query finds, while many streams are paced: over HTTP, `produce`, the log and `consume`,
 * each a process of its own. A chunk says when it was sent (see `pacer.ts`); its row counts as found when a query that has
 * it is read to its end. Queries follow one another, so a latency holds up to one query's time more than the row took.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openWarehouse } from '../src/pipeline.ts'
import { StreamError } from '../src/std/error.ts'
import { readAll } from '../src/warehouse/read-all.ts'
import type { Warehouse } from '../src/warehouse/warehouse.ts'
import { median } from './measure.ts'
import {
  checkAll,
  chunksOf,
  type Latencies,
  latenciesOf,
  type Pace,
  startPacer,
  type Trip,
  untilLogIsThere,
} from './paced.ts'
import { microsNow } from './pacer.ts'

export interface PacedRows {
  readonly latencies: Latencies
  readonly queries: number
  readonly medianQueryMs: number
}

/** Rows that are older have all been found: what `consume` keeps back is younger. */
const lookBackSeconds = 5
const patienceMs = 30_000

const newest = `
  select chunk, destination_uri, seq from chunks_clustered
  where event_time >= (select max(event_time) from chunks_clustered) - interval ${lookBackSeconds} seconds`

/** Each row once, with the time at which it was found. */
class Finds {
  readonly trips: Trip[] = []
  readonly #seen = new Map<string, Set<number>>()
  readonly queryMs: number[] = []

  async look(warehouse: Warehouse): Promise<void> {
    const began = performance.now()
    const { rows } = await readAll(warehouse, newest)
    this.queryMs.push(performance.now() - began)
    const now = microsNow()
    for (const [chunk, uri, seq] of rows) this.#find(String(chunk), String(uri), Number(seq), now)
  }

  #find(chunk: string, uri: string, seq: number, now: number) {
    const seen = this.#seen.get(uri) ?? new Set()
    this.#seen.set(uri, seen)
    if (seen.has(seq)) return
    seen.add(seq)
    const sentMicros = Number.parseInt(chunk, 10)
    this.trips.push({ sentMicros, tookMicros: now - sentMicros })
  }
}

const untilThere = async (warehouse: Warehouse, signal: AbortSignal) => {
  while ((await warehouse.committed().catch(() => undefined)) === undefined) signal.throwIfAborted()
}

/** The topic between the two, as `produce` and as `consume` are told of it. */
export interface Between {
  readonly into: readonly string[]
  readonly from: string
  /** Resolves once `consume` can begin. */
  readonly isThere: (signal: AbortSignal) => Promise<void>
}

export const logIn = (dir: string): Between => ({
  into: ['-l', dir],
  from: dir,
  isThere: signal => untilLogIsThere(dir, signal),
})

export const measurePacedRows = async (
  bin: string,
  tables: string,
  { into, from, isThere }: Between,
  pace: Pace,
): Promise<PacedRows> => {
  await using pacer = await startPacer(pace)
  const gone = new AbortController()
  const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(pace.seconds * 1000 + patienceMs)])
  const producing = spawn(bin, ['produce', '-s', pacer.url, ...into, '--concurrency', `${pace.streams}`], {
    stdio: 'ignore',
  })
  await isThere(signal)
  const consuming = spawn(bin, ['consume', '--from', from, '--warehouse', tables], { stdio: 'ignore' })
  consuming.on('exit', code => gone.abort(new StreamError('bench/failed', `consume ended with code ${code}`)))
  try {
    const warehouse = await openWarehouse(tables)
    await untilThere(warehouse, signal)
    const finds = new Finds()
    for (; finds.trips.length < chunksOf(pace); signal.throwIfAborted()) await finds.look(warehouse)
    checkAll(finds.trips, pace)
    return {
      latencies: latenciesOf(finds.trips, pace),
      queries: finds.queryMs.length,
      medianQueryMs: median(finds.queryMs),
    }
  } finally {
    for (const child of [consuming, producing]) {
      if (child.exitCode === null && child.kill('SIGTERM')) await once(child, 'close')
    }
  }
}

export const latencyTable = ({ streams, rate }: Pace, by: string, { latencies, queries, medianQueryMs }: PacedRows) => {
  const { p50Ms, p99Ms, p999Ms, maxMs, counted } = latencies
  const times = [p50Ms, p99Ms, p999Ms, maxMs].map(ms => ms.toFixed(0))
  const cells = [
    `${streams} streams × ${rate} chunks/s, by ${by} to a query`,
    counted,
    ...times,
    queries,
    medianQueryMs.toFixed(0),
  ]
  return `| paced | chunks | p50 ms | p99 ms | p99.9 ms | max ms | queries | median query ms |
| --- | --- | --- | --- | --- | --- | --- | --- |
| ${cells.join(' | ')} |`
}
