import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { ChunkPage, DocumentPage, Stored } from './api.ts'
import { ownUp, until } from './testing.ts'

const up = await ownUp()
after(() => up[Symbol.asyncDispose]())

const log = () =>
  readdirSync(join(up.dir, 'logs'))
    .filter(name => name.endsWith('.ndjson'))
    .sort()
    .map(name => readFileSync(join(up.dir, 'logs', name), 'utf8'))
    .join('')

const postJson = async (...given: Parameters<typeof up.post>): Promise<Stored> =>
  (await up.post(...given)).json() as Promise<Stored>
const textOf = (uri: string) => up.text(`/documents/text?uri=${encodeURIComponent(uri)}`)
const entry = async (uri: string) =>
  (await up.json<DocumentPage>(`/documents?search=${encodeURIComponent(uri)}`)).documents.find(one => one.uri === uri)
const whenThere = (uri: string) =>
  until(
    () => entry(uri),
    found => found !== undefined,
  )

test('keeps records of others byte for byte, and judges each line by itself', async () => {
  const lines = [
    '{"chunk":"a\\u0041","agent_id":"A","destination_uri":"/k.md","event_time":"2026-11-23T08:00:00Z","x":1e400}',
    '{"seq": 1, "chunk":"\\ud83d", "response_id":"r","destination_uri":"/k.md","timestamp":"2026-11-23 08:00"}',
  ]
  const stored = await postJson(
    [lines[0], 'rubbish', '', '[]', lines[1], '{"chunk":"x"}', '{"chunk":1,"destination_uri":"/k.md"}'].join('\r\n'),
  )
  const verdicts = [
    { line: 2, code: 'record/malformed', reason: 'not JSON' },
    { line: 4, code: 'record/malformed', reason: 'not a JSON object' },
    { line: 6, code: 'record/malformed', reason: 'no "destination_uri"' },
    { line: 7, code: 'record/malformed', reason: '"chunk" is not a string' },
  ]
  assert.deepEqual(stored, { stored: 2, refused: 4, verdicts })
  assert.ok(log().includes(`${lines.join('\n')}\n`))
})

test('is durable before it answers', async () => {
  await up.post('{"chunk":"now","destination_uri":"/durable.md"}')
  assert.match(log(), /"now","destination_uri":"\/durable\.md","event_time":"\d{4}-\d\d-\d\dT[\d:.]+Z"\}\n/)
})

