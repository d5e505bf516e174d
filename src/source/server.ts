import type { AddressInfo } from 'node:net'
import { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import { errnoOf, reasonOf, StreamError } from '../std/error.ts'
import { countResponse } from './metrics.ts'
import { problem, problemType } from './problem.ts'
import { type RouteOptions, routes } from './routes.ts'
import { readerSilenceMsMax } from './send.ts'
import type { Source } from './source.ts'

const connectionsMax = 1024
/** How long streams may go on after `close`; then they are cut, which their readers see. */
export const closeGraceMsMax = 5_000
/** A request's head must have come by then. */
const requestMsMax = 30_000
/** Names of up to 255 bytes, percent-encoded. */
const nameCharactersMax = 1024
const detailCharactersMax = 300

export interface ServeOptions {
  /** 0: any free one. */
  readonly port: number
  readonly host?: string
  /** Chunks per second of each stream, evenly, as an LLM gives them; 0: as fast as the reader takes them. */
  readonly rate?: number
  readonly logger?: FastifyBaseLogger
  readonly readerSilenceMsMax?: number
  readonly closeGraceMsMax?: number
}

export interface SourceServer extends AsyncDisposable {
  /** Where it listens, with the real port. */
  readonly url: string
  /** Takes no more requests; streams end by themselves within `closeGraceMsMax`, or are cut. Safe to call twice. */
  close(): Promise<void>
}

const cannotListen = (host: string, port: number, cause: unknown) => {
  const hints: Record<string, string> = {
    EADDRINUSE: 'the port is in use; stop what listens there, or take another with --port (0: any free one)',
    EACCES: 'ports below 1024 are for root; take another with --port',
    EADDRNOTAVAIL: 'this machine has no such address; try --host 127.0.0.1, or 0.0.0.0 for all',
  }
  const why = hints[errnoOf(cause) ?? ''] ?? reasonOf(cause)
  return new StreamError('source/listen', `listen at ${host}:${port}: ${why}`, { cause })
}

/** A path that cannot even be decoded (`%zz`) never reaches a route. */
const refuseMalformed = (error: Error & { statusCode?: number }, _request: unknown, reply: FastifyReply) => {
  const told = problem(error.statusCode ?? 400, 'http/refused', error.message.slice(0, detailCharactersMax))
  reply.code(told.status).type(problemType).send(JSON.stringify(told))
}

const newApp = (logger: FastifyBaseLogger | undefined): FastifyInstance => {
  const app = fastify({
    ...(logger !== undefined && { loggerInstance: logger }),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: nameCharactersMax },
    frameworkErrors: refuseMalformed,
    requestTimeout: requestMsMax,
    forceCloseConnections: 'idle',
  })
  app.server.maxConnections = connectionsMax
  app.addHook('onResponse', async ({ routeOptions }, { statusCode }) => countResponse(routeOptions.url, statusCode))
  return app
}

/** The documentation is made when it is first asked for. */
const serveDocs = (app: FastifyInstance, api: (app: FastifyInstance) => void) => {
  let docs: Promise<FastifyInstance> | undefined
  const handler = async (request: FastifyRequest, reply: FastifyReply) => {
    docs ??= import('./docs.ts').then(({ docsOf }) => docsOf(api))
    const { routing } = await docs
    reply.hijack()
    routing(request.raw, reply.raw)
  }
  app.get('/docs', handler)
  app.get('/docs/*', handler)
  app.addHook('onClose', async () => (await docs)?.close())
}

const urlOf = (host: string, { port }: AddressInfo) => `http://${host.includes(':') ? `[${host}]` : host}:${port}`

/** Rejects with code `source/listen` if it cannot listen there. */
export const serve = async (source: Source, options: ServeOptions): Promise<SourceServer> => {
  const { port, host = '127.0.0.1', rate = 0, logger } = options
  const routeOptions: RouteOptions = { rate, readerSilenceMsMax: options.readerSilenceMsMax ?? readerSilenceMsMax }
  const api = (app: FastifyInstance) => routes(app, source, routeOptions)
  const app = newApp(logger)
  serveDocs(app, api)
  api(app)
  await app.listen({ port, host }).catch(cause => {
    throw cannotListen(host, port, cause)
  })
  let closing: Promise<void> | undefined
  const close = () => (closing ??= closeWithin(app, options.closeGraceMsMax ?? closeGraceMsMax))
  return { url: urlOf(host, app.server.address() as AddressInfo), close, [Symbol.asyncDispose]: close }
}

const closeWithin = async (app: FastifyInstance, graceMs: number): Promise<void> => {
  const cut = setTimeout(() => app.server.closeAllConnections(), graceMs)
  await app.close()
  clearTimeout(cut)
}
