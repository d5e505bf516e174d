import { openHttp } from '../pipeline.ts'
import { type Delivery, type DeliveryState, newProgress, produce } from '../produce/produce.ts'
import { harmless } from '../std/terminal.ts'
import type { Topic } from '../topic/topic.ts'
import type { ProduceFlags } from './produce-flags.ts'
import { hintsFor } from './produce-hints.ts'
import { showProgress } from './produce-progress.ts'
import { exit, say } from './run.ts'
import { madeDurable, untilSignal } from './signals.ts'

/** A person's table ends here; `--json` has them all. */
const rowsMax = 200
const columns = ['source file', 'document', 'agent', 'chunks', 'bytes', 'state'] as const
const order: readonly DeliveryState[] = [
  'captured',
  'continued',
  'recaptured',
  'already captured',
  'interrupted',
  'failed',
]

type Row = readonly string[]

const rowOf = ({ file, destination_uri, agent_id, chunks, bytes, state }: Delivery): Row =>
  [file, destination_uri, agent_id, chunks.toLocaleString('en'), bytes.toLocaleString('en'), state].map(harmless)

const isNumber = (column: number) => column === 3 || column === 4

const table = (rows: readonly Row[]): string[] => {
  const widths = columns.map((_, i) => Math.max(...rows.map(row => row[i].length)))
  const cell = (text: string, i: number) => (isNumber(i) ? text.padStart(widths[i]) : text.padEnd(widths[i]))
  return rows.map(row => row.map(cell).join('  ').trimEnd())
}

const summary = (deliveries: readonly Delivery[]) =>
  order
    .map(state => ({ state, texts: deliveries.filter(delivery => delivery.state === state).length }))
    .filter(({ texts }) => texts > 0)
    .map(({ state, texts }) => `${texts.toLocaleString('en')} ${state}`)
    .join(', ')

const failures = (deliveries: readonly Delivery[]) =>
  deliveries.flatMap(({ why }) => (why === undefined ? [] : [`textstream: ${harmless(why)}`]))

/** Failures are told after the table, where they are seen. */
const report = (deliveries: readonly Delivery[], seconds: number, isStopped: boolean) => {
  const none = isStopped ? 'stopped before the first one' : 'the source has none'
  for (const line of table([columns, ...deliveries.slice(0, rowsMax).map(rowOf)])) say(line)
  if (deliveries.length > rowsMax) say(`… and ${deliveries.length - rowsMax} more; --json lists them all`)
  say(`${deliveries.length} texts in ${seconds.toFixed(2)} s: ${summary(deliveries) || none}`)
  const told = failures(deliveries)
  for (const line of told.slice(0, rowsMax)) say(line)
  if (told.length > 0) say('textstream: run the same command again to capture what is missing')
}

const exitOf = (deliveries: readonly Delivery[]): number => {
  const failed = deliveries.filter(({ state }) => state === 'failed')
  if (failed.length === 0) return exit.done
  const isAway = failed.length === deliveries.length && failed.every(({ code }) => code === 'source/unreachable')
  return isAway ? exit.unreachable : exit.failed
}

const totals = (deliveries: readonly Delivery[]) => ({
  texts: deliveries.length,
  chunks: deliveries.reduce((sum, { chunks }) => sum + chunks, 0),
  bytes: deliveries.reduce((sum, { bytes }) => sum + bytes, 0),
})

/** Captures every text of the source, and says what became of each. */
export const produceSource = async (topic: Topic, flags: ProduceFlags): Promise<void> => {
  const source = await openHttp(flags.streamSourcePort!)
  const stop = untilSignal(madeDurable)
  const progress = newProgress()
  const began = performance.now()
  const { again, concurrency, seed } = flags
  let deliveries: Delivery[]
  {
    using _ = showProgress(progress)
    const options = { again, progress, streams: concurrency, signal: stop.signal, ...hintsFor(process.env) }
    deliveries = await produce(source, topic, seed === undefined ? options : { ...options, seed })
  }
  report(deliveries, (performance.now() - began) / 1000, stop.code() !== undefined)
  if (flags.json) {
    const json = { source: source.url, topic: topic.name, ...totals(deliveries), deliveries }
    process.stdout.write(`${JSON.stringify(json, null, 2)}\n`)
  }
  process.exitCode = stop.code() ?? exitOf(deliveries)
}
