import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { addressOf, publicName } from './address.ts'
import { folder } from './folder.ts'
import { type HttpOptions, http } from './http.ts'
import { serve } from './server.ts'
import { chunksOf, sourceContract } from './source.contract.ts'

sourceContract('http, of a folder that is served', async (t, dir, chunkSize) => {
  const server = await serve(folder(dir, { chunkSize }), { port: 0, closeGraceMsMax: 50 })
  t.after(() => server.close())
  return http(server.url)
})

const code = (reason: string, message = /./) => ({ name: 'StreamError', code: `source/${reason}`, message })

const listening = async (t: TestContext, answer: RequestListener) => {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close().closeAllConnections())
  return (server.address() as AddressInfo).port
}

const answering = async (t: TestContext, answer: RequestListener, options: HttpOptions = {}) =>
  http(await listening(t, answer), options)

/** As FastAPI and uvicorn behave, with Python's JSON. */
const oldServer: RequestListener = (request, response) => {
  const { pathname } = new URL(request.url!, 'http://old')
  const json = (status: number, body: unknown) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  if (pathname === '/list_files')
    return response.writeHead(307, { location: `http://${request.headers.host}/list_files/` }).end()
  if (pathname === '/list_files/') return json(200, { files: ['b.txt', 'ä b.txt', 'a.txt'] })
  if (pathname !== '/stream/%C3%A4%20b.txt') return json(404, { detail: 'File not found' })
  response.writeHead(200, { 'content-type': 'application/json', 'transfer-encoding': 'chunked' })
  for (const chunk of ['zw\\u00f6', 'lf \\ud83d\\ude00']) response.write(`{"chunk": "${chunk}"}\n`)
  return response.end()
}

test('reads the old source, which knows neither ETag nor from', async t => {
  const source = await answering(t, oldServer)
  assert.deepEqual(await source.list(), ['a.txt', 'b.txt', 'ä b.txt'])
  const { blocks, ...stream } = await source.open('ä b.txt', { from: 1, ifMatch: '"x"' })
  assert.deepEqual(stream, { etag: undefined, chunkSize: undefined, from: 0 })
  assert.equal(
    Buffer.concat(await Array.fromAsync(blocks))
      .toString()
      .split('\n').length,
    3,
  )
  assert.deepEqual(await chunksOf(source, 'ä b.txt'), ['zwö', 'lf 😀'])
  await assert.rejects(source.open('none'), code('not-found', /"none".*File not found/))
})

test('finds a source by its port, host and port, or URL', () => {
  const cases: Record<string, string> = {
    '8000': 'http://127.0.0.1:8000',
    'localhost:8000': 'http://localhost:8000',
    '[::1]:8000': 'http://[::1]:8000',
    'example.org': 'http://example.org',
    'http://example.org:8000/': 'http://example.org:8000',
    'https://example.org/base/': 'https://example.org/base',
    'http://user:secret@example.org/': 'http://example.org',
    ' 8000 ': 'http://127.0.0.1:8000',
  }
  for (const [given, name] of Object.entries(cases)) assert.equal(publicName(addressOf(given)), name)
  for (const given of [
    '',
    '0',
    '65536',
    '99999',
    'ftp://a',
    'file:///etc',
    'http://',
    'a b',
    'http://a?x=1',
    'http://a#x',
    ':8000',
  ]) {
    assert.throws(() => http(given), code('usage', /give a port, host:port or URL/), given)
  }
})

test('asks below the base of its URL, with the user that is in it', async t => {
  const asked: (string | undefined)[] = []
  const port = await listening(t, (request, response) => {
    asked.push(request.url, request.headers.authorization)
    response.end('{"files":[]}')
  })
  const source = http(`http://ada:p%40ss@127.0.0.1:${port}/base/`)
  await source.list()
  assert.deepEqual(asked, ['/base/list_files', `Basic ${Buffer.from('ada:p@ss').toString('base64')}`])
  assert.ok(!source.url.includes('p%40ss'))
})

test('sends names so that nothing on the way takes them for a path', async t => {
  const asked: string[] = []
  const source = await answering(t, (request, response) => {
    asked.push(request.url!)
    response.end()
  })
  for (const name of ['..', '.', '../a', 'a/b', 'a?b#c', '100%', '\0']) await chunksOf(source, name)
  const encoded = ['%2E%2E', '%2E', '..%2Fa', 'a%2Fb', 'a%3Fb%23c', '100%25', '%00']
  assert.deepEqual(
    asked,
    encoded.map(name => `/stream/${name}`),
  )
})

test('says what to do where nobody listens', async t => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  const refused = code(
    'unreachable',
    new RegExp(`127.0.0.1:${port}: connection refused; is it up\\? try: textstream source -d DIR -p ${port}`),
  )
  await assert.rejects(http(port).list(), refused)
  await assert.rejects(http(port).open('a'), refused)
  t.diagnostic(`port ${port}`)
})

type Breaking = (request: IncomingMessage, response: ServerResponse) => void

const line = '{"chunk":"abc"}\n'

