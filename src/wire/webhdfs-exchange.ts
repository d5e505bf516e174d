import { type Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import type { HdfsLimits } from './webhdfs-limits.ts'

/** One request over node:http. Node's `fetch` dies of the `100 Continue` that a DataNode sends unasked. */
export interface Call {
  readonly method: 'GET' | 'PUT' | 'DELETE'
  readonly url: URL
  readonly agent: Agent
}

/** The connection failed. `sent`: whether the other side may have taken the request. */
export class Cut extends Error {
  readonly sent: boolean

  constructor(cause: unknown, sent: boolean) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.sent = sent
  }
}

export interface Exchange {
  readonly request: ClientRequest
  /** Resolves when there is a connection, rejects with `Cut`. */
  readonly connected: Promise<void>
  /** Resolves with the head of the answer, rejects with `Cut`. */
  readonly response: Promise<IncomingMessage>
  /** From now on an answer has to come within `answerMsMax`. */
  expectAnswer(): void
}

const seconds = (ms: number) => `${ms / 1000} s`

/** Begins a request; `request.end()` is left to the caller, who may have a body to send. */
export const begin = ({ method, url, agent }: Call, limits: HdfsLimits): Exchange => {
  const headers = { 'content-type': 'application/octet-stream' }
  const request = httpRequest(url, { method, agent, headers })
  let isConnected = false
  let isOver = false
  let timer: NodeJS.Timeout | undefined
  const within = (ms: number, what: string) => {
    clearTimeout(timer)
    if (!isOver) timer = setTimeout(() => request.destroy(new Error(`${what} in ${seconds(ms)}`)), ms)
  }
  const cut = new Promise<never>((_, reject) => {
    request.on('error', thrown => reject(new Cut(thrown, isConnected)))
    request.once('close', () => {
      isOver = true
      clearTimeout(timer)
      reject(new Cut(new Error('the connection ended without an answer'), isConnected))
    })
  })
  cut.catch(() => {})
  const connected = new Promise<void>(resolve => {
    request.once('socket', socket => {
      const onConnect = () => {
        isConnected = true
        clearTimeout(timer)
        resolve()
      }
      if (!socket.connecting) return onConnect()
      within(limits.connectMsMax, 'no connection')
      socket.once('connect', onConnect)
    })
  })
  const response = new Promise<IncomingMessage>(resolve =>
    request.once('response', answer => {
      clearTimeout(timer)
      resolve(answer)
    }),
  )
  return {
    request,
    connected: Promise.race([connected, cut]),
    response: Promise.race([response, cut]),
    expectAnswer: () => within(limits.answerMsMax, 'no answer'),
  }
}

/** A request without a body. */
export const send = async (call: Call, limits: HdfsLimits): Promise<IncomingMessage> => {
  const { request, connected, response, expectAnswer } = begin(call, limits)
  request.end()
  response.catch(() => {})
  await connected
  expectAnswer()
  return response
}

/**
 * The body of an answer, as it comes. Ends with an error if the sender takes `idleMsMax` for `progressBytesMin`, or less;
 * what the reader takes for itself is not counted.
 */
export async function* bodyOf(answer: IncomingMessage, limits: HdfsLimits): AsyncGenerator<Buffer> {
  const { idleMsMax, progressBytesMin } = limits
  const stop = () => answer.destroy(new Error(`less than ${progressBytesMin} bytes came in ${seconds(idleMsMax)}`))
  let isWaiting = true
  const timer = setInterval(() => isWaiting && stop(), idleMsMax)
  let waitedMs = 0
  let bytes = 0
  try {
    let since = performance.now()
    for await (const piece of answer as AsyncIterable<Buffer>) {
      waitedMs += performance.now() - since
      bytes += piece.length
      if (bytes >= progressBytesMin) bytes = waitedMs = 0
      else if (waitedMs > idleMsMax) stop()
      isWaiting = false
      yield piece
      isWaiting = true
      timer.refresh()
      since = performance.now()
    }
  } finally {
    clearInterval(timer)
    answer.destroy()
  }
}

/** A whole answer, which must not be longer than `bytesMax`. */
export const textOf = async (answer: IncomingMessage, bytesMax: number, limits: HdfsLimits): Promise<string> => {
  const pieces: Buffer[] = []
  let bytes = 0
  const timer = setTimeout(
    () => answer.destroy(new Error(`no whole answer in ${seconds(limits.answerMsMax)}`)),
    limits.answerMsMax,
  )
  try {
    for await (const piece of answer as AsyncIterable<Buffer>) {
      bytes += piece.length
      if (bytes > bytesMax) throw new Error(`the answer is longer than ${bytesMax} bytes`)
      pieces.push(piece)
    }
    return Buffer.concat(pieces).toString()
  } catch (thrown) {
    throw new Cut(thrown, true)
  } finally {
    clearTimeout(timer)
  }
}
