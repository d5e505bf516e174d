import { once } from 'node:events'
import { createServer, type ServerHttp2Session } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import {
  ErrorInfoSchema,
  type ExecutePlanRequest,
  type ExecutePlanResponseSchema,
  SparkConnectService,
} from '../../src/wire/spark-connect/proto.ts'

type Response = MessageInitShape<typeof ExecutePlanResponseSchema>
/** What the fake answers to the n-th request of a stream, from 0 on. */
export type Scene = (
  request: ExecutePlanRequest,
  context: HandlerContext,
) => AsyncIterable<Response> | Iterable<Response>

/** An error as Spark answers it. */
export const sparkFault = (errorClass: string, code = Code.Internal) =>
  new ConnectError(`[${errorClass}] as asked for`, code, undefined, [
    { desc: ErrorInfoSchema, value: create(ErrorInfoSchema, { reason: 'x', metadata: { errorClass } }) },
  ])

export const response = (id: string): Response => ({
  responseId: id,
  responseType: { case: 'sqlCommandResult', value: {} },
})
export const complete: Response = { responseId: 'end', responseType: { case: 'resultComplete', value: {} } }

export interface FakeSpark extends AsyncDisposable {
  readonly address: string
  /** All calls, in order: their names, and what tells them apart. */
  readonly calls: readonly string[]
  readonly headers: readonly Headers[]
  /** Those that are open. */
  readonly connections: number
  /** Ends all connections. */
  cut(): void
}

/** A server that speaks Spark's protocol, and plays scenes: one for each stream that it is asked for, then no more. */
export const fakeSpark = async (
  scenes: readonly Scene[],
  more: Partial<ServiceImpl<typeof SparkConnectService>> = {},
): Promise<FakeSpark> => {
  const calls: string[] = []
  const headers: Headers[] = []
  const sessions = new Set<ServerHttp2Session>()
  let next = 0
  const play = (kind: string) =>
    async function* (request: ExecutePlanRequest & { lastResponseId?: string }, context: HandlerContext) {
      calls.push(`${kind} ${request.operationId?.slice(0, 8)} ${request.lastResponseId ?? '-'}`)
      headers.push(context.requestHeader)
      const scene = scenes[next++]
      if (scene === undefined) throw new ConnectError('no more scenes', Code.FailedPrecondition)
      yield* scene(request, context)
    }
  const mention = (kind: string) => (request: { release?: { case?: string; value?: { responseId?: string } } }) => {
    calls.push(`${kind} ${request.release?.value?.responseId ?? request.release?.case ?? ''}`.trim())
    return {}
  }
  const service = {
    analyzePlan: (_: unknown, context: HandlerContext) => {
      headers.push(context.requestHeader)
      return { serverSideSessionId: 'side', result: { case: 'sparkVersion', value: { version: '4.2.0' } } }
    },
    config: () => {
      calls.push('config')
      return {}
    },
    executePlan: play('execute'),
    reattachExecute: play('reattach'),
    releaseExecute: mention('release'),
    interrupt: mention('interrupt'),
    releaseSession: mention('release session'),
    fetchErrorDetails: () => ({}),
    ...more,
  } as unknown as ServiceImpl<typeof SparkConnectService>
  const server = createServer(connectNodeAdapter({ routes: router => router.service(SparkConnectService, service) }))
  server.on('session', session => {
    sessions.add(session)
    session.on('close', () => sessions.delete(session))
    session.on('error', () => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => {
    for (const session of sessions) session.destroy()
  }
  return {
    address: `sc://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    headers,
    get connections() {
      return sessions.size
    },
    cut,
    [Symbol.asyncDispose]: async () => {
      server.close()
      cut()
    },
  }
}
