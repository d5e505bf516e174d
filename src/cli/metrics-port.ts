import { type Command, InvalidArgumentError } from 'commander'
import { StreamError } from '../std/error.ts'
import { say } from './exit.ts'
import { portMax } from './numbers.ts'
import { version } from './version.ts'

/** The ports of the old system's network have the same meaning everywhere. */
export const metricsPorts = { source: 9464, produce: 9465, consume: 9466 } as const

/** `true`: the command's own. */
export type MetricsPort = number | true

const portOf = (text: string): MetricsPort => {
  if (/^(?:on|true|yes)$/i.test(text)) return true
  if (/^\d{1,5}$/.test(text) && Number(text) <= portMax) return Number(text)
  throw new InvalidArgumentError(`it must be a port from 0 to ${portMax}, or nothing for the command's own.`)
}

export const addMetricsPort = (command: Command, of: keyof typeof metricsPorts): Command =>
  command.option(
    '--metrics-port [port]',
    `serves numbers for Prometheus at http://127.0.0.1:PORT/metrics; ${metricsPorts[of]} if no port is given, 0: any free one`,
    portOf,
  )

const nothing: AsyncDisposable = { [Symbol.asyncDispose]: async () => {} }

/** A port that was given must be had; where the command's own is taken, as by another run, it goes on without. */
export const serveMetricsOf = async (
  of: keyof typeof metricsPorts,
  port: MetricsPort | undefined,
): Promise<AsyncDisposable> => {
  if (port === undefined) return nothing
  const { serveMetrics } = await import('../metrics/serve.ts')
  const { noteVersion } = await import('../metrics/build.ts')
  noteVersion(version())
  try {
    const server = await serveMetrics(port === true ? metricsPorts[of] : port)
    say(`metrics at ${server.url}`)
    return server
  } catch (thrown) {
    if (port !== true || !(thrown instanceof StreamError)) throw thrown
    say(`textstream: warning: ${thrown.message}; goes on without`)
    return nothing
  }
}
