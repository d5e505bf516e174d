import assert from 'node:assert/strict'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { folder } from './folder.ts'
import { streamsMax } from './routes.ts'
import { type ServeOptions, serve } from './server.ts'
import { cut, folderOf } from './source.contract.ts'
import type { Source } from './source.ts'

const serveFolder = async (
  t: TestContext,
  files: Record<string, string>,
  chunkSize = 4,
  options: Partial<ServeOptions> = {},
) => {
  const dir = await folderOf(t, files)
  return { ...(await serveSource(t, folder(dir, { chunkSize }), options)), dir }
}

const serveSource = async (t: TestContext, source: Source, options: Partial<ServeOptions> = {}) => {
  const server = await serve(source, { port: 0, closeGraceMsMax: 50, ...options })
  t.after(() => server.close())
  return { server, port: Number(new URL(server.url).port), url: server.url }
}

type Headers = Record<string, string>

/** Sends the path as it is; fetch and URL would tidy it. */
const ask = async (port: number, path: string, { method = 'GET', headers = {} as Headers, body = '' } = {}) => {
  const asking = request({ port, path, method, headers, agent: false }).end(body)
  const [response] = (await once(asking, 'response')) as [IncomingMessage]
  const text = (await Array.fromAsync(response)).join('')
  return { status: response.statusCode!, type: response.headers['content-type'], headers: response.headers, text }
}

const chunk = (...chunks: string[]) => chunks.map(text => `${JSON.stringify({ chunk: text })}\n`).join('')

const text = 'zwölf 😀 Boxer'

test('answers as the old source did, with and without a slash at the end', async t => {
  const { port } = await serveFolder(t, { 'ä b.txt': text, empty: '' }, 5)
  for (const slash of ['', '/']) {
    const list = await ask(port, `/list_files${slash}`)
    assert.deepEqual([list.status, JSON.parse(list.text)], [200, { files: ['empty', 'ä b.txt'] }])
    const stream = await ask(port, `/stream/%C3%A4%20b.txt${slash}`)
    assert.deepEqual([stream.status, stream.type, stream.text], [200, 'application/json', chunk(...cut(text, 5))])
  }
  const { status, text: nothing } = await ask(port, '/stream/empty')
  assert.deepEqual([status, nothing], [200, ''])
})

test('says what it sends, in headers, to HEAD as well', async t => {
  const { port } = await serveFolder(t, { a: text })
  for (const method of ['GET', 'HEAD']) {
    const { status, headers, text: body } = await ask(port, '/stream/a?from=2', { method })
    assert.deepEqual([status, headers['x-from'], headers['x-chunk-size']], [200, '2', '4'])
    assert.match(headers.etag!, /^"[0-9a-f]{64}-4"$/)
    assert.equal(body, method === 'HEAD' ? '' : chunk(...cut(text, 4).slice(2)))
  }
  assert.equal((await ask(port, '/stream/none', { method: 'HEAD' })).status, 404)
})

test('names NDJSON by its own type where a client asks for that', async t => {
  const { port } = await serveFolder(t, { a: text })
  const types: Record<string, string> = {
    'application/x-ndjson': 'application/x-ndjson',
    'text/html, application/x-ndjson;q=0.5': 'application/x-ndjson',
    'application/x-ndjson;q=0': 'application/json',
    '*/*': 'application/json',
    'application/json': 'application/json',
  }
  for (const [accept, type] of Object.entries(types)) {
    const { headers } = await ask(port, '/stream/a', { headers: { accept } })
    assert.deepEqual([headers['content-type'], headers.vary], [type, 'accept'], accept)
  }
})

test('sends only what If-Match names', async t => {
  const { port } = await serveFolder(t, { a: text })
  const etag = (await ask(port, '/stream/a')).headers.etag!
  const cases: Record<string, number> = {
    [etag]: 200,
    '*': 200,
    [`"other", ${etag}`]: 200,
    [`${etag}, "other"`]: 200,
    '"other"': 412,
    '"other", "one"': 412,
    [`W/${etag}`]: 412,
    [etag.slice(1, -1)]: 412,
    '': 412,
  }
  for (const [ifMatch, status] of Object.entries(cases)) {
    assert.equal((await ask(port, '/stream/a', { headers: { 'if-match': ifMatch } })).status, status, ifMatch)
  }
})