test('fills in what records lack from the address', async () => {
  await up.post('{"chunk":"x"}\n{"chunk":"y","agent_id":"B"}', '?agent=A&uri=/filled.md')
  await whenThere('/filled.md')
  assert.equal(await textOf('/filled.md'), 'xy')
  assert.match(log(), /\{"chunk":"x","destination_uri":"\/filled\.md","event_time":"[^"]+","agent_id":"A"\}/)
  assert.match(log(), /\{"chunk":"y","agent_id":"B","destination_uri":"\/filled\.md","event_time":"[^"]+"\}/)
})

test('refuses a line that is too long, and takes the others', async () => {
  const long = `{"chunk":"${'x'.repeat(17 * 1024 * 1024)}","destination_uri":"/long.md"}`
  const short = '{"chunk":"ok","destination_uri":"/long.md"}'
  const { stored, verdicts } = await postJson([short, long, short].join('\n'))
  assert.deepEqual(
    [stored, verdicts.map(({ line, reason }) => [line, reason])],
    [2, [[2, 'longer than 16777216 bytes']]],
  )
})

test('answers 422 with the verdicts where no line is a record', async () => {
  const response = await up.post('rubbish')
  assert.equal(response.status, 422)
  const { code, verdicts } = (await response.json()) as { code: string; verdicts: unknown[] }
  assert.deepEqual(
    [code, verdicts.length, response.headers.get('content-type')],
    ['web/records', 1, 'application/problem+json'],
  )
})

test('a text needs the names of its agent and document', async () => {
  const response = await up.post('text', '?agent=A', 'text/plain')
  assert.deepEqual([response.status, ((await response.json()) as { code: string }).code], [400, 'web/query'])
})

/** Sends a body piece by piece, whatever `act` does between. */
const slowly = async (query: string, pieces: readonly Buffer[], between: (piece: number) => Promise<unknown>) => {
  const { hostname, port } = new URL(up.url)
  const headers = { 'content-type': 'text/plain' }
  const sent = request({ hostname, port, path: `/records${query}`, method: 'POST', headers })
  const answered = new Promise<Stored>((resolve, reject) => {
    sent.on('error', reject)
    sent.on('response', async response => resolve(JSON.parse((await response.toArray()).join(''))))
  })
  for (const [i, piece] of pieces.entries()) {
    sent.write(piece)
    await between(i)
  }
  sent.end()
  return await answered
}

test('a text can be read while it is sent, whole characters only, and has its digest at the end', async () => {
  const text = 'naïve 😀 text'
  const bytes = Buffer.from(text)
  const pieces = [bytes.subarray(0, 3), bytes.subarray(3, 9), bytes.subarray(9)]
  const seen: string[] = []
  const stored = await slowly('?agent=Ada&uri=/slow.md', pieces, async () => {
    await whenThere('/slow.md')
    await until(
      () => textOf('/slow.md'),
      now => now.length > (seen.at(-1)?.length ?? 0),
    ).then(now => seen.push(now))
  })
  assert.deepEqual(seen, ['na', 'naïve ', text])
  assert.equal(stored.stored, 4)
  await until(
    () => entry('/slow.md'),
    found => found?.state === 'complete',
  )
})

test('a text that is cut off ends with the reason "cancel"', async () => {
  const { hostname, port } = new URL(up.url)
  const headers = { 'content-type': 'text/plain' }
  const sent = request({ hostname, port, path: '/records?agent=A&uri=/cut.md', method: 'POST', headers })
  sent.on('error', () => {})
  sent.write('half')
  await whenThere('/cut.md')
  sent.destroy()
  await until(
    () => entry('/cut.md'),
    found => found?.state === 'complete',
  )
  assert.match(log(), /"\/cut\.md".*"end":\{"reason":"cancel","chunks":1,"bytes":4,/)
})

const hostile = [
  '/../../etc/passwd',
  '<script>alert(1)</script>',
  `'; DROP TABLE chunks_clustered; --`,
  '/\u202ereversed\u2066',
  '\x1b[31mred\x07',
  '/%2e%2e/%00',
  '/a b?c=d&e#f',
  '__proto__',
  '😀'.repeat(500),
  '\n\r\t\0',
]

test('hostile names are names', async () => {
  const record = (uri: string, i: number) => JSON.stringify({ chunk: `text ${i}`, destination_uri: uri, agent_id: uri })
  await up.post(hostile.map(record).join('\n'))
  for (const [i, uri] of hostile.entries()) {
    assert.deepEqual((await whenThere(uri))?.agents, [uri])
    const response = await up.get(`/documents/text?uri=${encodeURIComponent(uri)}`)
    assert.equal(await response.text(), `text ${i}`)
    assert.equal(response.headers.get('content-type'), 'text/plain; charset=utf-8')
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
  }
})

test('each document is on one page of the list, and search finds parts of names', async () => {
  const uris = Array.from({ length: 25 }, (_, i) => `/paged/${i}.md`)
  await up.post(uris.map(uri => `{"chunk":"x","destination_uri":"${uri}","agent_id":"Pager"}`).join('\n'))
  await whenThere(uris[24])
  for (const order of ['recent', 'uri', 'size']) {
    const found: string[] = []
    let cursor = ''
    do {
      const page = await up.json<DocumentPage>(`/documents?search=PAGER&order=${order}&limit=7&cursor=${cursor}`)
      found.push(...page.documents.map(({ uri }) => uri))
      assert.equal(page.total, 25)
      cursor = page.next ?? ''
    } while (cursor !== '')
    assert.deepEqual(found.toSorted(), uris.toSorted(), order)
  }
  const none = await up.json<DocumentPage>('/documents?search=pager&limit=0')
  assert.deepEqual(none, { documents: [], total: 25 }, 'nothing is wanted but their number')
})

test('a document is listed alone by its whole uri', async () => {
  await up.post('{"chunk":"x","destination_uri":"/exactly.md"}\n{"chunk":"x","destination_uri":"/not/exactly.md"}')
  await whenThere('/not/exactly.md')
  const alone = await up.json<DocumentPage>('/documents?uri=/exactly.md')
  assert.deepEqual([alone.total, alone.documents.map(({ uri }) => uri)], [1, ['/exactly.md']])
  assert.deepEqual(await up.json<DocumentPage>('/documents?uri=/exactly'), { documents: [], total: 0 })
})

test('chunks say where each one begins in the text', async () => {
  const chunks = ['a', '', '\ud83d', '\ude00b', 'é'.repeat(10)]
  const line = (chunk: string, seq: number) =>
    JSON.stringify({
      chunk,
      destination_uri: '/c.md',
      agent_id: `A${seq % 2}`,
      response_id: 'r',
      seq,
      event_time: `2026-11-23T08:00:0${seq}Z`,
    })
  await up.post(chunks.map(line).join('\n'))
  await whenThere('/c.md')
  const page = await up.json<ChunkPage>('/documents/chunks?uri=/c.md&from=1&limit=3')
  const text = await textOf('/c.md')
  assert.deepEqual(
    page.start.map((at, i) => text.slice(at, at + page.length[i])),
    chunks.slice(1, 4),
  )
  assert.deepEqual(
    [page.total, page.units, page.seq, page.agents, page.agent],
    [5, text.length, [1, 2, 3], ['A0', 'A1'], [1, 0, 1]],
  )
})

test('a part of a text is given as HTTP says', async () => {
  await up.post('{"chunk":"0123456789","destination_uri":"/range.md"}')
  await whenThere('/range.md')
  const part = (range: string) => fetch(`${up.url}/documents/text?uri=/range.md`, { headers: { range } })
  const [some, last, none] = await Promise.all(['bytes=2-4', 'bytes=-3', 'bytes=10-'].map(part))
  assert.deepEqual([some.status, await some.text(), some.headers.get('content-range')], [206, '234', 'bytes 2-4/10'])
  assert.deepEqual([last.status, await last.text()], [206, '789'])
  assert.equal(none.status, 416)
})
