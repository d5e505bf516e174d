import { z } from 'zod'
import { microsOf } from '../chunk/event-time.ts'
import { problemAnswers } from '../wire/http/problem.ts'
import * as api from './api.ts'
import { orders } from './documents.ts'

/** What the routes take and give, for validation and for the OpenAPI document. */

const pageMax = 500
const chunksMax = 50_000
const uriCharactersMax = 64 * 1024

const problems = problemAnswers(api.problem)

const common = [
  [401, 'a token is needed, where it listens beyond loopback'],
  [403, "another site's page asks"],
  [421, 'the name that was asked for is not this server’s'],
] as const

const text = (description: string) => ({ description, content: { 'text/plain': { schema: z.string() } } })
const events = (description: string) => ({ description, content: { 'text/event-stream': { schema: z.string() } } })

const number = (max: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .refine(n => n <= max, `must be at most ${max}`)

const uri = z.string().min(1).max(uriCharactersMax).describe('the document, as its records name it')
const at = z
  .string()
  .max(64)
  .transform(text => (/^-?\d+$/.test(text) ? Number(text) : microsOf(text)))
  .refine(Number.isSafeInteger, 'must be microseconds since 1970, or a time as ISO 8601 has it')
  .optional()
  .describe('only records whose `event_time` is not later; one without a time counts as the one before it did')

const starting = [503, 'the topic is still being read for the first time, or too much is asked at once'] as const
const unknown = [404, 'the topic has no such document'] as const

export const postRecords = {
  summary: 'takes records, and answers once they are durable',
  description: [
    'NDJSON, one record a line, of any media type. Each line is judged by itself: refused ones are told with',
    'their reason, the others are kept as they are (one without a time gets one). `agent` and `uri` fill in what records lack.',
    'With `Content-Type: text/plain` and `?agent=…&uri=…` the body is a text: one answer, each part of it a chunk as it',
    'arrives, with a closing record that has its digest. It can be read while it is sent.',
  ].join('\n'),
  querystring: z.object({
    agent: z.string().min(1).max(uriCharactersMax).optional(),
    uri: uri.optional(),
  }),
  response: {
    200: api.stored,
    ...problems(
      ...common,
      [400, 'the query is not understood'],
      [413, 'the body is too long; what came before is stored'],
      [422, 'no line is a record; with the verdicts of `200`'],
      [503, 'the topic cannot be written to: another process does, or the disk is full'],
    ),
  },
}

export const listDocuments = {
  summary: 'documents, a page at a time',
  querystring: z.object({
    search: z.string().max(1_000).optional().describe('a part of the uri or of an agent’s name, in any case'),
    uri: uri.optional().describe('this one, if it is there'),
    order: z.enum(orders).default('recent').describe('the latest, by name, or the longest first'),
    limit: number(pageMax).default(100),
    cursor: z
      .string()
      .max(2 * uriCharactersMax)
      .optional()
      .describe('`next` of the page before'),
  }),
  response: { 200: api.documentPage, ...problems(...common, [400, 'the query is not understood']) },
}

export const documentText = {
  summary: 'the text of a document, as a refresh would write it now, or of what had come by then',
  description: [
    'Bytes exactly as captured. `Range: bytes=a-b` gives a part. `X-Event-Id` names what was read:',
    '`/documents/live?after=…` goes on behind it.',
  ].join('\n'),
  querystring: z.object({ uri, at }),
  response: {
    200: text('UTF-8'),
    206: text('a part'),
    ...problems(...common, unknown, [416, 'no such part'], starting),
  },
}

export const documentChunks = {
  summary: 'where each chunk of the text begins, whose it is, and when it came',
  querystring: z.object({ uri, at, from: number(2 ** 48).default(0), limit: number(chunksMax).default(10_000) }),
  response: { 200: api.chunkPage, ...problems(...common, unknown, starting) },
}

export const followDocument = {
  summary: 'the text, and what is added to it as it is written',
  description: [
    'Server-sent events: `text` (LiveText: append it), `replaced` (the text is another one now: begin anew with what',
    'follows), `over` (every answer has its end; more may come), `dropped` (you did not read for too long).',
    '`id` names what you have: with `Last-Event-ID`, or `after`, it goes on behind it, also after a restart.',
    'A document that is not there yet is waited for.',
  ].join('\n'),
  querystring: z.object({ uri, after: z.string().max(100).optional() }),
  headers: z.object({ 'last-event-id': z.string().max(1_000).optional() }),
  response: { 200: events('text/event-stream'), ...problems(...common, starting) },
}

export const followAll = {
  summary: 'what is being written now, of all streams at once',
  description:
    'Server-sent events: `flow` (Flow; the first one has the end of each text), `dropped` (you did not read for too long).',
  response: { 200: events('text/event-stream'), ...problems(...common, starting) },
}

const fromWarehouse = [
  [501, 'the tables of Hive cannot be read from here; ask Hive'],
  [503, 'the warehouse cannot be read now'],
  [504, 'it took too long'],
] as const

export const listAgents = {
  summary: 'agents, the latest first',
  response: { 200: api.agentList, ...problems(...common, ...fromWarehouse) },
}

export const listResponses = {
  summary: 'answers, the latest first',
  querystring: z.object({
    uri: uri.optional(),
    agent: z.string().max(uriCharactersMax).optional(),
    limit: number(1_000).default(200),
  }),
  response: { 200: api.responseList, ...problems(...common, ...fromWarehouse) },
}

export const listClusters = {
  summary: 'clusters, the largest first, with where they came from and their size over time',
  response: { 200: api.clusterList, ...problems(...common, ...fromWarehouse) },
}

export const listRejected = {
  summary: 'lines that became no row, and why; the latest',
  response: { 200: api.rejectedList, ...problems(...common, ...fromWarehouse) },
}

export const postQuery = {
  summary: 'one SQL statement that only reads',
  description: 'As textstream query, within 30 s, 10,000 rows and 16 MiB; `truncated` says that there was more.',
  body: api.queryRequest,
  response: {
    200: api.queryAnswer,
    ...problems(...common, [400, 'the statement is wrong'], [403, 'it would do more than read'], ...fromWarehouse),
  },
}

export const getHealth = {
  summary: 'how all parts are',
  response: { 200: api.health, 503: api.health, ...problems(...common) },
}
