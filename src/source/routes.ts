import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import { StreamError } from '../std/error.ts'
import { problem, sendProblem } from '../wire/http/problem.ts'
import { abortedWith, notFound } from '../wire/http/serving.ts'
import { listFiles, livez, readyz, streamFile } from './api.ts'
import { streamsEnded, streamsNow } from './metrics.ts'
import { paced } from './pace.ts'
import { problemOf } from './problem.ts'
import { send } from './send.ts'
import type { OpenOptions, Source, TextStream } from './source.ts'

/** Streams that are sent at the same time; each holds a piece of its text in memory. One more is asked to come again. */
export const streamsMax = 256
const etagsMax = 8

export interface RouteOptions {
  /** Chunks per second of each stream; 0: as fast as the reader takes them. */
  readonly rate: number
  readonly readerSilenceMsMax: number
}

/** RFC 9110, 13.1.1: `*`, or a list of entity tags of which one must be the text's; weak ones never are. */
const tagsOf = (ifMatch: string | undefined): readonly (string | undefined)[] => {
  if (ifMatch === undefined || ifMatch.trim() === '*') return [undefined]
  const tags = ifMatch.match(/(?:W\/)?"[^"]*"/g) ?? [ifMatch]
  return tags.slice(0, etagsMax)
}

const isChanged = (thrown: unknown) => thrown instanceof StreamError && thrown.code === 'source/changed'

const openMatching = async (source: Source, name: string, ifMatch: string | undefined, options: OpenOptions) => {
  const tags = tagsOf(ifMatch)
  for (const [i, tag] of tags.entries()) {
    const opening = source.open(name, tag === undefined ? options : { ...options, ifMatch: tag })
    if (i === tags.length - 1) return opening
    const stream = await opening.catch(thrown => {
      if (!isChanged(thrown)) throw thrown
    })
    if (stream !== undefined) return stream
  }
  throw new StreamError('source/changed', `stream "${name}": If-Match names no entity tag`)
}

const namesNdjson = (accept = '') =>
  accept.split(',').some(part => /^\s*application\/x-ndjson\s*(;(?!\s*q=0(\.0*)?\s*$)|$)/i.test(part))

const headersOf = ({ etag, chunkSize, from }: TextStream, accept: string | undefined) => ({
  'content-type': namesNdjson(accept) ? 'application/x-ndjson' : 'application/json',
  vary: 'accept',
  'cache-control': 'no-cache',
  'x-content-type-options': 'nosniff',
  'x-from': from,
  ...(etag !== undefined && { etag }),
  ...(chunkSize !== undefined && { 'x-chunk-size': chunkSize }),
})

/** Every known path refuses the methods it does not have, before a body is read. */
const refuseOtherMethods = (app: FastifyInstance, url: string) => {
  const method = app.supportedMethods.filter(name => name !== 'GET' && name !== 'HEAD')
  const onRequest = async (request: FastifyRequest, reply: FastifyReply) => {
    const told = problem(405, 'http/method', `${request.method} is not for ${url}; GET and HEAD are`)
    return sendProblem(reply.header('allow', 'GET, HEAD'), told)
  }
  app.route({ method, url, schema: { hide: true }, onRequest, handler: () => {} })
}

/** The HTTP side of any Source. */
export const routes = (app: FastifyInstance, source: Source, { rate, readerSilenceMsMax }: RouteOptions): void => {
  let streams = 0

  const sendStream = async (reply: FastifyReply, stream: TextStream, abort: AbortController) => {
    const { request } = reply
    reply.hijack()
    reply.raw.writeHead(200, headersOf(stream, request.headers.accept))
    if (request.method === 'HEAD') {
      reply.raw.end()
      return abort.abort()
    }
    const blocks = rate > 0 ? paced(stream.blocks, rate, abort.signal) : stream.blocks
    const sinceMs = performance.now() - reply.elapsedTime
    await send(reply.raw, blocks, readerSilenceMsMax, sinceMs).then(
      () => streamsEnded.of({ ended: 'whole' }).add(),
      err => {
        streamsEnded.of({ ended: abort.signal.aborted ? 'reader_gone' : 'failed' }).add()
        if (abort.signal.aborted) request.log.info('the reader went away')
        else request.log.warn({ err }, 'stream cut')
      },
    )
  }

  const answerStream = async (reply: FastifyReply, name: string, ifMatch: string | undefined, from: number) => {
    if (streams >= streamsMax) throw new StreamError('source/busy', `more than ${streamsMax} streams; try again`)
    streams++
    streamsNow.add(1)
    try {
      const abort = abortedWith(reply)
      const stream = await openMatching(source, name, ifMatch, { from, signal: abort.signal })
      await sendStream(reply, stream, abort)
    } finally {
      streams--
      streamsNow.add(-1)
    }
  }

  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.setNotFoundHandler(notFound)
  app.setErrorHandler((thrown, request, reply) => {
    if (problemOf(thrown).status >= 500) request.log.error({ err: thrown }, 'request failed')
    return sendProblem(reply, problemOf(thrown))
  })

  const api = app.withTypeProvider<ZodTypeProvider>()
  api.get('/list_files', { schema: listFiles }, async () => ({ files: [...(await source.list())] }))
  api.get('/stream/:filename', { schema: streamFile }, async ({ params, query, headers }, reply) => {
    await answerStream(reply, params.filename, headers['if-match'], query.from ?? 0)
    return reply
  })
  api.get('/livez', { schema: livez }, () => ({ status: 'live' }))
  api.get('/readyz', { schema: readyz }, async () => {
    await source.list()
    return { status: 'ready' }
  })
  for (const url of ['/list_files', '/stream/:filename', '/livez', '/readyz']) refuseOtherMethods(app, url)
}