test('tells every error as a problem, with a stable code', async t => {
  const { port } = await serveFolder(t, { a: text, 'half.txt': '' })
  const cases: readonly (readonly [method: string, path: string, status: number, code: string, detail: RegExp])[] = [
    ['GET', '/stream/none', 404, 'source/not-found', /File not found/],
    ['GET', '/stream/..', 404, 'source/not-found', /File not found/],
    ['GET', '/stream/%2e%2e', 404, 'source/not-found', /File not found/],
    ['GET', '/stream/%2e%2e%2fa', 404, 'source/not-found', /File not found/],
    ['GET', '/stream/..%2f..%2fetc%2fpasswd', 404, 'source/not-found', /File not found/],
    ['GET', '/stream/%2Fetc%2Fpasswd', 404, 'source/not-found', /File not found/],
    ['GET', '/stream/a%00', 404, 'source/not-found', /File not found/],
    ['GET', '/stream/../a', 404, 'http/not-found', /no route/],
    ['GET', '/stream/', 404, 'http/not-found', /no route/],
    ['GET', '/', 404, 'http/not-found', /no route/],
    ['GET', '/stream/%zz', 400, 'http/refused', /not a valid/],
    ['GET', `/stream/${'x'.repeat(5000)}`, 414, 'http/refused', /xxx/],
    ['GET', '/stream/a?from=-1', 400, 'http/query', /whole number/],
    ['GET', '/stream/a?from=', 400, 'http/query', /whole number/],
    ['GET', '/stream/a?from=1e3', 400, 'http/query', /whole number/],
    ['GET', '/stream/a?from=1&from=2', 400, 'http/query', /from/],
    ['GET', '/stream/a?from=9999999999999999999', 400, 'http/query', /whole number/],
    ['GET', '/stream/a?from=99', 416, 'source/range', /behind the end/],
    ['POST', '/stream/a', 405, 'http/method', /GET and HEAD/],
    ['DELETE', '/list_files', 405, 'http/method', /GET and HEAD/],
  ]
  for (const [method, path, status, code, detail] of cases) {
    const answer = await ask(port, path, {
      method,
      headers: method === 'POST' ? { 'content-type': 'x/y' } : {},
      body: method === 'POST' ? 'x' : '',
    })
    const where = `${method} ${path.slice(0, 50)}`
    assert.match(answer.type ?? '', /^application\/problem\+json/, where)
    const problem = JSON.parse(answer.text)
    assert.deepEqual([answer.status, problem.status, problem.code], [status, status, code], where)
    assert.match(problem.detail, detail, where)
    if (status === 405) assert.equal(answer.headers.allow, 'GET, HEAD')
  }
})

test('is live always, and ready while its folder is there', async t => {
  const { port, dir } = await serveFolder(t, { a: text })
  assert.deepEqual([(await ask(port, '/livez')).status, (await ask(port, '/readyz')).status], [200, 200])
  await rm(dir, { recursive: true })
  const { status, headers, text: body } = await ask(port, '/readyz')
  assert.deepEqual([(await ask(port, '/livez')).status, status, headers['retry-after']], [200, 503, '1'])
  assert.ok(!body.includes(dir), 'paths of the machine are not told')
})

test('describes itself as OpenAPI', async t => {
  const { port } = await serveFolder(t, {})
  const { openapi, paths } = JSON.parse((await ask(port, '/docs/json')).text)
  assert.equal(openapi, '3.1.0')
  assert.deepEqual(Object.keys(paths), ['/list_files', '/stream/{filename}', '/livez', '/readyz'])
  const { parameters, responses } = paths['/stream/{filename}'].get
  assert.deepEqual(parameters.map(({ name }: { name: string }) => name).sort(), ['filename', 'from', 'if-match'])
  assert.deepEqual(Object.keys(responses), ['200', '400', '403', '404', '412', '416', '422', '503'])
  assert.deepEqual(Object.keys(responses[404].content), ['application/problem+json'])
  for (const path of ['/docs', '/docs/', '/docs/static/swagger-ui.css'])
    assert.equal((await ask(port, path)).status, 200, path)
})

test('gives chunks at the rate it was told, evenly and one by one', async t => {
  const chunks = 40
  const { port } = await serveFolder(t, { a: 'x'.repeat(4 * chunks) }, 4, { rate: 100 })
  const asking = request({ port, path: '/stream/a', agent: false }).end()
  const [response] = (await once(asking, 'response')) as [IncomingMessage]
  const times: number[] = []
  for await (const _ of response) times.push(performance.now())
  const tookMs = times.at(-1)! - times[0]
  assert.ok(times.length > chunks * 0.7, `${times.length} pieces`)
  assert.ok(tookMs > 380 && tookMs < 600, `${tookMs} ms`)
})

