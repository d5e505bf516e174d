import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { AgentEntry, ClusterList, Health, Problem, QueryAnswer, RejectedList, ResponseEntry } from './api.ts'
import { ownUp, until } from './testing.ts'

const up = await ownUp()
after(() => up[Symbol.asyncDispose]())

const query = (sql: string, params?: Record<string, string>) =>
  fetch(`${up.url}/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sql, params }),
  })
const answer = async (sql: string, params?: Record<string, string>) =>
  (await query(sql, params)).json() as Promise<QueryAnswer>

const record = (seq: number) =>
  JSON.stringify({
    chunk: `word${seq} `,
    destination_uri: '/t.md',
    agent_id: 'Ada',
    response_id: 'r',
    seq,
    event_time: `2026-11-23T08:00:0${seq}Z`,
  })

await up.post([0, 1, 2, 2].map(record).join('\n'))
const committed = (health: Health) => health.consume.rows === 3 && health.consume.lag === 0
await until(() => up.json<Health>('/health'), committed)

test('agents, answers and rejected lines come from the warehouse', async () => {
  const { agents } = await up.json<{ agents: AgentEntry[] }>('/agents')
  const { agent, responses, chunks, characters, gapMedianSeconds, ended } = agents[0]
  assert.deepEqual([agent, responses, chunks, characters, gapMedianSeconds, ended], ['Ada', 1, 3, 18, 1, { open: 1 }])
  const found = await up.json<{ responses: ResponseEntry[] }>('/responses?agent=Ada&uri=/t.md')
  assert.deepEqual(
    found.responses.map(({ uri, answer, state, seconds }) => [uri, answer, state, seconds]),
    [['/t.md', 'r', 'open', 2]],
  )
  assert.deepEqual((await up.json<{ responses: unknown[] }>('/responses?agent=Nobody')).responses, [])
  assert.deepEqual(await up.json<RejectedList>('/rejected'), { total: 0, reasons: {}, rejected: [] })
  const clusters = await up.json<ClusterList>('/clusters')
  assert.deepEqual([clusters.model, clusters.clusters], [0, []])
})

test('health counts what came', async () => {
  const { status, log, consume, produce } = await up.json<Health>('/health')
  assert.deepEqual([status, log.records, consume.state, consume.repeats, produce.state], ['ok', 4, 'waiting', 1, 'off'])
})

test('a statement gives columns and rows that JSON can say', async () => {
  const sql =
    "select 1::bigint as a, 9007199254740993 as b, 'NaN'::double as c, '\\xFF'::blob as d, [1] as e, null as f, $x as g"
  const { columns, rows, truncated } = await answer(sql, { x: "'; drop table x; --" })
  assert.deepEqual(rows, [[1, '9007199254740993', 'NaN', '/w==', [1], null, "'; drop table x; --"]])
  assert.deepEqual([columns.map(({ name }) => name).join(''), truncated], ['abcdefg', false])
})

test('a result is cut off where it is too long', async () => {
  const { rows, truncated } = await answer('select range from range(20000)')
  assert.deepEqual([rows.length, truncated], [10_000, true])
  const wide = await answer("select repeat('x', 1000000) from range(100)")
  assert.deepEqual([wide.rows.length, wide.truncated], [16, true])
})

const refused: Record<string, [sql: string, status: number, code: string]> = {
  'a fault': ['selec', 400, 'warehouse/sql'],
  'a change': ['drop table chunks_clustered', 403, 'warehouse/refused'],
  'a file': ["select * from read_text('/etc/passwd')", 403, 'warehouse/refused'],
  'two statements': ['select 1; select 2', 403, 'warehouse/refused'],
}

for (const [name, [sql, status, code]] of Object.entries(refused)) {
  test(`refuses ${name} in SQL`, async () => {
    const response = await query(sql)
    assert.deepEqual([response.status, ((await response.json()) as Problem).code], [status, code])
  })
}

const headers = { 'content-type': 'application/json' }
const slow = JSON.stringify({ sql: 'select sum(range % 7) from range(100000000000)' })
/** So many statements that would never end, each asked for until it runs. */
const keepAsking = (count: number, signal: AbortSignal) => {
  const ask = () => fetch(`${up.url}/query`, { method: 'POST', headers, body: slow, signal })
  const insist = async () => {
    while ((await ask()).status === 503) await new Promise(resolve => setTimeout(resolve, 20))
  }
  return Promise.all(Array.from({ length: count }, () => insist().catch(() => undefined)))
}

test('runs only so many statements at once, and goes on when they have ended', async () => {
  const stop = new AbortController()
  const asked = keepAsking(4, stop.signal)
  const busy = await until(
    () => query('select 1'),
    ({ status }) => status === 503,
  )
  assert.equal(busy.headers.get('retry-after'), '1')
  stop.abort()
  await asked
  await until(
    () => query('select 1'),
    ({ status }) => status === 200,
  )
})

const running = async () => Number(/^textstream_web_queries (\d+)$/m.exec(await up.text('/metrics'))?.[1])

test('the page is answered, however much it asks for, while people have all the turns that they may have', async () => {
  const stop = new AbortController()
  const asked = keepAsking(2, stop.signal)
  await until(running, count => count === 2)
  const pages = Array.from({ length: 8 }, (_, i) => up.get(`/responses?agent=Ada&limit=${i + 1}`))
  const statuses = (await Promise.all(pages)).map(({ status }) => status)
  assert.deepEqual(
    statuses,
    pages.map(() => 200),
  )
  assert.equal(await running(), 2)
  stop.abort()
  await asked
  await until(running, count => count === 0)
})
