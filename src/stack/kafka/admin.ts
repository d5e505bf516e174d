import type { Admin } from '@platformatic/kafka'
import type { KafkaBroker } from '../../topic/kafka-address.ts'
import type { KafkaSecurity } from '../../topic/kafka-security.ts'

const connectMsMax = 2_000
const requestMsMax = 5_000

export interface Cluster {
  readonly brokers: readonly KafkaBroker[]
  readonly security: KafkaSecurity
}

const open = async ({ brokers, security }: Cluster): Promise<Admin> => {
  const { Admin } = await import('@platformatic/kafka')
  const { tls, sasl } = security
  return new Admin({
    clientId: 'textstream-stack',
    bootstrapBrokers: brokers.map(({ host, port }) => ({ host, port })),
    connectTimeout: connectMsMax,
    timeout: requestMsMax,
    retries: 0,
    ...(tls !== undefined && { tls: tls.ca === undefined ? {} : { ca: tls.ca } }),
    ...(sasl !== undefined && { sasl: { mechanism: 'PLAIN', ...sasl } }),
  })
}

/** Rejects when the signal aborts, with its reason. */
const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const fail = () => reject(signal.reason)
    if (signal.aborted) fail()
    signal.addEventListener('abort', fail, { once: true })
  })

/** Asks a cluster on connections of its own. Never tries again: whoever asks will ask once more. */
export const asking = async <T>(
  cluster: Cluster,
  signal: AbortSignal,
  ask: (admin: Admin) => Promise<T>,
): Promise<T> => {
  const admin = await open(cluster)
  try {
    return await Promise.race([ask(admin), aborted(signal)])
  } finally {
    await admin.close().catch(() => {})
  }
}
