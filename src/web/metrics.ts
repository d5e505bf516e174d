import { counter, counters, gauge, gauges, histogram, histograms, slowSeconds } from '../metrics/metrics.ts'
import { statusClasses } from '../wire/http/status-class.ts'

/** What stands in for a path: never one with a name in it. */
export const routes = [
  'records',
  'documents',
  'text',
  'chunks',
  'document_live',
  'live',
  'agents',
  'responses',
  'clusters',
  'rejected',
  'query',
  'health',
  'page',
  'other',
] as const
export type Route = (typeof routes)[number]

/** Counted when the answer is complete; of a live one, when its head is sent. */
export const responses = counters('textstream_web_responses_total', 'Answers, by route and class of status.', {
  route: routes,
  status: statusClasses,
})

export const responseSeconds = histograms(
  'textstream_web_response_seconds',
  'From a request to the end of its answer; not of live ones.',
  { route: routes },
)

export const records = counters('textstream_web_records_total', 'Records that came over POST /records.', {
  result: ['stored', 'refused'],
})

export const storedSeconds = histogram(
  'textstream_web_stored_seconds',
  'From the request to its records being durable, for POST /records.',
)

export const readers = gauges('textstream_web_live_readers', 'Readers that follow now.', {
  stream: ['flow', 'document'],
})

export const droppedReaders = counters(
  'textstream_web_dropped_readers_total',
  'Readers that were dropped, as they did not read.',
  { stream: ['flow', 'document'] },
)

export const skippedChanges = counter(
  'textstream_web_skipped_changes_total',
  "Lanes' changes that were left out for readers of the flow that were too slow.",
)

export const liveSeconds = histogram(
  'textstream_web_live_seconds',
  'From the event time of the newest record of a batch to its being handed to the readers of the flow.',
)

export const queriesNow = gauge('textstream_web_queries', 'Queries that run now for readers of the page.')

export const querySeconds = histogram(
  'textstream_web_query_seconds',
  'From a POST /query to the last of its rows.',
  slowSeconds,
)

export const lanesNow = gauge('textstream_web_lanes', 'Streams that are being written now.')
export const lanesStalled = gauge('textstream_web_stalled_lanes', 'Of them, those without a record for long.')
