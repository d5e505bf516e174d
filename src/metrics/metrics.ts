/**
 * Metrics: what this process does, in numbers, for Prometheus.
 *
 * Each room declares its own in its `metrics.ts`, and counts in plain numbers; the text is made when it is asked for.
 * Names have the prefix `textstream_` and the room's name, and end in their unit. Labels are bounded.
 */

export { noteVersion } from './build.ts'
export {
  type Asked,
  asked,
  counter,
  counters,
  declared,
  gauge,
  gauges,
  histogram,
  histograms,
  quickSeconds,
  slowSeconds,
} from './declare.ts'
export { watchDisk } from './disk.ts'
export type { Counter, Gauge, Histogram } from './instrument.ts'
export { contentType, metricsText } from './text.ts'
export { answerMetrics, watchThread } from './thread.ts'
