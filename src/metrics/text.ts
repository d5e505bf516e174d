import type { Metric, Registry } from '@prometheus-io/client'
import { type Declared, declared, type Sample } from './declare.ts'

/** `promtool check metrics` refuses their names. */
const misnamed = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
  'nodejs_eventloop_utilization_histogram',
  'nodejs_eventloop_utilization_summary',
]

/** Asking must not take longer than Prometheus waits. */
const askMsMax = 5_000

export const contentType = 'text/plain; version=0.0.4; charset=utf-8'

/** The library has no histogram that is filled from elsewhere; it writes whatever says its samples as its own do. */
const written = ({ name, help, kind }: Declared, samples: Iterable<Sample>) => ({
  name,
  help,
  type: kind,
  values: [...samples].map(({ suffix, labels, value }) => ({
    labels,
    value,
    ...(suffix !== undefined && { metricName: `${name}${suffix}` }),
  })),
})

const nothing: readonly Sample[] = []

/** One that fails, or takes too long, is left out: the others are worth having. */
const samplesOf = async (one: Declared): Promise<Iterable<Sample>> => {
  const late = Promise.withResolvers<Iterable<Sample>>()
  const timer = setTimeout(late.resolve, askMsMax, nothing)
  try {
    return await Promise.race([one.samples(), late.promise])
  } catch {
    return nothing
  } finally {
    clearTimeout(timer)
  }
}

const ofProcess = async (): Promise<Registry> => {
  const { collectDefaultMetrics, Registry } = await import('@prometheus-io/client')
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const name of misnamed) registry.removeSingleMetric(name)
  return registry
}

let process: Promise<Registry> | undefined

/** The process's own, as every Node process has them; they are watched from the first call on. */
export const processRegistry = (): Promise<Registry> => (process ??= ofProcess())

/** What every room that was loaded has counted so far. */
export const roomsText = async (): Promise<string> => {
  const { Registry } = await import('@prometheus-io/client')
  const registry = new Registry()
  for (const one of declared()) {
    const samples = [...(await samplesOf(one))]
    if (samples.length === 0) continue
    const metric = { name: one.name, get: async () => written(one, samples) }
    registry.registerMetric(metric as unknown as Metric<string>)
  }
  return registry.metrics()
}

/** The same with what the process says of itself, as Prometheus reads it. */
export const metricsText = async (): Promise<string> =>
  `${await roomsText()}\n${await (await processRegistry()).metrics()}`
