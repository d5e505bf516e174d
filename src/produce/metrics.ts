import { asked, counter, counters, histogram, slowSeconds } from '../metrics/metrics.ts'

export const chunks = counter('textstream_produce_chunks_total', 'Chunks and records handed to the topic.')
export const bytes = counter('textstream_produce_read_bytes_total', 'Bytes read of streams and of standard input.')

const texts = counters('textstream_produce_texts_total', 'Texts that are done with, by what became of them.', {
  state: ['captured', 'continued', 'recaptured', 'already_captured', 'interrupted', 'failed'],
})

type TextState = 'captured' | 'continued' | 'recaptured' | 'already captured' | 'interrupted' | 'failed'

export const countText = (state: TextState): void =>
  texts.of({ state: state === 'already captured' ? 'already_captured' : state }).add()

export const retries = counter('textstream_produce_retries_total', 'Streams asked for again, as they were cut.')
export const malformed = counter('textstream_produce_malformed_total', 'Lines of standard input that were no records.')

const firstChunkSeconds = histogram(
  'textstream_produce_first_chunk_seconds',
  'From asking for a stream to its first chunks.',
  slowSeconds,
)
const gapSeconds = histogram(
  'textstream_produce_gap_seconds',
  "Between a stream's reads, each of one chunk or more; where the topic is slower, that is part of it.",
  slowSeconds,
)

const open = new Set<WatchedStream>()

asked('gauge', 'textstream_produce_streams', 'Streams that are being captured now.').from(() => [['', open.size]])

asked(
  'gauge',
  'textstream_produce_silence_seconds',
  'How long the stream that is silent for longest has been silent; 0 without streams.',
).from(() => {
  const now = performance.now()
  return [['', Math.max(0, ...[...open].map(({ lastMs }) => now - lastMs)) / 1000]]
})

/** One stream on its way, from when it is asked for. */
export class WatchedStream {
  lastMs = performance.now()
  #isFirst = true

  constructor() {
    open.add(this)
  }

  /** Some of it came. */
  came(): void {
    const now = performance.now()
    const seconds = (now - this.lastMs) / 1000
    if (this.#isFirst) firstChunkSeconds.observe(seconds)
    else gapSeconds.observe(seconds)
    this.#isFirst = false
    this.lastMs = now
  }

  [Symbol.dispose](): void {
    open.delete(this)
  }
}
