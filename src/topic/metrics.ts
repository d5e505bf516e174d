import { asked, counters, histograms, watchDisk } from '../metrics/metrics.ts'

const topics = { topic: ['file', 'kafka'] } as const
export type TopicKind = (typeof topics.topic)[number]

const durableSeconds = histograms(
  'textstream_topic_durable_seconds',
  "From a batch's first append to all of it being durable: what an append waits for at most.",
  topics,
)
const appends = counters('textstream_topic_appends_total', 'Appends that became durable.', topics)
const appendedBytes = counters('textstream_topic_appended_bytes_total', 'Bytes that became durable.', topics)
const failures = counters('textstream_topic_failures_total', 'Batches that could not be made durable.', topics)

const inFlightBytes = asked('gauge', 'textstream_topic_in_flight_bytes', 'Appended and not yet durable.', 'topic')
const endBytes = asked(
  'gauge',
  'textstream_topic_end_bytes',
  'Offset behind the last durable byte of the embedded log.',
)
const freeBytes = asked('gauge', 'textstream_topic_disk_free_bytes', 'Free for us on the disk of the embedded log.')
const sizeBytes = asked('gauge', 'textstream_topic_disk_size_bytes', 'Size of the disk of the embedded log.')

/** Counts a writer's batches; by number, not by append. */
export const batchesOf = (topic: TopicKind) => {
  const of = { topic }
  const [seconds, appended, bytes, failed] = [
    durableSeconds.of(of),
    appends.of(of),
    appendedBytes.of(of),
    failures.of(of),
  ]
  return {
    durable: (batch: { readonly sinceMs: number; readonly appends: number; readonly bytes: number }): void => {
      seconds.since(batch.sinceMs)
      appended.add(batch.appends)
      bytes.add(batch.bytes)
    },
    failed: (): void => failed.add(),
  }
}

export const watchInFlight = (topic: TopicKind, read: () => number): Disposable =>
  inFlightBytes.from(() => [[topic, read()]])

export const watchLog = (dir: string, end: () => number): Disposable => {
  const stack = new DisposableStack()
  stack.use(endBytes.from(() => [['', end()]]))
  stack.use(watchDisk(freeBytes, sizeBytes, dir))
  return stack
}
