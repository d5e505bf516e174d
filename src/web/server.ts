import type { AddressInfo } from 'node:net'
import { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import { contentType, metricsText } from '../metrics/metrics.ts'
import { errnoOf, reasonOf, StreamError } from '../std/error.ts'
import { guard, pagePolicy, refuseOpen } from './guard.ts'
import { type Route, responseSeconds, responses, statusClassOf } from './metrics.ts'
import type { PageFile, PageFiles } from './page-files.ts'
import type { Parts } from './parts.ts'
import { problem, problemType } from './problem.ts'
import { routes } from './routes.ts'

const connectionsMax = 2_048
/** A request's head must have come by then; a body may take as long as it likes. */
const headMsMax = 20_000
/** Answers may go on so long after `close`; then they are cut. */
const closeGraceMsMax = 3_000
const detailCharactersMax = 300

export interface ServeOptions {
  /** 0: any free one. */
  readonly port: number
  readonly host: string
  readonly token: string | undefined
  /** The page, or why there is none. */
  readonly page: () => Promise<PageFiles | string>
  readonly logger?: FastifyBaseLogger
}

export interface WebServer extends AsyncDisposable {
  /** Where it listens, with the real port. */
  readonly url: string
}

const refuseMalformed = (error: Error & { statusCode?: number }, _request: unknown, reply: FastifyReply) => {
  const told = problem(error.statusCode ?? 400, 'http/refused', error.message.slice(0, detailCharactersMax))
  reply.code(told.status).type(problemType).send(JSON.stringify(told))
}

const newApp = (logger: FastifyBaseLogger | undefined): FastifyInstance => {
  const app = fastify({
    ...(logger !== undefined && { loggerInstance: logger }),
    routerOptions: { ignoreTrailingSlash: true },
    frameworkErrors: refuseMalformed,
    forceCloseConnections: 'idle',
    http: { headersTimeout: headMsMax, requestTimeout: 0 },
  })
  app.server.maxConnections = connectionsMax
  return app
}

const sendFile = (request: FastifyRequest, reply: FastifyReply, file: PageFile) => {
  reply
    .header('content-security-policy', pagePolicy)
    .header('cache-control', file.isForever ? 'public, max-age=31536000, immutable' : 'no-cache')
    .header('etag', file.etag)
  if (request.headers['if-none-match'] === file.etag) return reply.code(304).send()
  return reply.type(file.type).send(file.bytes)
}

/** Whatever no route is for is a file of the page, or not there. */
const servePage = (app: FastifyInstance, load: ServeOptions['page']) => {
  let page: Promise<PageFiles | string> | undefined
  app.get('/*', async (request, reply) => {
    page ??= load()
    const files = await page
    const path = request.url.split('?')[0]
    const file = typeof files === 'string' ? undefined : files.get(path)
    if (file !== undefined) return sendFile(request, reply, file)
    const hint = typeof files === 'string' && path === '/' ? `${files}; the API is described at /docs` : undefined
    if (hint !== undefined) return reply.code(200).type('text/plain; charset=utf-8').send(`${hint}\n`)
    const told = problem(404, 'http/not-found', `no route GET ${path.slice(0, 200)}; see /docs`)
    return reply.code(404).type(problemType).send(JSON.stringify(told))
  })
}

/** Swagger's own page needs its inline style; its scripts are files of ours. */
const docsPolicy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"

/** The documentation is made when it is first asked for. */
const serveDocs = (app: FastifyInstance, api: (app: FastifyInstance) => void) => {
  let docs: Promise<FastifyInstance> | undefined
  const handler = async (request: FastifyRequest, reply: FastifyReply) => {
    docs ??= import('./docs.ts').then(({ docsOf }) => docsOf(api))
    const { routing } = await docs
    reply.hijack()
    for (const [name, value] of Object.entries(reply.getHeaders())) reply.raw.setHeader(name, value as string)
    reply.raw.setHeader('content-security-policy', docsPolicy)
    routing(request.raw, reply.raw)
  }
  app.get('/docs', handler)
  app.get('/docs/*', handler)
  app.addHook('onClose', async () => (await docs)?.close())
}

const routeNames: Readonly<Record<string, Route>> = {
  '/records': 'records',
  '/documents': 'documents',
  '/documents/text': 'text',
  '/documents/chunks': 'chunks',
  '/documents/live': 'document_live',
  '/live': 'live',
  '/agents': 'agents',
  '/responses': 'responses',
  '/clusters': 'clusters',
  '/rejected': 'rejected',
  '/query': 'query',
  '/health': 'health',
  '/*': 'page',
}

const isLive = (route: Route) => route === 'live' || route === 'document_live'

const countAnswers = (app: FastifyInstance) => {
  app.addHook('onRequest', async (request, reply) => {
    const route = routeNames[request.routeOptions.url ?? ''] ?? 'other'
    const began = performance.now()
    reply.raw.once('close', () => {
      responses.of({ route, status: statusClassOf(reply.raw.statusCode) }).add()
      if (!isLive(route)) responseSeconds.of({ route }).since(began)
    })
  })
}

const serveMetrics = (app: FastifyInstance) => {
  app.get('/metrics', async (_request, reply) => reply.type(contentType).send(await metricsText()))
}

const urlOf = (host: string, { port }: AddressInfo) => {
  const name = host === '127.0.0.1' || host === '::1' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `http://${name}:${port}`
}

const cannotListen = (host: string, port: number, cause: unknown) => {
  const hints: Record<string, string> = {
    EADDRINUSE: 'the port is in use; stop what listens there, or take another with --port (0: any free one)',
    EACCES: 'ports below 1024 are for root; take another with --port',
    EADDRNOTAVAIL: 'this machine has no such address; try --host 127.0.0.1, or 0.0.0.0 for all',
  }
  const why = hints[errnoOf(cause) ?? ''] ?? reasonOf(cause)
  return new StreamError('web/listen', `listen at ${host}:${port}: ${why}`, { cause })
}

const closeWithin = async (app: FastifyInstance, graceMs: number): Promise<void> => {
  const cut = setTimeout(() => app.server.closeAllConnections(), graceMs)
  await app.close()
  clearTimeout(cut)
}

/** Serves the API and the page. Rejects with `web/listen` if it cannot, with `web/usage` if it would be open to all. */
export const serve = async (parts: Parts, options: ServeOptions): Promise<WebServer> => {
  const { port, host, token } = options
  refuseOpen({ host, token })
  const app = newApp(options.logger)
  countAnswers(app)
  guard(app, { host, token })
  const api = (on: FastifyInstance) => routes(on, parts)
  api(app)
  serveDocs(app, api)
  serveMetrics(app)
  servePage(app, options.page)
  app.addHook('preClose', async () => {
    parts.flow[Symbol.dispose]()
    parts.documents[Symbol.dispose]()
  })
  await app.listen({ port, host }).catch(cause => {
    throw cannotListen(host, port, cause)
  })
  let closing: Promise<void> | undefined
  const close = () => (closing ??= closeWithin(app, closeGraceMsMax))
  return { url: urlOf(host, app.server.address() as AddressInfo), [Symbol.asyncDispose]: close }
}
