import { z } from 'zod'
import { problemAnswers } from '../wire/http/problem.ts'

const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().describe('stable: room/reason').meta({ example: 'source/not-found' }),
  })
  .describe('RFC 9457 (application/problem+json)')

const problems = problemAnswers(problem)

export const listFiles = {
  summary: 'the names of all texts, in byte order',
  response: {
    200: z.object({ files: z.array(z.string()) }),
    ...problems([503, 'the texts cannot be listed, now']),
  },
}

const wholeNumber = z
  .string()
  .regex(/^\d{1,15}$/, 'must be a whole number')
  .transform(Number)

const line = z.object({ chunk: z.string() }).describe('one line; the body has many')

export const streamFile = {
  summary: 'one text as NDJSON, a chunk a line',
  description: [
    'Lines of `{"chunk":"…"}`, each with `X-Chunk-Size` characters (code points) of the text, the last one with the rest.',
    'To go on after a cut, send `from` (how many chunks you have) and the `ETag` as `If-Match`.',
    'A body that is cut off (no last HTTP chunk) is not the whole text. HEAD gives the headers alone.',
    'Media type: `application/json`, or `application/x-ndjson` if `Accept` names it.',
    'Answer headers: `ETag`: covers the content and the chunk size. `X-From`: the number of the first chunk in the body.',
    '`X-Chunk-Size`: characters per chunk.',
  ].join('\n'),
  params: z.object({ filename: z.string().describe('as `/list_files` has it, percent-encoded') }),
  querystring: z.object({
    from: wholeNumber.optional().describe('the number of the first chunk wanted; 0 is the first'),
  }),
  headers: z.object({ 'if-match': z.string().optional().describe('the `ETag` that the text must still have') }),
  response: {
    200: {
      description: 'NDJSON: {"chunk":"…"} a line',
      content: { 'application/json': { schema: line }, 'application/x-ndjson': { schema: line } },
    },
    ...problems(
      [400, 'the query is not understood'],
      [403, 'the text may not be read'],
      [404, 'File not found'],
      [412, 'the text, or its cutting into chunks, is another one now'],
      [416, '`from` lies behind the end'],
      [422, 'the text is not UTF-8; says at which byte'],
      [503, 'too many streams, or the text cannot be read now; try again'],
    ),
  },
}

const state = z.object({ status: z.string() })

export const livez = { summary: 'answers as long as the process does', response: { 200: state } }

export const readyz = {
  summary: 'whether the texts can be listed',
  response: { 200: state, ...problems([503, 'they cannot be listed, now']) },
}
