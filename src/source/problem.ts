import { errnoOf, StreamError } from '../std/error.ts'
import { type Problem, problem, problemOfHttp } from '../wire/http/problem.ts'

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

/** The system's messages name paths of this machine, which are no client's business; the log has them whole. */
const publicDetail = (error: StreamError) => {
  const errno = errnoOf(error)
  return errno === undefined ? error.message : `the source cannot read it (${errno}); its log says more`
}

export const problemOf = (thrown: unknown): Problem => {
  if (!(thrown instanceof StreamError)) return problemOfHttp(thrown, 'the source failed; its log says why')
  const status = statuses[thrown.code] ?? 500
  return problem(status, thrown.code, publicDetail(thrown))
}
