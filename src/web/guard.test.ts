import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, test } from 'node:test'
import { pino } from 'pino'
import { ownUp } from './testing.ts'

const token = 'a-token-of-some-length'
const [open, guarded] = [await ownUp(), await ownUp({ token })]
after(() => Promise.all([open[Symbol.asyncDispose](), guarded[Symbol.asyncDispose]()]))

interface Answered {
  readonly status: number
  readonly code: string | undefined
  readonly headers: Record<string, unknown>
}

/** `fetch` does not let us say who we are. */
const ask = (url: string, path: string, headers: Record<string, string>, method = 'GET'): Promise<Answered> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    const asked = request({ hostname, port, path, method, headers }, async response => {
      const body = (await response.toArray()).join('')
      const isProblem = response.headers['content-type']?.startsWith('application/problem+json')
      const code = isProblem ? JSON.parse(body).code : undefined
      resolve({ status: response.statusCode!, code, headers: response.headers })
    })
    asked.on('error', reject).end()
  })

const cases: Record<string, [headers: Record<string, string>, status: number, code?: string, method?: string]> = {
  'our name': [{}, 200],
  'our address': [{ host: '127.0.0.1:4000' }, 200],
  'a name that was made to mean this machine': [{ host: 'evil.example:4000' }, 421, 'web/host'],
  'our own page': [{ host: 'localhost:1', origin: 'http://localhost:1' }, 200],
  "another site's page, reading": [{ origin: 'http://evil.example' }, 403, 'web/origin'],
  "another site's page, writing": [{ origin: 'http://evil.example' }, 403, 'web/origin', 'POST'],
  'a page from a file': [{ origin: 'null' }, 403, 'web/origin', 'POST'],
  'a form of another site': [{ 'sec-fetch-site': 'cross-site' }, 403, 'web/origin', 'POST'],
}

for (const [name, [headers, status, code, method = 'GET']] of Object.entries(cases)) {
  test(`${name} is answered ${status}`, async () => {
    const answered = await ask(open.url, method === 'POST' ? '/records' : '/documents', headers, method)
    assert.deepEqual([answered.status, answered.code], [status, code])
    assert.equal(answered.headers['access-control-allow-origin'], undefined)
  })
}

test('where there is a token, everybody needs it', async () => {
  const status = async (headers: Record<string, string>, path = '/health') =>
    (await ask(guarded.url, path, headers)).status
  assert.equal(await status({}), 401)
  assert.equal(await status({ authorization: 'Bearer wrong' }), 401)
  assert.equal(await status({ authorization: `Bearer ${token}` }), 200)
  assert.equal(await status({}, '/'), 401)
  assert.equal(await status({}, '/metrics'), 401)
  assert.equal(await status({}, '/docs/json'), 401)
})

test('a token in an address is in no log', async () => {
  const lines: string[] = []
  const logger = pino({ level: 'trace' }, { write: line => void lines.push(line) })
  await using logged = await ownUp({ token, logger })
  for (const path of [`/?token=${token}`, `/?%74oken=${token}`, `/health?at=1&token=${token}`, '/health?search=b'])
    await ask(logged.url, path, {})
  const log = lines.join('')
  assert.ok(log.includes('"/?token=…"') && log.includes('"/health?token=…"') && log.includes('"/health?search=b"'), log)
  assert.ok(!log.includes(token), log)
})

test('a browser is given the token once, as a cookie', async () => {
  const welcome = await ask(guarded.url, `/?token=${token}`, {})
  const cookie = String(welcome.headers['set-cookie']).split(';')[0]
  assert.deepEqual([welcome.status, welcome.headers.location], [303, '/'])
  assert.match(String(welcome.headers['set-cookie']), /HttpOnly; SameSite=Strict/)
  assert.equal((await ask(guarded.url, '/documents', { cookie })).status, 200)
})

for (const [name, given] of Object.entries({ 'no token': undefined, 'a short one': 'short' })) {
  test(`does not listen beyond this machine with ${name}`, async () => {
    await assert.rejects(ownUp({ host: '0.0.0.0', token: given }), { code: 'web/usage' })
  })
}

test('a page can do nothing that is not its own, and data nothing at all', async () => {
  const policy = async (path: string) => (await ask(open.url, path, {})).headers['content-security-policy']
  assert.match(String(await policy('/documents')), /^default-src 'none'/)
  const page = String(await policy('/'))
  if (page.startsWith("default-src 'self'")) assert.doesNotMatch(page, /unsafe|\*|http/)
})

test('errors are problems with a code', async () => {
  const answers = await Promise.all(
    [
      '/nothing',
      '/documents/text',
      '/documents?limit=x',
      '/documents?cursor=x',
      '/documents/text?uri=/none.md',
      '/%zz',
    ].map(path => ask(open.url, path, {})),
  )
  assert.deepEqual(
    answers.map(({ status, code }) => `${status} ${code}`),
    [
      '404 http/not-found',
      '400 http/query',
      '400 http/query',
      '400 web/query',
      '404 web/not-found',
      '400 http/refused',
    ],
  )
})

test('the API describes itself', async () => {
  const { openapi, paths } = (await (await fetch(`${open.url}/docs/json`)).json()) as { openapi: string; paths: object }
  assert.equal(openapi, '3.1.0')
  const expected = [
    '/records',
    '/documents',
    '/documents/text',
    '/documents/chunks',
    '/documents/live',
    '/live',
    '/agents',
  ]
  for (const path of [...expected, '/responses', '/clusters', '/rejected', '/query', '/health'])
    assert.ok(Object.hasOwn(paths, path), path)
})
