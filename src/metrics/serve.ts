import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { errnoOf, reasonOf, StreamError } from '../std/error.ts'
import { contentType, metricsText } from './text.ts'

const host = '127.0.0.1'
/** Prometheus needs one. */
const connectionsMax = 16
const requestMsMax = 10_000

export interface MetricsServer extends AsyncDisposable {
  readonly url: string
}

const reply = (response: ServerResponse, status: number, type: string, text: string) => {
  response.writeHead(status, { 'content-type': type, 'x-content-type-options': 'nosniff' })
  response.end(text)
}

const pathOf = ({ url = '/' }: IncomingMessage) => url.split('?')[0]

/** A page of somebody else whose name was made to mean this machine sends that name. */
const isOurs = ({ headers: { host = '' } }: IncomingMessage) => /^(?:localhost|127\.0\.0\.1)(?::\d+)?$/i.test(host)

const answer = async (request: IncomingMessage, response: ServerResponse) => {
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  if (!isOurs(request)) reply(response, 403, 'text/plain', 'ask for 127.0.0.1\n')
  else if (!isRead) reply(response, 405, 'text/plain', 'only GET\n')
  else if (pathOf(request) !== '/metrics') reply(response, 404, 'text/plain', 'see /metrics\n')
  else reply(response, 200, contentType, await metricsText())
}

const cannotListen = (port: number, cause: unknown) => {
  const isTaken = errnoOf(cause) === 'EADDRINUSE'
  const why = isTaken ? 'the port is in use' : reasonOf(cause)
  const message = `serve metrics at ${host}:${port}: ${why}; take another with --metrics-port (0: any free one)`
  return new StreamError('metrics/listen', message, { cause })
}

/** Serves `/metrics` on loopback, whoever asks; 0 takes any free port. Rejects with code `metrics/listen` if it cannot. */
export const serveMetrics = async (port: number): Promise<MetricsServer> => {
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  server.maxConnections = connectionsMax
  server.requestTimeout = requestMsMax
  // Whoever is done does not stay for it.
  server.unref()
  try {
    await once(server.listen({ host, port, exclusive: true }), 'listening')
  } catch (cause) {
    throw cannotListen(port, cause)
  }
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}/metrics`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
