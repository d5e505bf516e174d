import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { serveDocs } from '../wire/http/docs.ts'
import { closing, listen, newApp } from '../wire/http/serving.ts'
import { countResponse } from './metrics.ts'
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

const description = `
Texts as streams of chunks. \`GET /list_files\` names them, \`GET /stream/{filename}\` gives one as NDJSON.
Both paths work with and without a slash at the end. Errors are problem+json (RFC 9457) with a stable \`code\`.
`

const urlOf = (host: string, port: number) => `http://${host.includes(':') ? `[${host}]` : host}:${port}`

/** Rejects with code `source/listen` if it cannot listen there. */
export const serve = async (source: Source, options: ServeOptions): Promise<SourceServer> => {
  const { port, host = '127.0.0.1', rate = 0, logger } = options
  const routeOptions: RouteOptions = { rate, readerSilenceMsMax: options.readerSilenceMsMax ?? readerSilenceMsMax }
  const api = (on: FastifyInstance) => routes(on, source, routeOptions)
  const app = newApp({
    logger,
    connectionsMax,
    requestTimeout: requestMsMax,
    routerOptions: { maxParamLength: nameCharactersMax },
  })
  app.addHook('onResponse', async ({ routeOptions }, { statusCode }) => countResponse(routeOptions.url, statusCode))
  serveDocs(app, { api, title: 'textstream source', description })
  api(app)
  const url = urlOf(host, await listen(app, { port, host }, 'source/listen'))
  const close = closing(app, options.closeGraceMsMax ?? closeGraceMsMax)
  return { url, close, [Symbol.asyncDispose]: close }
}
