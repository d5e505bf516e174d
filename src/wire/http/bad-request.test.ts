import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, test } from 'node:test'
import { headBytesMax } from './bad-request.ts'
import { listen, newApp } from './serving.ts'

const app = newApp({
  logger: undefined,
  connectionsMax: 100,
  http: { headersTimeout: 300, connectionsCheckingInterval: 50 },
})
app.get('/hello', async () => 'well')
app.get('/slow', async (_request, reply) => {
  reply.hijack()
  reply.raw.writeHead(200, { 'content-type': 'text/plain' }).write('begun')
})
const port = await listen(app, { port: 0, host: '127.0.0.1' }, 'test/listen')
after(() => {
  app.server.closeAllConnections()
  return app.close()
})

const hello = 'GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n'

/** Sends these parts, each once something was answered to the one before, and gives all that came until the connection was closed. */
const talk = async (...parts: string[]): Promise<string> => {
  const socket = connect({ port, host: '127.0.0.1' }).setEncoding('utf8')
  socket.write(parts[0])
  let rest = parts.slice(1)
  let answer = ''
  for await (const text of socket) {
    answer += text
    if (rest.length > 0) socket.write(rest[0])
    rest = rest.slice(1)
  }
  return answer
}

const problemIn = (answer: string) => {
  const [head, body] = answer.slice(answer.lastIndexOf('HTTP/1.1')).split('\r\n\r\n')
  assert.match(head, /^Content-Type: application\/problem\+json$/m)
  assert.match(head, new RegExp(`^Content-Length: ${Buffer.byteLength(body)}$`, 'm'))
  const { status, code, detail } = JSON.parse(body)
  assert.ok(head.startsWith(`HTTP/1.1 ${status} `), head)
  return { status, code, detail }
}

test('what is no HTTP is told so', async () => {
  const { status, code, detail } = problemIn(await talk('rubbish\r\n\r\n'))
  assert.deepEqual([status, code], [400, 'http/refused'])
  assert.match(detail, /no HTTP request/)
})

test('a head has a limit that names of documents do not reach', async () => {
  const long = (length: number) =>
    `GET /hello?uri=${'x'.repeat(length)} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`
  assert.match(await talk(long(64 * 1024)), /^HTTP\/1.1 200 /)
  const { status, code, detail } = problemIn(await talk(long(headBytesMax)))
  assert.deepEqual([status, code], [431, 'http/head-too-large'])
  assert.match(detail, new RegExp(String(headBytesMax)))
})

test('a head that does not end is told so in time', async () => {
  const { status, code } = problemIn(await talk('GET /hello HTTP/1.1\r\nHost: local'))
  assert.deepEqual([status, code], [408, 'http/timeout'])
})

test('rubbish behind an answer gets an answer, rubbish in the middle of one does not get into it', async () => {
  const behind = await talk(hello, 'rubbish\r\n\r\n')
  assert.match(behind, /well/)
  assert.equal(problemIn(behind).status, 400)
  const within = await talk(hello.replace('hello', 'slow'), 'rubbish\r\n\r\n')
  assert.ok(within.includes('begun') && !within.includes('400'), within)
})
