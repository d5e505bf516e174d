import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { memoryWarehouse } from './memory.ts'
import { type GivenRow, rowsOf } from './testing.ts'
import type { Ending, Opening } from './warehouse.ts'

const start = 1_764_000_000_000_000
const secondMicros = 1_000_000

interface Given {
  readonly rows?: readonly GivenRow[]
  readonly openings?: readonly Opening[]
  readonly endings?: readonly Ending[]
}

/** Rows as objects of the named columns. */
const ask = async (_: TestContext, { rows = [], openings = [], endings = [] }: Given, sql: string) => {
  const warehouse = memoryWarehouse()
  await using writer = await warehouse.writer()
  await writer.commit({ position: {}, rows: rowsOf(rows), openings, endings })
  await using result = await warehouse.query(sql)
  const all: Record<string, unknown>[] = []
  for await (const batch of result.rows)
    for (const row of batch) all.push(Object.fromEntries(result.columns.map(({ name }, i) => [name, row[i]])))
  return all
}

let offset = 0

/** A chunk at so many seconds. */
const chunk = (
  response_id: string | undefined,
  seq: number,
  at: number,
  text = 'abcé',
  more: Partial<GivenRow> = {},
): GivenRow => ({
  agent_id: 'Agent_Ada',
  ...(response_id !== undefined && { response_id }),
  seq,
  micros: start + at * secondMicros,
  chunk: text,
  offset: offset++,
  ...more,
})

const ending = (response_id: string, seq: number, at: number, reason = 'stop'): Ending => ({
  agent_id: 'Agent_Ada',
  destination_uri: '/a.md',
  response_id,
  seq,
  micros: start + at * secondMicros,
  reason,
  chunks: seq,
  bytes: 0,
  sha256: '',
  partition: 'log',
  offset: offset++,
})

const opening = (response_id: string, supersedes?: string, more: Partial<Opening> = {}): Opening => ({
  agent_id: 'Agent_Ada',
  destination_uri: '/a.md',
  response_id,
  ...(supersedes !== undefined && { supersedes }),
  partition: 'log',
  offset: offset++,
  ...more,
})

const complete = (id: string, at = 0): Given => ({
  rows: [chunk(id, 0, at), chunk(id, 1, at + 1)],
  endings: [ending(id, 2, at + 1)],
})
const open = (id: string, at = 0): Given => ({ rows: [chunk(id, 0, at)] })

const together = (...given: readonly Given[]): Given => ({
  rows: given.flatMap(({ rows = [] }) => rows),
  openings: given.flatMap(({ openings = [] }) => openings),
  endings: given.flatMap(({ endings = [] }) => endings),
})

describe('responses', () => {
  test('tell times, rates and gaps of an answer', async t => {
    const rows = [0, 1, 2, 4, 10].map((at, seq) => chunk('r', seq, at))
    const given = {
      rows,
      openings: [opening('r', undefined, { requestedMicros: start - 500_000 })],
      endings: [ending('r', 5, 11)],
    }
    assert.deepEqual(await ask(t, given, 'FROM responses'), [
      {
        agent_id: 'Agent_Ada',
        destination_uri: '/a.md',
        response_id: 'r',
        state: 'complete',
        ended: 'stop',
        chunks: 5,
        characters: 20,
        bytes: 25,
        first_event_time: '2025-11-24T16:00:00.000000Z',
        last_event_time: '2025-11-24T16:00:11.000000Z',
        time_to_first_chunk_s: 0.5,
        duration_s: 10,
        characters_per_second: 2,
        gap_median_s: 1.5,
        gap_p99_s: 5.88,
        gap_longest_s: 6,
        supersedes: null,
        superseded_by: null,
      },
    ])
  })

  const first: readonly (readonly [name: string, given: Given, seconds: number | null])[] = [
    ['an empty first record tells when it was asked for', { rows: [chunk('r', 0, 0, ''), chunk('r', 1, 2)] }, 2],
    ['nothing tells', { rows: [chunk('r', 0, 0), chunk('r', 1, 2)] }, null],
    ['no text came', { rows: [chunk('r', 0, 0, '')] }, null],
  ]
  for (const [name, given, seconds] of first)
    test(`time to the first chunk: ${name}`, async t =>
      assert.deepEqual(await ask(t, given, 'SELECT time_to_first_chunk_s AS s FROM responses'), [{ s: seconds }]))

  const states: readonly (readonly [name: string, given: Given, state: string, chunks: number])[] = [
    ['open', open('r'), 'open', 1],
    ['complete', complete('r'), 'complete', 2],
    ['complete though empty', { endings: [ending('r', 0, 0)] }, 'complete', 0],
    ['a gap', { rows: [chunk('r', 0, 0), chunk('r', 2, 1)] }, 'incomplete', 2],
    [
      'its end comes too early',
      { rows: [chunk('r', 0, 0), chunk('r', 1, 1)], endings: [ending('r', 1, 1)] },
      'incomplete',
      2,
    ],
    ['its end comes too late', { rows: [chunk('r', 0, 0)], endings: [ending('r', 2, 1)] }, 'incomplete', 1],
    [
      'it counted otherwise',
      { rows: [chunk('r', 0, 0)], endings: [{ ...ending('r', 1, 1), chunks: 7 }] },
      'incomplete',
      1,
    ],
    [
      'a record without a number behind its end',
      { rows: [chunk('r', 0, 0), chunk('r', -1, 1)], endings: [ending('r', 1, 1)] },
      'incomplete',
      2,
    ],
    [
      'text with its end',
      { rows: [chunk('r', 0, 0), chunk('r', 1, 1, 'end', { end_reason: 'stop' })], endings: [ending('r', 1, 1)] },
      'complete',
      1,
    ],
    ['no numbers', { rows: [chunk(undefined, -1, 0), chunk(undefined, -1, 1)] }, 'unsequenced', 2],
  ]
  for (const [name, given, state, chunks] of states)
    test(`state: ${name}`, async t =>
      assert.deepEqual(await ask(t, given, 'SELECT state, chunks FROM responses'), [{ state, chunks }]))

  test('an empty response_id is none', async t => {
    const given = { rows: [chunk('', -1, 0), chunk(undefined, -1, 1)] }
    assert.deepEqual(await ask(t, given, 'SELECT response_id, chunks FROM responses'), [
      { response_id: null, chunks: 2 },
    ])
  })
})

