import type { Server, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import {
  type FastifyBaseLogger,
  type FastifyHttpOptions,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
} from 'fastify'
import { errnoOf, reasonOf, StreamError } from '../../std/error.ts'
import { headBytesMax, refuseBadRequest } from './bad-request.ts'
import { problem, sendProblem } from './problem.ts'

/** How often connections are asked whether their request is late. */
const lateCheckMs = 5_000
const detailCharactersMax = 300
const pathCharactersMax = 200

/** A path that cannot even be decoded (`%zz`) never reaches a route. */
const refuseMalformed = (error: Error & { statusCode?: number }, _request: unknown, reply: FastifyReply) => {
  sendProblem(reply, problem(error.statusCode ?? 400, 'http/refused', error.message.slice(0, detailCharactersMax)))
}

/** A token opens everything: it may stand in an address, but in no log. */
const loggedUrl = (url: string): string => {
  const [path, query] = url.split(/\?(.*)/s)
  return query !== undefined && new URLSearchParams(query).has('token') ? `${path}?token=…` : url
}

const loggedRequest = ({ method, url, host, ip }: FastifyRequest) => ({
  method,
  url: loggedUrl(url),
  host,
  remoteAddress: ip,
})

export interface AppOptions extends Pick<FastifyHttpOptions<Server>, 'requestTimeout' | 'http' | 'routerOptions'> {
  readonly logger: FastifyBaseLogger | undefined
  readonly connectionsMax: number
}

/** An app without routes: paths count with and without a slash at the end, and what it refuses is a problem (RFC 9457). */
export const newApp = ({ logger, connectionsMax, routerOptions, http, ...options }: AppOptions): FastifyInstance => {
  const answers = new WeakMap<Socket, ServerResponse>()
  const app = fastify({
    ...options,
    http: { maxHeaderSize: headBytesMax, connectionsCheckingInterval: lateCheckMs, ...http },
    ...(logger !== undefined && { loggerInstance: logger.child({}, { serializers: { req: loggedRequest } }) }),
    routerOptions: { ignoreTrailingSlash: true, ...routerOptions },
    frameworkErrors: refuseMalformed,
    clientErrorHandler: ({ code }, socket) => refuseBadRequest(code, socket, answers.get(socket)),
    forceCloseConnections: 'idle',
  })
  app.server.maxConnections = connectionsMax
  app.server.on('request', ({ socket }, response) => answers.set(socket, response))
  return app
}

export const notFound = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  const detail = `no route ${request.method} ${request.url.slice(0, pathCharactersMax)}; see /docs`
  return sendProblem(reply, problem(404, 'http/not-found', detail))
}

/** A client that goes away aborts what is done for it. */
export const abortedWith = (reply: FastifyReply): AbortController => {
  const abort = new AbortController()
  reply.raw.on('close', () => abort.abort())
  return abort
}

const hints: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use; stop what listens there, or take another with --port (0: any free one)',
  EACCES: 'ports below 1024 are for root; take another with --port',
  EADDRNOTAVAIL: 'this machine has no such address; try --host 127.0.0.1, or 0.0.0.0 for all',
}

export interface Place {
  /** 0: any free one. */
  readonly port: number
  readonly host: string
}

/** Gives the real port. Rejects with this code, such as `source/listen`, and what to do about it, if it cannot. */
export const listen = async (
  app: FastifyInstance,
  { port, host }: Place,
  code: `${string}/listen`,
): Promise<number> => {
  try {
    await app.listen({ port, host })
  } catch (cause) {
    const why = hints[errnoOf(cause) ?? ''] ?? reasonOf(cause)
    throw new StreamError(code, `listen at ${host}:${port}: ${why}`, { cause })
  }
  return (app.server.address() as AddressInfo).port
}

/** Takes no more requests; answers end by themselves in this time, or are cut. What it gives may be called twice. */
export const closing = (app: FastifyInstance, graceMs: number): (() => Promise<void>) => {
  const closeWithin = async () => {
    const cut = setTimeout(() => app.server.closeAllConnections(), graceMs)
    await app.close()
    clearTimeout(cut)
  }
  let closed: Promise<void> | undefined
  return () => (closed ??= closeWithin())
}
