import { counter, counters, gauge, histograms, slowSeconds } from '../metrics/metrics.ts'
import type { Counters } from './counters.ts'

const runners = ['inline', 'local', 'hadoop', 'other'] as const

const runs = counters('textstream_refresh_runs_total', 'Refreshes that ended, by runner and how.', {
  runner: runners,
  result: ['done', 'failed'],
})
const seconds = histograms(
  'textstream_refresh_seconds',
  'A refresh that was published, from finding its inputs.',
  { runner: runners },
  slowSeconds,
)
const documents = counter('textstream_refresh_documents_total', 'Documents that were rebuilt and published.')
const incomplete = counter('textstream_refresh_incomplete_total', 'Of them, those with something missing.')
const malformed = counter('textstream_refresh_malformed_total', 'Lines of inputs that were no records.')
const textBytes = counter('textstream_refresh_text_bytes_total', "Bytes of the documents' texts.")
const readBytes = counter('textstream_refresh_read_bytes_total', 'Bytes of inputs, as they lie there.')
const finishedSeconds = gauge(
  'textstream_refresh_finished_timestamp_seconds',
  'When the latest refresh was published, in seconds since 1970.',
)

const runnerOf = (name: string) => runners.find(known => known === name) ?? 'other'

interface Published {
  readonly runner: string
  readonly counters: Counters
  readonly inputs: readonly { readonly bytes: number }[]
}

export const countDone = (receipt: Published, sinceMs: number, nowMicros: number): void => {
  const runner = runnerOf(receipt.runner)
  runs.of({ runner, result: 'done' }).add()
  seconds.of({ runner }).since(sinceMs)
  documents.add(receipt.counters.documents)
  incomplete.add(receipt.counters.incomplete)
  malformed.add(receipt.counters.malformed)
  textBytes.add(receipt.counters.bytes)
  readBytes.add(receipt.inputs.reduce((sum, { bytes }) => sum + bytes, 0))
  finishedSeconds.set(nowMicros / 1e6)
}

export const countFailed = (runner: string): void => runs.of({ runner: runnerOf(runner), result: 'failed' }).add()