describe('superseded_by', () => {
  const claims: readonly (readonly [name: string, given: Given, by: Record<string, string>])[] = [
    [
      'a complete answer replaces a complete one',
      together(complete('a'), complete('b', 9), { openings: [opening('b', 'a')] }),
      { a: 'b' },
    ],
    [
      'an open one replaces no complete one',
      together(complete('a'), open('b', 9), { openings: [opening('b', 'a')] }),
      {},
    ],
    [
      'an open one replaces an open one',
      together(open('a'), open('b', 9), { openings: [opening('b', 'a')] }),
      { a: 'b' },
    ],
    [
      'what was given up passes it on to a complete one',
      together(complete('a'), open('b', 9), complete('c', 19), { openings: [opening('b', 'a'), opening('c', 'b')] }),
      { a: 'b', b: 'c' },
    ],
    [
      'nobody replaces the answer of another agent',
      together(open('a'), complete('b', 9), { openings: [opening('b', 'a', { agent_id: 'Agent_Bob' })] }),
      {},
    ],
    ['nobody replaces a stranger', together(complete('b', 9), { openings: [opening('b', 'x')] }), {}],
    ['nobody replaces itself', together(open('a'), { openings: [opening('a', 'a')] }), {}],
  ]
  for (const [name, given, by] of claims)
    test(name, async t => {
      const found = await ask(
        t,
        given,
        'SELECT response_id, superseded_by FROM responses WHERE superseded_by IS NOT NULL',
      )
      assert.deepEqual(Object.fromEntries(found.map(one => [one.response_id, one.superseded_by])), by)
    })
})

test('documents are their answers without those that are superseded', async t => {
  const given = together(
    complete('a', 100),
    complete('b', 9),
    complete('c', 50),
    { openings: [opening('c', 'b')] },
    { rows: [chunk('z', 0, 5, 'zz', { destination_uri: '/z.md', agent_id: 'Agent_Bob' })] },
  )
  assert.deepEqual(await ask(t, given, 'FROM documents ORDER BY destination_uri'), [
    {
      destination_uri: '/a.md',
      answers: 2,
      agents: 1,
      state: 'complete',
      ended: 'stop',
      chunks: 4,
      characters: 16,
      bytes: 20,
      first_event_time: '2025-11-24T16:00:50.000000Z',
      last_event_time: '2025-11-24T16:01:41.000000Z',
    },
    {
      destination_uri: '/z.md',
      answers: 1,
      agents: 1,
      state: 'open',
      ended: null,
      chunks: 1,
      characters: 2,
      bytes: 2,
      first_event_time: '2025-11-24T16:00:05.000000Z',
      last_event_time: '2025-11-24T16:00:05.000000Z',
    },
  ])
})

test('agents have all that they did', async t => {
  const given = together(complete('a'), complete('b', 10), open('c', 20), {
    rows: [chunk('x', 0, 0, 'x', { agent_id: undefined })],
  })
  const sql = `SELECT agent_id, responses, documents, chunks, characters, characters_per_second, ends, not_ended, gap_longest_s
    FROM agents ORDER BY agent_id NULLS LAST`
  assert.deepEqual(await ask(t, given, sql), [
    {
      agent_id: 'Agent_Ada',
      responses: 3,
      documents: 1,
      chunks: 5,
      characters: 20,
      characters_per_second: 8,
      ends: { stop: 2 },
      not_ended: 1,
      gap_longest_s: 1,
    },
    {
      agent_id: null,
      responses: 1,
      documents: 1,
      chunks: 1,
      characters: 1,
      characters_per_second: null,
      ends: null,
      not_ended: 1,
      gap_longest_s: null,
    },
  ])
})

test('latest_clusters has what is known last of each cluster, and its rows', async () => {
  const warehouse = memoryWarehouse()
  await using writer = await warehouse.writer()
  const facts = (model: number, cluster: number, change: string, label: string) => ({
    ...{
      model,
      cluster,
      change,
      label,
      parents: [],
      terms: [label],
      size: 2,
      share: 0.5,
      windows: 256 * model,
      nearest: [],
    },
  })
  const rows = rowsOf([
    { chunk: 'a', offset: 0, cluster: 0, model: 1 },
    { chunk: 'b', offset: 1, cluster: 0, model: 2 },
    { chunk: 'c', offset: 2, cluster: 1, model: 1 },
    { chunk: 'd', offset: 3 },
  ])
  const clusters = [
    facts(1, 0, 'born', 'sea'),
    facts(1, 1, 'born', 'tea'),
    facts(2, 0, 'kept', 'ship'),
    facts(2, 1, 'died', 'tea'),
  ]
  await writer.commit({ position: {}, rows, clusters })
  const sql =
    'SELECT cluster, label, rows, share_of_rows, change, model, first_model FROM latest_clusters ORDER BY cluster'
  await using result = await warehouse.query(sql)
  const all: unknown[] = []
  for await (const batch of result.rows) all.push(...batch)
  assert.deepEqual(all, [
    [0, 'ship', 2, 2 / 3, 'kept', 2, 1],
    [1, 'tea', 1, 1 / 3, 'died', 2, 1],
  ])
})