const breaks: Record<string, Breaking> = {
  'a reset in the middle': (_request, response) => {
    response.write(line, () => setTimeout(() => response.socket?.resetAndDestroy(), 20))
  },
  'chunks without the last one': (_request, response) => {
    response.write(line, () => setTimeout(() => response.socket?.end(), 20))
  },
  'less than content-length says': (_request, response) => {
    response.writeHead(200, { 'content-length': 100 }).write(line, () => setTimeout(() => response.socket?.end(), 20))
  },
  'a chunk that is broken': (_request, response) => {
    response.socket!.end(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n10\r\n${line}\r\nzz\r\n`)
  },
}

test('never takes a body that was cut off for its end', async t => {
  for (const [is, breaking] of Object.entries(breaks)) {
    const source = await answering(t, breaking)
    const got: string[] = []
    const reading = async () => {
      for await (const block of (await source.open('a')).blocks) got.push(Buffer.from(block).toString())
    }
    await assert.rejects(reading(), code('cut', /stream "a" from http/), is)
    assert.equal(got.join(''), line, is)
  }
})

test('is unreachable where the answer breaks before its head is whole', async t => {
  const source = await answering(t, (_request, response) => response.socket?.destroy())
  await assert.rejects(source.open('a'), code('unreachable'))
})

test('gives up a source that is silent, before its answer and within it', async t => {
  const answers: Breaking[] = [() => {}, (_request, response) => void response.write(line)]
  const source = await answering(t, (request, response) => answers.shift()!(request, response), { silenceMsMax: 150 })
  await assert.rejects(source.open('a'), code('unreachable', /no answer within 150 ms/))
  const { blocks } = await source.open('a')
  await assert.rejects(Array.fromAsync(blocks), code('cut', /nothing came for 150 ms/))
})

test('lets its reader take longer than a source may be silent', async t => {
  const source = await answering(t, (_request, response) => void response.end(line.repeat(100_000)), {
    silenceMsMax: 100,
  })
  let bytes = 0
  for await (const block of (await source.open('a')).blocks) {
    if (bytes === 0) await sleep(300)
    bytes += block.length
  }
  assert.equal(bytes, line.length * 100_000)
})

test('follows redirects within its origin only, and not for ever', async t => {
  const other = await listening(t, (_request, response) => response.end('{"files":["stolen"]}'))
  const away = await answering(t, (_request, response) =>
    response.writeHead(302, { location: `http://127.0.0.1:${other}/list_files` }).end(),
  )
  await assert.rejects(away.list(), code('unreachable', /redirects to another place/))
  const loop = await answering(t, (_request, response) => response.writeHead(307, { location: '/list_files' }).end())
  await assert.rejects(loop.list(), code('unreachable', /more than 3 redirects/))
})

test('knows what an answer means by its status, and what is no source', async t => {
  const statuses: Record<number, string> = {
    403: 'unreadable',
    404: 'not-found',
    412: 'changed',
    416: 'range',
    422: 'not-utf8',
  }
  for (const status of [403, 404, 412, 416, 422, 400, 401, 429, 500, 503, 204]) {
    const source = await answering(t, (_request, response) => response.writeHead(status).end())
    await assert.rejects(source.open('a'), code(statuses[status] ?? 'unreachable'), `${status}`)
  }
  for (const body of ['', '<html>', '[]', '{}', '{"files":1}', '{"files":[1]}', 'null']) {
    const source = await answering(t, (_request, response) => response.end(body))
    await assert.rejects(source.list(), code('unreachable', /no list of files came/), body)
  }
})

test('notices itself when a text changed, if the source does not', async t => {
  const source = await answering(t, (_request, response) => response.writeHead(200, { etag: '"new"' }).end(line))
  await assert.rejects(source.open('a', { ifMatch: '"old"' }), code('changed'))
  assert.deepEqual(await chunksOf(source, 'a', { ifMatch: '"new"' }), ['abc'])
})

test('asks again where a kept connection was closed by the other side', async t => {
  let connections = 0
  const server = createServer((_request, response) => response.end('{"files":[]}')).listen(0, '127.0.0.1')
  server.on('connection', socket => {
    connections++
    socket.once('data', () => setTimeout(() => socket.resetAndDestroy(), 30))
  })
  await once(server, 'listening')
  t.after(() => server.close().closeAllConnections())
  const source = http((server.address() as AddressInfo).port)
  for (let i = 0; i < 5; i++) {
    assert.deepEqual(await source.list(), [])
    await sleep(28 + i)
  }
  assert.ok(connections >= 2)
})

test('names each text once, however often the source does', async t => {
  const source = await answering(t, (_, response) => response.end('{"files":["b","a","b"]}'))
  assert.deepEqual(await source.list(), ['a', 'b'])
})

test('refuses a stream that begins behind the chunk that was asked for', async t => {
  const source = await answering(t, (_, response) => response.writeHead(200, { 'x-from': '3' }).end('{"chunk":"d"}\n'))
  await assert.rejects(source.open('a', { from: 2 }), code('unreachable', /begins at chunk 3 instead of 2/))
  assert.equal((await source.open('a', { from: 3 })).from, 3)
})

test('stops asking for the list when it is told to', async t => {
  const source = await answering(t, ({ url }, response) => void (url === '/list_files' && response.write('{"files"')))
  await assert.rejects(source.list({ signal: AbortSignal.timeout(20) }), { name: 'TimeoutError' })
})

test('says so where the list is cut off, and where a stream comes packed', async t => {
  const cut: RequestListener = (_, response) => response.writeHead(200, { 'content-length': '100' }).write('{"files"')
  const half = await answering(t, (request, response) => {
    cut(request, response)
    setTimeout(() => response.destroy(), 20)
  })
  await assert.rejects(half.list(), code('unreachable', /^list http.*the connection was closed before the end/))
  const packed = await answering(t, (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'))
  await assert.rejects(packed.open('a'), code('not-utf8', /packed \(content-encoding "gzip"\)/))
})
