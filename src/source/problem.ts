import { STATUS_CODES } from 'node:http'
import { errnoOf, StreamError } from '../std/error.ts'

/** RFC 9457; `code` is ours: the stable code of the error. */
export interface Problem {
  readonly type: 'about:blank'
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
}

export const problemType = 'application/problem+json'

/** Each fault of a text, as a client sees it. */
export const statuses: Readonly<Record<string, number>> = {
  'source/usage': 400,
  'source/unreadable': 403,
  'source/not-found': 404,
  'source/changed': 412,
  'source/range': 416,
  'source/not-utf8': 422,
  'source/busy': 503,
  'source/unreachable': 503,
}

export const problem = (status: number, code: string, detail: string): Problem => ({
  type: 'about:blank',
  title: STATUS_CODES[status] ?? 'Error',
  status,
  detail,
  code,
})

/** The system's messages name paths of this machine, which are no client's business; the log has them whole. */
const publicDetail = (error: StreamError) => {
  const errno = errnoOf(error)
  return errno === undefined ? error.message : `the source cannot read it (${errno}); its log says more`
}

interface HttpFault extends Error {
  readonly statusCode?: number
  readonly code?: string
}

/** What fastify and its validation refuse, with the status that they give it. */
const problemOfHttp = ({ statusCode = 500, code, message }: HttpFault) =>
  statusCode < 500
    ? problem(statusCode, code === 'FST_ERR_VALIDATION' ? 'http/query' : 'http/refused', message)
    : problem(statusCode, 'http/failed', 'the source failed; its log says why')

export const problemOf = (thrown: unknown): Problem => {
  if (!(thrown instanceof StreamError)) return problemOfHttp(thrown as HttpFault)
  const status = statuses[thrown.code] ?? 500
  return problem(status, thrown.code, publicDetail(thrown))
}
