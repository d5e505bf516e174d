import type { FastifyInstance } from 'fastify'
import { reasonOf } from '../../std/error.ts'
import { loopback } from '../port.ts'
import { asking, type Cluster } from './admin.ts'
import { contentType, metricsText } from './metrics.ts'
import { type KafkaState, kafkaState } from './state.ts'

/** Prometheus gives up after ten seconds, if it isn't told otherwise. */
const lookMsMax = 8_000

const nothing: KafkaState = { brokers: [], partitions: [], groups: [] }

export interface Exporter {
  readonly cluster: Cluster
  /** 0 takes any that is free. */
  readonly port: number
  /** Loopback, if nothing else is said. */
  readonly host?: string
  /** Told when what it finds has changed, not at every scrape. */
  readonly tell: (what: string) => void
}

/** Looks at the cluster; where that fails, the answer is that there is no broker. */
const looking = ({ cluster, tell }: Exporter) => {
  let told = ''
  const tellOnce = (what: string) => {
    if (what !== told) tell(what)
    told = what
  }
  return async (): Promise<string> => {
    try {
      const state = await asking(cluster, AbortSignal.timeout(lookMsMax), kafkaState)
      tellOnce(`brokers: ${state.brokers.length}`)
      return await metricsText(state)
    } catch (thrown) {
      tellOnce(`no broker answers: ${reasonOf(thrown)}`)
      return metricsText(nothing)
    }
  }
}

/** Whoever asks while a look is under way gets what that one finds. */
const oneAtATime = <T>(act: () => Promise<T>): (() => Promise<T>) => {
  let current: Promise<T> | undefined
  return () => {
    current ??= act().finally(() => {
      current = undefined
    })
    return current
  }
}

/** Serves a cluster's state at `/metrics`. Asks the cluster once for each scrape. */
export const startExporter = async (exporter: Exporter): Promise<FastifyInstance> => {
  const { fastify } = await import('fastify')
  const server = fastify({ logger: false })
  const scrape = oneAtATime(looking(exporter))
  server.get('/metrics', async (_, reply) => reply.type(contentType).send(await scrape()))
  server.get('/healthz', async () => 'ok')
  await server.listen({ host: exporter.host ?? loopback, port: exporter.port })
  return server
}
