import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, test } from 'node:test'
import type { DocumentPage, Flow, Health } from './api.ts'
import { eventsOf, followInto, type LiveEvent, nothingShown, ownUp, until } from './testing.ts'

const up = await ownUp()
after(() => up[Symbol.asyncDispose]())

const live = (uri: string) => `${up.url}/documents/live?uri=${encodeURIComponent(uri)}`
const textOf = (uri: string) => up.text(`/documents/text?uri=${encodeURIComponent(uri)}`)
const record = (uri: string, seq: number, chunk: string, more: object = {}) =>
  JSON.stringify({ chunk, destination_uri: uri, agent_id: 'A', response_id: 'r', seq, ...more })
const isOver = (_: unknown, { event }: LiveEvent) => event === 'over'

const ending = (texts: readonly string[]) => {
  const text = texts.join('')
  const sha256 = createHash('sha256').update(text).digest('hex')
  return { end: { reason: 'stop', chunks: texts.length, bytes: Buffer.byteLength(text), sha256 } }
}

/** Posts them one after another. */
const write = async (uri: string, texts: readonly string[], from = 0) => {
  for (const [i, chunk] of texts.entries()) await up.post(record(uri, from + i, chunk))
}

test('a reader sees what is there, and what comes, once', async () => {
  const [uri, texts] = ['/seen.md', ['one ', 'two ', '\ud83d', '\ude00 ', 'three']]
  await write(uri, texts.slice(0, 2))
  const shown = nothingShown()
  const following = followInto(shown, live(uri), isOver)
  await write(uri, texts.slice(2), 2)
  await up.post(record(uri, texts.length, '', ending(texts)))
  await following
  assert.deepEqual([shown.text, shown.replaced], [texts.join(''), 0])
})

test('a document that is not there yet is waited for', async () => {
  const shown = nothingShown()
  const following = followInto(shown, live('/later.md'), ({ text }) => text !== '')
  await until(
    () => up.json<{ readers: { now: number } }>('/health'),
    ({ readers }) => readers.now > 0,
  )
  await write('/later.md', ['here'])
  await following
  assert.equal(shown.text, 'here')
})

test('whoever comes again goes on behind what he has, however often he is cut off', async () => {
  const uri = '/resumed.md'
  const texts = Array.from({ length: 60 }, (_, i) => `part ${i} é😀 `)
  const writing = write(uri, texts).then(() => up.post(record(uri, texts.length, '', ending(texts))))
  const shown = nothingShown()
  let isDone = false
  for (let cuts = 0; !isDone && cuts < 200; cuts++) {
    await followInto(shown, live(uri), (_, event) => {
      isDone = event.event === 'over'
      return true
    })
  }
  await writing
  assert.deepEqual([shown.text, shown.replaced], [texts.join(''), 0])
})

const marks: Record<string, (id: string) => string> = {
  'text that the document never had': id => id.replace(/-.*/, '-0123456789abcdef'),
  'more than the document has': id => `9${id}`,
  'a mark of somebody else': () => 'x',
}

for (const [name, change] of Object.entries(marks)) {
  test(`whoever has ${name} begins anew, and is told so`, async () => {
    const uri = `/marks/${name}`
    await write(uri, ['abc'])
    const shown = nothingShown()
    await followInto(shown, live(uri), ({ text }) => text === 'abc')
    const again = { ...shown, id: change(shown.id!) }
    await followInto(again, live(uri), ({ text, replaced }) => text === 'abc' && replaced > 0)
    assert.deepEqual([again.text, again.replaced], ['abc', 1])
  })
}

test('a text and the stream that goes on behind it meet without a gap', async () => {
  const uri = '/met.md'
  await write(uri, ['abc'])
  await until(
    () => textOf(uri),
    text => text === 'abc',
  )
  const response = await up.get(`/documents/text?uri=${uri}`)
  const shown = { text: await response.text(), id: response.headers.get('x-event-id')!, replaced: 0 }
  const following = followInto(shown, live(uri), ({ text }) => text.includes('f'))
  await write(uri, ['def'], 1)
  await following
  assert.deepEqual([shown.text, shown.replaced], ['abcdef', 0])
})

test('a text whose beginning changes is made anew', async () => {
  const uri = '/anew.md'
  await write(uri, ['old '])
  const shown = nothingShown()
  const following = followInto(shown, live(uri), ({ text }) => text === 'new')
  await until(
    async () => shown.text,
    text => text === 'old ',
  )
  await up.post(record(uri, 0, 'new', { response_id: 's', supersedes: 'r' }))
  await following
  assert.deepEqual([shown.text, await textOf(uri)], ['new', 'new'])
})

test('the flow has every stream, its text, its end, and how long its first chunk took', async () => {
  const stop = new AbortController()
  const seen: Flow['lanes'] = []
  const source = { url: 'u', file: 'f', requested_at: '2026-11-23T08:00:00Z' }
  const times = { source, event_time: '2026-11-23T08:00:00.5Z' }
  let isBegun = false
  for await (const { data } of eventsOf(`${up.url}/live`, stop.signal)) {
    if (!isBegun) void up.post([record('/flow.md', 0, 'a', times), record('/flow.md', 1, '', ending(['a']))].join('\n'))
    isBegun = true
    seen.push(...(JSON.parse(data) as Flow).lanes.filter(({ uri }) => uri === '/flow.md'))
    if (seen.some(({ ended }) => ended !== undefined)) break
  }
  stop.abort()
  const [last] = seen.slice(-1)
  assert.equal(seen.map(({ text }) => text).join(''), 'a')
  assert.deepEqual([last.agent, last.ended, last.firstChunkSeconds], ['A', 'stop', 0.5])
  assert.equal(
    seen.reduce((sum, { chunks }) => sum + chunks, 0),
    1,
  )
})

test('who looks at the flow later sees the end of what was written before', async () => {
  await write('/before.md', ['x'.repeat(3000), 'tail'])
  await until(
    () => up.json<DocumentPage>('/documents?search=/before.md'),
    ({ documents }) => documents[0]?.chunks === 2,
  )
  const stop = new AbortController()
  let text = ''
  for await (const { data } of eventsOf(`${up.url}/live`, stop.signal)) {
    const lane = (JSON.parse(data) as Flow).lanes.find(({ uri }) => uri === '/before.md')
    text += lane?.text ?? ''
    if (text.endsWith('tail')) break
  }
  stop.abort()
  assert.equal(text, `${'x'.repeat(1996)}tail`)
})

test('nobody follows who asks for the head alone', async () => {
  for (const path of ['/live', '/documents/live?uri=/head.md'])
    assert.equal((await fetch(up.url + path, { method: 'HEAD' })).status, 404)
  assert.equal((await up.json<Health>('/health')).readers.now, 0)
})
