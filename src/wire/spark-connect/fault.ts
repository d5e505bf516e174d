import { Code, ConnectError } from '@connectrpc/connect'
import { reasonOf, StreamError } from '../../std/error.ts'
import { type SparkAddress, sparkName } from './address.ts'
import { ErrorInfoSchema, type FetchErrorDetailsResponse, type FetchErrorDetailsResponse_Error } from './proto.ts'

/** What Spark itself says of an error. */
export interface SparkSays {
  /** Whole, on as many lines as Spark gave it. */
  readonly message: string
  /** Spark's name of the error, such as `TABLE_OR_VIEW_NOT_FOUND`. */
  readonly errorClass?: string
  readonly sqlState?: string
  /** What the error class speaks of, such as `{ relationName: '`t`' }`. */
  readonly parameters: Readonly<Record<string, string>>
  /** The exception's class in the JVM, and those it extends. */
  readonly exceptions: readonly string[]
  /** Only if it was asked for: the exception's stack in the JVM, and its causes', as Java prints it. */
  readonly serverStack?: string
}

/** An error that the server answered with. */
export class SparkError extends StreamError implements SparkSays {
  declare readonly errorClass?: string
  declare readonly sqlState?: string
  readonly parameters: Readonly<Record<string, string>>
  readonly exceptions: readonly string[]
  declare readonly serverStack?: string
  /** What it said, without where. */
  readonly said: string

  constructor(code: `spark/${string}`, message: string, says: SparkSays, cause: unknown) {
    super(code, message, { cause })
    this.name = 'SparkError'
    this.said = says.message
    this.parameters = says.parameters
    this.exceptions = says.exceptions
    const { errorClass, sqlState, serverStack } = says
    Object.assign(this, errorClass && { errorClass }, sqlState && { sqlState }, serverStack && { serverStack })
  }
}

function* within(thrown: unknown): Generator<Error & { readonly code?: unknown }> {
  for (let e = thrown; e instanceof Error; e = e.cause) {
    yield e
    if (e instanceof AggregateError) for (const one of e.errors) yield* within(one)
  }
}

const hasCode = (thrown: unknown, pattern: RegExp) =>
  within(thrown).some(({ code }) => typeof code === 'string' && pattern.test(code))

const isTls = (thrown: unknown) =>
  hasCode(thrown, /^(?:ERR_TLS_|ERR_SSL_|UNABLE_TO_|CERT_|DEPTH_ZERO|SELF_SIGNED|EPROTO)/)

/** With a status of gRPC, it comes from whoever answers as Spark; without, from the way there. */
const isAnswer = (error: ConnectError) => error.metadata.has('grpc-status')

const infoOf = (thrown: unknown) =>
  thrown instanceof ConnectError ? thrown.findDetails(ErrorInfoSchema)[0] : undefined

export const errorClassOf = (thrown: unknown): string | undefined => infoOf(thrown)?.metadata.errorClass

/** By which the server can be asked for more. It answers once. */
export const errorIdOf = (thrown: unknown): string | undefined => infoOf(thrown)?.metadata.errorId

const brokenOff = /http\/2 stream closed|missing status|incomplete envelope|missing output message|completed early/
const passingCodes: ReadonlySet<Code> = new Set([Code.Unavailable, Code.Aborted, Code.Canceled])

/** The connection, or whoever stands between, failed: asking again may help. Never said of Spark's own errors, but of one. */
export const isPassing = (thrown: unknown): boolean => {
  if (!(thrown instanceof ConnectError) || isTls(thrown)) return false
  if (isAnswer(thrown))
    return thrown.code === Code.Unavailable || errorClassOf(thrown) === 'INVALID_CURSOR.DISCONNECTED'
  return (
    passingCodes.has(thrown.code) ||
    brokenOff.test(thrown.rawMessage) ||
    hasCode(thrown, /^(?:E[A-Z]+|ERR_HTTP2_|ERR_STREAM_)/)
  )
}

export const isLate = (thrown: unknown): boolean =>
  thrown instanceof ConnectError && thrown.code === Code.DeadlineExceeded && !isAnswer(thrown)

const parsed = (json: string | undefined): unknown => {
  try {
    return JSON.parse(json ?? 'null')
  } catch {
    return undefined
  }
}

const frameText = ({
  declaringClass,
  methodName,
  fileName,
  lineNumber,
}: FetchErrorDetailsResponse_Error['stackTrace'][number]) =>
  `\n\tat ${declaringClass}.${methodName}(${fileName ?? 'unknown'}${lineNumber >= 0 ? `:${lineNumber}` : ''})`

