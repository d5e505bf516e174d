import { counter, counters, gauge, histogram } from '../metrics/metrics.ts'
import { statusClasses, statusClassOf } from '../wire/http/status-class.ts'

const routes = ['list_files', 'stream', 'other'] as const

const responses = counters(
  'textstream_source_responses_total',
  'Answers of the source, by route and class of status.',
  { route: routes, status: statusClasses },
)

const routeOf = (url: string | undefined): (typeof routes)[number] => {
  if (url === '/list_files') return 'list_files'
  return url === '/stream/:filename' ? 'stream' : 'other'
}

export const countResponse = (url: string | undefined, status: number): void =>
  responses.of({ route: routeOf(url), status: statusClassOf(status) }).add()

export const streamsNow = gauge('textstream_source_streams', 'Streams that are sent now.')

export const streamsEnded = counters('textstream_source_streams_total', 'Streams that ended, by how.', {
  ended: ['whole', 'reader_gone', 'failed'],
})

export const sentBytes = counter('textstream_source_sent_bytes_total', "Bytes of streams' NDJSON that the system took.")

export const firstBlockSeconds = histogram(
  'textstream_source_first_block_seconds',
  'From the request for a stream to its first chunks being sent.',
)
