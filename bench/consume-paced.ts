/**
 * From the source to a row that a query finds, while many streams are paced: over HTTP, `produce`, the log and `consume`,
 * each a process of its own. A chunk says when it was sent (see `pacer.ts`); its row counts as found when a query that has
 * it is read to its end. Queries follow one another, so a latency holds up to one query's time more than the row took.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { openWarehouse } from '../src/pipeline.ts'
import { StreamError } from '../src/std/error.ts'
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
    await using result = await warehouse.query(newest)
    const rows: (readonly unknown[])[] = []
    for await (const some of result.rows) rows.push(...some)
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

export const measurePacedRows = async (bin: string, dir: string, pace: Pace): Promise<PacedRows> => {
  await using pacer = await startPacer(pace)
  const [logs, tables] = [join(dir, 'logs'), join(dir, 'warehouse')]
  const gone = new AbortController()
  const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(pace.seconds * 1000 + patienceMs)])
  const producing = spawn(bin, ['produce', '-s', pacer.url, '-l', logs, '--concurrency', `${pace.streams}`], {
    stdio: 'ignore',
  })
  await untilLogIsThere(logs, signal)
  const consuming = spawn(bin, ['consume', '--from', logs, '--warehouse', tables], { stdio: 'ignore' })
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
