import type { Metric, Registry } from '@prometheus-io/client'
import { joined, type Said, saidHere } from './said.ts'
import { saidInThreads } from './thread.ts'

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
const written = ({ name, help, kind, samples }: Said) => ({
  name,
  help,
  type: kind,
  values: samples.map(({ suffix, labels, value }) => ({
    labels,
    value,
    ...(suffix !== undefined && { metricName: `${name}${suffix}` }),
  })),
})

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

/** What every room that was loaded has counted so far, in all threads that are watched. */
export const roomsText = async (): Promise<string> => {
  const { Registry } = await import('@prometheus-io/client')
  const registry = new Registry()
  const [here, inThreads] = await Promise.all([saidHere(askMsMax), saidInThreads()])
  for (const said of joined([...here, ...inThreads])) {
    if (said.samples.length === 0) continue
    const metric = { name: said.name, get: async () => written(said) }
    registry.registerMetric(metric as unknown as Metric<string>)
  }
  return registry.metrics()
}

/** The same with what the process says of itself, as Prometheus reads it. */
export const metricsText = async (): Promise<string> =>
  `${await roomsText()}\n${await (await processRegistry()).metrics()}`
