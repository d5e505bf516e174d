/**
 * From the source to durable, while many streams are paced. Each chunk carries the time at which the source wrote it to
 * its socket; it counts as durable when a reader that follows the log is given it, as a reader gets durable records
 * only. So a latency holds the way over HTTP, the group's fsync, and the reader's waking up: it is an upper bound.
 */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openHttp, openLog } from '../src/pipeline.ts'
import { StreamError } from '../src/std/error.ts'
import { type Cost, measured } from './measure.ts'
import { microsNow } from './pacer.ts'
import { Served } from './served.ts'

export interface Pace {
  readonly streams: number
  /** Chunks per second of each stream. */
  readonly rate: number
  readonly seconds: number
  /** So many seconds from the start do not count. */
  readonly dropSeconds: number
}

export interface Latencies {
  readonly chunks: number
  readonly counted: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly p999Ms: number
  readonly maxMs: number
}

export interface Paced {
  readonly latencies: Latencies
  /** Of `textstream produce`. */
  readonly cost: Cost
}

const pollMs = 20
const patienceMs = 30_000
const space = 0x20
const chunkFrom = '{"chunk":"'.length

/** One chunk's way. */
export interface Trip {
  readonly sentMicros: number
  readonly tookMicros: number
}

/** `undefined` for a closing record, whose chunk is empty. */
const tripOf = (line: Uint8Array): Trip | undefined => {
  const to = line.indexOf(space, chunkFrom)
  const sentMicros = Number(Buffer.from(line.buffer, line.byteOffset, line.length).toString('latin1', chunkFrom, to))
  return to === -1 || !(sentMicros > 0) ? undefined : { sentMicros, tookMicros: microsNow() - sentMicros }
}

const quantile = (sorted: readonly number[], share: number) =>
  (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN) / 1000

export const latenciesOf = (trips: readonly Trip[], { dropSeconds }: Pace): Latencies => {
  const first = trips.reduce((least, { sentMicros }) => Math.min(least, sentMicros), Number.POSITIVE_INFINITY)
  const counted = trips.filter(({ sentMicros }) => sentMicros >= first + dropSeconds * 1e6)
  const took = counted.map(({ tookMicros }) => tookMicros).sort((a, b) => a - b)
  const at = (share: number) => quantile(took, share)
  const all = { chunks: trips.length, counted: counted.length }
  return { ...all, p50Ms: at(0.5), p99Ms: at(0.99), p999Ms: at(0.999), maxMs: at(1) }
}

export const startPacer = ({ streams, rate, seconds }: Pace) =>
  Served.start({
    program: process.execPath,
    args: [join(import.meta.dirname, 'pacer.ts'), `${streams}`, `${rate}`, `${seconds}`],
  })

export const untilLogIsThere = async (dir: string, signal: AbortSignal) => {
  const isThere = async () => (await readdir(dir).catch(() => [])).some(name => name.endsWith('.ndjson'))
  while (!(await isThere())) await sleep(pollMs, null, { signal })
}

/** Follows the log until it holds as many chunks as the pacer sends, or `signal` aborts. */
const follow = async (dir: string, chunks: number, signal: AbortSignal): Promise<Trip[]> => {
  await untilLogIsThere(dir, signal)
  const trips: Trip[] = []
  for await (const { entries } of (await openLog(dir)).read({}, { follow: true, signal })) {
    for (const { line } of entries) {
      const trip = tripOf(line)
      if (trip !== undefined) trips.push(trip)
    }
    if (trips.length >= chunks) break
  }
  return trips
}

export const chunksOf = ({ streams, rate, seconds }: Pace) => streams * rate * seconds

export const checkAll = (trips: readonly Trip[], pace: Pace) => {
  if (trips.length === chunksOf(pace)) return
  throw new StreamError('bench/wrong', `${trips.length} chunks arrived, ${chunksOf(pace)} were sent; this is a bug`)
}

/** Through `textstream produce` into a log in `logs`, which is not there yet. */
export const measurePaced = async (bin: string, logs: string, pace: Pace): Promise<Paced> => {
  await using pacer = await startPacer(pace)
  const stop = new AbortController()
  const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(pace.seconds * 1000 + patienceMs)])
  const args = ['produce', '-s', pacer.url, '-l', logs, '--concurrency', `${pace.streams}`]
  const producing = measured({ program: bin, args }).catch(thrown => {
    stop.abort(thrown)
    throw thrown
  })
  const [cost, trips] = await Promise.all([producing, follow(logs, chunksOf(pace), signal)])
  checkAll(trips, pace)
  return { latencies: latenciesOf(trips, pace), cost }
}

/** A line may be split over blocks; this one keeps the rest. */
const linesOf = async (blocks: AsyncIterable<Uint8Array>, onLine: (line: Uint8Array) => void) => {
  let rest = Buffer.alloc(0)
  for await (const block of blocks) {
    rest = Buffer.concat([rest, block])
    for (let end = rest.indexOf(0x0a); end !== -1; end = rest.indexOf(0x0a)) {
      onLine(rest.subarray(0, end))
      rest = rest.subarray(end + 1)
    }
  }
}

/** The same streams read by this process, and kept nowhere: what HTTP and this machine cost by themselves. */
export const measureBare = async (pace: Pace): Promise<Latencies> => {
  await using pacer = await startPacer(pace)
  const source = await openHttp(pacer.url)
  const trips: Trip[] = []
  const read = async (name: string) => {
    const { blocks } = await source.open(name)
    await linesOf(blocks, line => {
      const trip = tripOf(line)
      if (trip !== undefined) trips.push(trip)
    })
  }
  await Promise.all((await source.list()).map(read))
  checkAll(trips, pace)
  return latenciesOf(trips, pace)
}
