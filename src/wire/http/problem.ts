import { STATUS_CODES } from 'node:http'
import type { FastifyReply } from 'fastify'

/** RFC 9457; `code` is ours: the stable code of the error. */
export interface Problem {
  readonly type: 'about:blank'
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
}

export const problemType = 'application/problem+json'

const retryAfterSeconds = 1

export const problem = (status: number, code: string, detail: string): Problem => ({
  type: 'about:blank',
  title: STATUS_CODES[status] ?? 'Error',
  status,
  detail,
  code,
})

export type Cause = readonly [status: number, cause: string]

/** For a route's schema: which problems, of this shape, it answers with. */
export const problemAnswers =
  (schema: unknown) =>
  (...causes: readonly Cause[]) =>
    Object.fromEntries(
      causes.map(([status, description]) => [status, { description, content: { [problemType]: { schema } } }]),
    )

interface HttpFault extends Error {
  readonly statusCode?: number
  readonly code?: string
}

/** What fastify and its validation refuse, with the status that they give it. Of what failed here, only `failed` is told. */
export const problemOfHttp = (thrown: unknown, failed: string): Problem => {
  const { statusCode = 500, code, message } = thrown as HttpFault
  if (statusCode >= 500) return problem(statusCode, 'http/failed', failed)
  return problem(statusCode, code === 'FST_ERR_VALIDATION' ? 'http/query' : 'http/refused', message)
}

export const sendProblem = (reply: FastifyReply, told: Problem): FastifyReply => {
  if (told.status === 503) reply.header('retry-after', retryAfterSeconds)
  return reply.code(told.status).type(problemType).send(JSON.stringify(told))
}