test('goes on at its rate whatever blocks and lines the source gives', async t => {
  const lines = chunk('one', 'two', 'three', 'four')
  const blocks = async function* () {
    for (let at = 0; at < lines.length; at += 5) yield Buffer.from(lines.slice(at, at + 5))
  }
  const source: Source = {
    url: 'test',
    list: async () => [],
    open: async () => ({ etag: undefined, chunkSize: undefined, from: 0, blocks: blocks() }),
  }
  const { port } = await serveSource(t, source, { rate: 50 })
  const startMs = performance.now()
  assert.equal((await ask(port, '/stream/a')).text, lines)
  assert.ok(performance.now() - startMs > 55)
})

/** Gives blocks for ever, and counts them. */
const endless = () => {
  const count = { blocks: 0, isOpen: false }
  const block = Buffer.from(chunk('x'.repeat(64 * 1024)))
  async function* blocks() {
    count.isOpen = true
    try {
      for (;;) {
        count.blocks++
        yield block
      }
    } finally {
      count.isOpen = false
    }
  }
  const open = async () => ({ etag: undefined, chunkSize: undefined, from: 0, blocks: blocks() })
  return { count, source: { url: 'test', list: async () => [], open } satisfies Source }
}

const askAndNeverRead = async (t: TestContext, port: number) => {
  const socket = connect(port).pause()
  t.after(() => socket.destroy())
  socket.on('error', () => {})
  socket.write('GET /stream/a HTTP/1.1\r\nhost: a\r\n\r\n')
  return socket
}

test('asks the source for no more than a reader takes, and drops a reader that takes nothing', async t => {
  const { count, source } = endless()
  const { port } = await serveSource(t, source, { readerSilenceMsMax: 400 })
  await askAndNeverRead(t, port)
  await sleep(200)
  const before = count.blocks
  assert.ok(count.isOpen && before > 0)
  await sleep(100)
  assert.equal(count.blocks, before, 'what the kernel does not take is not read')
  for (let i = 0; count.isOpen && i < 100; i++) await sleep(50)
  assert.equal(count.isOpen, false)
})

test('sends no more streams at once than it has memory for, and says when to come again', async t => {
  const { source } = endless()
  const { port } = await serveSource(t, source)
  await Promise.all(Array.from({ length: streamsMax }, () => askAndNeverRead(t, port).then(s => once(s, 'connect'))))
  await sleep(300)
  const { status, headers, text: body } = await ask(port, '/stream/a')
  assert.deepEqual([status, headers['retry-after'], JSON.parse(body).code], [503, '1', 'source/busy'])
  assert.equal((await ask(port, '/list_files')).status, 200)
})

test('keeps a slow reader that takes a little', async t => {
  const { count, source } = endless()
  const { port } = await serveSource(t, source, { readerSilenceMsMax: 300 })
  const socket = await askAndNeverRead(t, port)
  for (let i = 0; i < 12; i++) {
    await sleep(75)
    for (let bytes = 0; bytes < 4_000_000; ) {
      const taken = socket.read()
      if (taken === null) await once(socket, 'readable')
      else bytes += taken.length
    }
  }
  assert.equal(count.isOpen, true)
})

test('lets go of the source when its reader goes', async t => {
  const { count, source } = endless()
  const { port } = await serveSource(t, source, { rate: 0.1 })
  const socket = await askAndNeverRead(t, port)
  await sleep(150)
  assert.equal(count.isOpen, true)
  socket.destroy()
  for (let i = 0; count.isOpen && i < 100; i++) await sleep(20)
  assert.equal(count.isOpen, false)
})

test('cuts streams that outlive the grace of a close, and lets others end', async t => {
  const { server, port } = await serveFolder(t, { long: 'x'.repeat(4000), short: 'x'.repeat(40) }, 4, {
    rate: 100,
    closeGraceMsMax: 300,
  })
  const asked = Promise.allSettled([ask(port, '/stream/long'), ask(port, '/stream/short')])
  await sleep(50)
  const startMs = performance.now()
  await server.close()
  const tookMs = performance.now() - startMs
  const [long, short] = await asked
  assert.deepEqual([long.status, short.status], ['rejected', 'fulfilled'])
  assert.ok(tookMs < 1_000, `${tookMs} ms`)
  await server.close()
})

test('says which port is in use and what to do', async t => {
  const { port, dir } = await serveFolder(t, {})
  const again = serve(folder(dir, { chunkSize: 1 }), { port })
  await assert.rejects(again, { code: 'source/listen', message: new RegExp(`:${port}: the port is in use; .*--port`) })
})
