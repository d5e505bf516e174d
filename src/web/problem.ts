import { statuses } from '../source/problem.ts'
import { errnoOf, StreamError } from '../std/error.ts'
import { type Problem, problem, problemOfHttp } from '../wire/http/problem.ts'

/** Faults of ours and of the rooms below, as a client sees them. */
const ours: Readonly<Record<string, number>> = {
  ...statuses,
  'web/query': 400,
  'web/records': 422,
  'web/body': 413,
  'web/token': 401,
  'web/host': 421,
  'web/origin': 403,
  'web/not-found': 404,
  'web/no-page': 404,
  'web/range': 416,
  'web/busy': 503,
  'web/catching-up': 503,
  'web/timeout': 504,
  'web/elsewhere': 501,
  'topic/locked': 503,
  'topic/append': 503,
  'topic/unreachable': 503,
  'topic/not-found': 503,
  'topic/unreadable': 503,
  'topic/unwritable': 503,
  'warehouse/sql': 400,
  'warehouse/refused': 403,
  'warehouse/not-found': 503,
  'warehouse/interrupted': 504,
  'warehouse/too-large': 400,
  'warehouse/mirror-disk': 503,
  'hdfs/unreachable': 503,
  'hdfs/read-only': 503,
  'hdfs/broken': 503,
  'hdfs/changed': 503,
  'hdfs/denied': 501,
  'hdfs/secure': 501,
}

const failed = 'it failed; the log of textstream up says why'

/** The system's messages name paths of this machine, which the log has whole. */
const detailOf = (error: StreamError) => {
  const errno = errnoOf(error)
  return errno === undefined ? error.message : `${error.message.split(/[:;]/)[0]}: ${errno}`
}

export const problemOf = (thrown: unknown): Problem => {
  if (!(thrown instanceof StreamError)) return problemOfHttp(thrown, failed)
  return problem(ours[thrown.code] ?? 500, thrown.code, detailOf(thrown))
}
