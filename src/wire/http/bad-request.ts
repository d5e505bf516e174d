import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type Problem, problem, problemType } from './problem.ts'

/** Of a request's line and headers together. Names of documents stand in addresses. */
export const headBytesMax = 256 * 1024

const problemOf = (code: string | undefined): Problem => {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return problem(
      431,
      'http/head-too-large',
      `the address and headers of a request have at most ${headBytesMax} bytes`,
    )
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return problem(408, 'http/timeout', 'the request did not come to its end')
  return problem(
    400,
    'http/refused',
    `this is no HTTP request (${code ?? 'unknown'}); does it speak TLS to a plain port?`,
  )
}

/**
 * What is no HTTP request never becomes one for a route: it is answered on its socket, which closes then. `current` is
 * the connection's newest answer: ours must not come into the middle of it.
 */
export const refuseBadRequest = (
  code: string | undefined,
  socket: Socket,
  current: ServerResponse | undefined,
): void => {
  const isAnswering = current?.headersSent && !current.writableFinished
  if (code === 'ECONNRESET' || !socket.writable || isAnswering) return void socket.destroy()
  const told = problemOf(code)
  const body = JSON.stringify(told)
  const head = [
    `HTTP/1.1 ${told.status} ${told.title}`,
    `Content-Type: ${problemType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}