/** The root error and its causes. */
function* chainOf({ rootErrorIdx, errors }: FetchErrorDetailsResponse): Generator<FetchErrorDetailsResponse_Error> {
  const seen = new Set<number>()
  for (let at = rootErrorIdx; at !== undefined && errors[at] !== undefined && !seen.has(at); at = errors[at].causeIdx) {
    seen.add(at)
    yield errors[at]
  }
}

const stackOf = (details: FetchErrorDetailsResponse): string =>
  [...chainOf(details)]
    .map(
      ({ errorTypeHierarchy, message, stackTrace }) =>
        `${errorTypeHierarchy[0]}: ${message}${stackTrace.map(frameText).join('')}`,
    )
    .join('\nCaused by: ')

/** What the error itself carries; its message may be cut off, which that of the details is not. */
const saysOf = (
  error: ConnectError,
  details: FetchErrorDetailsResponse | undefined,
  wantsStack: boolean,
): SparkSays => {
  const metadata: Record<string, string> = infoOf(error)?.metadata ?? {}
  const [root] = details === undefined ? [] : chainOf(details)
  const { errorClass, sqlState } = metadata
  return {
    message: (root?.message ?? error.rawMessage).trim(),
    ...(errorClass && { errorClass }),
    ...(sqlState && { sqlState }),
    parameters: (root?.sparkThrowable?.messageParameters ?? parsed(metadata.messageParameters) ?? {}) as Record<
      string,
      string
    >,
    exceptions: (root?.errorTypeHierarchy ?? parsed(metadata.classes) ?? []) as string[],
    ...(wantsStack && root !== undefined && { serverStack: stackOf(details!) }),
  }
}

const begin = 'what the session held is gone: begin anew in another one'

/** By the error class, or the SQLSTATE, or, where there is neither, the message. */
const codes: readonly (readonly [RegExp, `spark/${string}`, string])[] = [
  [/^OPERATION_CANCELED$/, 'spark/interrupted', ''],
  [/^INVALID_HANDLE\.SESSION_/, 'spark/session-gone', `; ${begin}`],
  // A server that is about to end answers so.
  [/stopped SparkContext|SparkContext was shut ?down/, 'spark/session-gone', `; ${begin}`],
  [/^INVALID_HANDLE\.OPERATION_|^INVALID_CURSOR\./, 'spark/lost', '; whether it was done is not known'],
  [/^42/, 'spark/sql', ''],
]

const answered = (error: ConnectError, at: string, says: SparkSays): SparkError => {
  const { errorClass, sqlState = '', message } = says
  const known = codes.find(([of]) => of.test(errorClass ?? message) || of.test(sqlState))
  const [, code, advice] = known ?? [undefined, 'spark/failed' as const, '']
  return new SparkError(code, `${at}: ${message}${advice}`, says, error)
}

const rootOf = (thrown: unknown): string => {
  const said = [...within(thrown)]
    .map(e => (e instanceof ConnectError ? e.rawMessage : e.message))
    .filter(of => of !== '')
  return said.at(-1) ?? reasonOf(thrown)
}

/** What a person is told; StreamErrors pass. `details` are those that the server gave for this error. */
export const faultOf = (
  thrown: unknown,
  address: SparkAddress,
  details?: FetchErrorDetailsResponse,
  wantsStack = false,
): unknown => {
  if (!(thrown instanceof ConnectError)) return thrown
  const own = within(thrown).find(e => e instanceof StreamError)
  if (own !== undefined) return own
  const at = `Spark at ${sparkName(address)}`
  const error = (code: `spark/${string}`, message: string) => new StreamError(code, message, { cause: thrown })
  if (thrown.code === Code.Unauthenticated)
    return error('spark/refused', `${at} refuses the token, or wants one; set TEXTSTREAM_SPARK_TOKEN_FILE`)
  if (thrown.code === Code.PermissionDenied)
    return error('spark/refused', `${at}: ${thrown.rawMessage}; this user may not do that; ask for the right`)
  if (infoOf(thrown) !== undefined) return answered(thrown, at, saysOf(thrown, details, wantsStack))
  if (thrown.code === Code.ResourceExhausted)
    return error('spark/too-large', `${at}: ${thrown.rawMessage}; ask for less at once`)
  if (isTls(thrown))
    return error('spark/tls', `${at}: ${rootOf(thrown)}; set TEXTSTREAM_SPARK_TLS_CA to the authority's file`)
  if (isPassing(thrown) || isLate(thrown))
    return error('spark/unreachable', `${at}: ${rootOf(thrown)}; is it up? try: textstream stack up spark`)
  const advice = isAnswer(thrown) ? 'its log may say more' : 'is that a Spark Connect server?'
  return error('spark/failed', `${at}: ${rootOf(thrown)}; ${advice}`)
}
