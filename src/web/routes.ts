import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import { StreamError } from '../std/error.ts'
import { problem, problemType, sendProblem } from '../wire/http/problem.ts'
import { abortedWith, notFound } from '../wire/http/serving.ts'
import { readChunks } from './chunk-table.ts'
import { pageOf } from './documents.ts'
import * as metrics from './metrics.ts'
import type { Parts } from './parts.ts'
import { problemOf } from './problem.ts'
import { Intake, type Names } from './receive.ts'
import { receiveText } from './receive-text.ts'
import { recent } from './recent.ts'
import * as schemas from './schemas.ts'
import { sendText } from './send-text.ts'
import { agentsOf, clustersOf, rejectedOf, responsesOf } from './tables.ts'

const bodyJsonBytesMax = 1024 * 1024

const refuse = (reply: FastifyReply, thrown: unknown) => {
  const told = problemOf(thrown)
  if (told.status === 401) reply.header('www-authenticate', 'Bearer')
  return sendProblem(reply, told)
}

/** Asked again and again, and nothing that a log would have to tell. */
const quiet = new Set(['web/catching-up', 'web/elsewhere'])

const isWorthLogging = (thrown: unknown) => {
  const { status, code } = problemOf(thrown)
  return status >= 500 && !quiet.has(code)
}

/** What `fetch` sends as text without being told to is NDJSON all the same, if nobody says whose text it is. */
const isText = ({ headers: { 'content-type': type = '' } }: FastifyRequest, { agent, uri }: Names) =>
  /^text\//i.test(type) && (agent !== undefined || uri !== undefined)

/** Bodies come as they are, whatever their type: they are read as they arrive. */
const takeBodiesAsStreams = (app: FastifyInstance) => {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
}

const receive = async ({ topic }: Parts, request: FastifyRequest, { agent, uri }: Names) => {
  const isOneText = isText(request, { agent, uri })
  if (isOneText && (agent === undefined || uri === undefined))
    throw new StreamError('web/query', 'a text needs its names: POST /records?agent=…&uri=…')
  const began = performance.now()
  await using writer = await topic.writer()
  const body = (request.body ?? []) as AsyncIterable<Uint8Array>
  const stored = isOneText
    ? await receiveText(writer, agent!, uri!, body)
    : await new Intake(writer, { agent, uri }).take(body)
  metrics.storedSeconds.since(began)
  metrics.records.of({ result: 'stored' }).add(stored.stored)
  metrics.records.of({ result: 'refused' }).add(stored.refused)
  return stored
}

const nothingStored = 'no line of the body is a record; the verdicts say why'

const recordsRoute = async (app: FastifyInstance, parts: Parts): Promise<void> => {
  takeBodiesAsStreams(app)
  const api = app.withTypeProvider<ZodTypeProvider>()
  api.post('/records', { schema: schemas.postRecords }, async (request, reply) => {
    const stored = await receive(parts, request, request.query)
    if (stored.stored > 0 || stored.refused === 0) return stored
    const told = { ...problem(422, 'web/records', nothingStored), ...stored }
    reply.hijack()
    reply.raw.writeHead(422, { ...headersOf(reply), 'content-type': problemType }).end(JSON.stringify(told))
    return reply
  })
}

const headersOf = (reply: FastifyReply) => reply.getHeaders() as Record<string, string>

/** The answer is written event by event, by whoever is given it. */
const asEvents = (reply: FastifyReply) => {
  reply.hijack()
  for (const [name, value] of Object.entries(headersOf(reply))) reply.raw.setHeader(name, value)
  return reply.raw
}

/** To be asked for its head alone would leave a reader that nothing can be written to, and that is never dropped. */
const neverEnds = { exposeHeadRoute: false }

const documentRoutes = (app: FastifyInstance, { hub, archive, documents }: Parts): void => {
  const api = app.withTypeProvider<ZodTypeProvider>()
  api.get('/documents', { schema: schemas.listDocuments }, ({ query }) => pageOf(hub.catalog, query))
  api.get('/documents/text', { schema: schemas.documentText }, async ({ query }, reply) => {
    await sendText(reply, await archive.rebuilt(query.uri, query.at))
    return reply
  })
  api.get('/documents/chunks', { schema: schemas.documentChunks }, async ({ query }) => {
    const { chunksPath: path, parts, agents } = await archive.rebuilt(query.uri, query.at)
    return readChunks({ path, parts, agents }, query.from, query.limit)
  })
  api.get('/documents/live', { schema: schemas.followDocument, ...neverEnds }, async ({ query, headers }, reply) => {
    await archive.ready()
    // From here on nobody comes between.
    documents.refuseTooMany(query.uri)
    const mark = headers['last-event-id'] ?? query.after
    await documents.follow(asEvents(reply), query.uri, mark === '' ? undefined : mark)
    return reply
  })
}

const warehouseRoutes = (app: FastifyInstance, { warehouse }: Parts): void => {
  const api = app.withTypeProvider<ZodTypeProvider>()
  const agents = recent(() => agentsOf(warehouse))
  const clusters = recent(() => clustersOf(warehouse))
  const rejected = recent(() => rejectedOf(warehouse))
  const latest = recent(() => responsesOf(warehouse, { limit: 200 }))
  api.get('/agents', { schema: schemas.listAgents }, async () => ({ agents: await agents() }))
  api.get('/responses', { schema: schemas.listResponses }, async ({ query }, reply) => {
    const isPlain = query.uri === undefined && query.agent === undefined && query.limit === 200
    return { responses: isPlain ? await latest() : await responsesOf(warehouse, query, abortedWith(reply).signal) }
  })
  api.get('/clusters', { schema: schemas.listClusters }, () => clusters())
  api.get('/rejected', { schema: schemas.listRejected }, () => rejected())
  api.post('/query', { schema: schemas.postQuery, bodyLimit: bodyJsonBytesMax }, ({ body }, reply) =>
    warehouse.answer(body, abortedWith(reply).signal),
  )
}

/** All but the page. Also asked for its schemas, without parts, to write the documentation. */
export const routes = (app: FastifyInstance, parts: Parts): void => {
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.setNotFoundHandler(notFound)
  app.setErrorHandler((thrown, request, reply) => {
    const isGone = reply.raw.destroyed
    if (!isGone && isWorthLogging(thrown)) request.log.error({ err: thrown }, 'request failed')
    return refuse(reply, thrown)
  })
  app.register(async scope => recordsRoute(scope, parts))
  documentRoutes(app, parts)
  warehouseRoutes(app, parts)
  const api = app.withTypeProvider<ZodTypeProvider>()
  api.get('/live', { schema: schemas.followAll, ...neverEnds }, async (_request, reply) => {
    parts.flow.refuseTooMany()
    parts.flow.follow(asEvents(reply))
    return reply
  })
  api.get('/health', { schema: schemas.getHealth }, async (_request, reply) => {
    const health = await parts.health()
    return reply.code(health.status === 'ok' ? 200 : 503).send(health)
  })
}
