import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { contentType, metricsText } from '../metrics/metrics.ts'
import { serveDocs } from '../wire/http/docs.ts'
import { problem, sendProblem } from '../wire/http/problem.ts'
import { closing, listen, newApp } from '../wire/http/serving.ts'
import { statusClassOf } from '../wire/http/status-class.ts'
import { guard, pagePolicy, refuseOpen } from './guard.ts'
import { type Route, responseSeconds, responses } from './metrics.ts'
import type { PageFile, PageFiles } from './page-files.ts'
import type { Parts } from './parts.ts'
import { routes } from './routes.ts'

const connectionsMax = 2_048
/** A request's head must have come by then; a body may take as long as it likes. */
const headMsMax = 20_000
/** Answers may go on so long after `close`; then they are cut. */
const closeGraceMsMax = 3_000

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
    return sendProblem(reply, problem(404, 'http/not-found', `no route GET ${path.slice(0, 200)}; see /docs`))
  })
}

/** Swagger's own page needs its inline style; its scripts are files of ours. */
const docsPolicy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"

const description = `
What \`textstream up\` offers: agents write here, and whoever looks reads here, while it is written.
Errors are problem+json (RFC 9457) with a stable \`code\`. Times are microseconds since 1970, UTC.
`

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

const urlOf = (host: string, port: number) => {
  const name = host === '127.0.0.1' || host === '::1' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `http://${name}:${port}`
}

/** Serves the API and the page. Rejects with `web/listen` if it cannot, with `web/usage` if it would be open to all. */
export const serve = async (parts: Parts, options: ServeOptions): Promise<WebServer> => {
  const { port, host, token, logger } = options
  refuseOpen({ host, token })
  const app = newApp({ logger, connectionsMax, http: { headersTimeout: headMsMax, requestTimeout: 0 } })
  countAnswers(app)
  guard(app, { host, token })
  const api = (on: FastifyInstance) => routes(on, parts)
  api(app)
  serveDocs(app, { api, title: 'textstream', description, headers: { 'content-security-policy': docsPolicy } })
  serveMetrics(app)
  servePage(app, options.page)
  app.addHook('preClose', async () => {
    parts.flow[Symbol.dispose]()
    parts.documents[Symbol.dispose]()
  })
  const url = urlOf(host, await listen(app, { port, host }, 'web/listen'))
  return { url, [Symbol.asyncDispose]: closing(app, closeGraceMsMax) }
}
