import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answer, append, consumed, consumeOnce, query, record, rowsOf, topicOf } from '../../test/consumed.ts'
import { memoryWarehouse } from '../warehouse/memory.ts'

const texts = (rows: readonly { chunk: string }[]) => rows.map(({ chunk }) => chunk)

test('every record becomes a row, its text untouched', async () => {
  const naughty = [
    'quote " and \\',
    "'; drop table chunks_clustered; --",
    'NUL \0 in it',
    '\ufeffBOM first',
    '🜁 𝕏 \u{10fffd}',
    '',
    ' \r\n\t ',
  ]
  const { rows, progress } = await consumed(answer('r', naughty))
  assert.deepEqual(texts(rows), naughty)
  assert.deepEqual({ rows: progress.rows, records: progress.records }, { rows: 7, records: 7 })
})

test('a row has all that its record says', async () => {
  const line = `{"chunk":"x","agent_id":"A","destination_uri":"/d","event_time":"2026-11-23T10:00:00.123456","response_id":"r","seq":3,"mood":"blue"}\n`
  const { rows } = await consumed([line])
  assert.deepEqual(rows, [
    {
      agent_id: 'A',
      destination_uri: '/d',
      event_time: '2026-11-23T10:00:00.123456Z',
      chunk: 'x',
      cluster: null,
      response_id: 'r',
      seq: 3,
      end_reason: null,
      model: null,
      extra: '{"mood":"blue"}',
    },
  ])
})

test('records of the old system, without answer, number or time, become rows', async () => {
  const lines = [
    '{"destination_uri":"/b","chunk":"old"}\n',
    '{"destination_uri":"/c"}\n',
    '{"destination_uri":"/d","chunk":"y","event_time":"yesterday"}\n',
  ]
  const { rows } = await consumed(lines)
  assert.deepEqual(
    rows.map(({ destination_uri, chunk, event_time, response_id, seq }) => [
      destination_uri,
      chunk,
      event_time,
      response_id,
      seq,
    ]),
    [
      ['/b', 'old', null, null, null],
      ['/c', '', null, null, null],
      ['/d', 'y', null, null, null],
    ],
  )
})

test('a second run adds what came since, and nothing else', async () => {
  const { topic, warehouse } = await consumed(answer('r', ['one ', 'two ']))
  await consumeOnce(topic, warehouse)
  await append(topic, answer('s', ['three']))
  const { rows } = await consumeOnce(topic, warehouse)
  assert.deepEqual([rows, texts(await rowsOf(warehouse))], [1, ['one ', 'two ', 'three']])
})

test('an empty topic, and one of blank lines, give an empty table', async () => {
  for (const lines of [[], ['\n', ' \n']]) assert.deepEqual((await consumed(lines)).rows, [])
})

test('what is no record is kept aside with its reason, and the rest goes on', async () => {
  const poison = ['not json\n', Buffer.from([0x7b, 0xff, 0x7d, 0x0a]), '{"chunk":"no uri"}\n', '[1]\n']
  const { rows, progress, warehouse } = await consumed([
    record({ chunk: 'before' }),
    ...poison,
    record({ chunk: 'behind' }),
  ])
  assert.deepEqual([texts(rows), progress.malformed], [['before', 'behind'], 4])
  const rejected = await query<{ reason: string; line: Uint8Array }>(
    warehouse,
    'select reason, line from rejected order by topic_offset',
  )
  assert.deepEqual(
    rejected.map(({ line }) => Buffer.from(line).toString('latin1')),
    ['not json', '{\xff}', '{"chunk":"no uri"}', '[1]'],
  )
  assert.match(rejected[0].reason, /not JSON/)
})

test('a repeat counts once, in the same batch or after a restart', async () => {
  const lines = answer('r', ['a ', 'b ', 'c '])
  const { topic, warehouse, progress } = await consumed([...lines, lines[1]])
  await append(topic, [lines[2], lines[0]])
  const again = await consumeOnce(topic, warehouse)
  assert.deepEqual([progress.repeats, again.repeats, texts(await rowsOf(warehouse))], [1, 2, ['a ', 'b ', 'c ']])
})

test('another text under the same number is a conflict: the first stays, the other is kept aside', async () => {
  const [first, other] = [answer('r', ['a ', 'b '])[1], answer('r', ['a ', 'B '])[1]]
  const { rows, progress, warehouse } = await consumed([first, other])
  assert.deepEqual([texts(rows), progress.conflicts, progress.repeats], [['b '], 1, 0])
  const [{ reason, line }] = await query<{ reason: string; line: Uint8Array }>(
    warehouse,
    'select reason, line from rejected',
  )
  assert.match(reason, /conflict/)
  assert.equal(`${Buffer.from(line)}\n`, other)
})

test('a late record that fills a gap is no repeat', async () => {
  const lines = answer('r', ['a ', 'b ', 'c ', 'd '])
  const { rows, progress } = await consumed([lines[0], lines[3], lines[1], lines[2]])
  assert.deepEqual([texts(rows), progress.repeats], [['a ', 'b ', 'c ', 'd '], 0])
})

test('of records with more gaps than are told apart none is lost and none is twice', async () => {
  const lines = answer(
    'r',
    Array.from({ length: 400 }, (_, i) => `${i} `),
  )
  const shuffled = [
    ...lines.filter((_, i) => i % 2 === 0),
    ...lines.filter((_, i) => i % 2 === 1),
    lines[7],
    lines[200],
  ]
  const { rows, progress } = await consumed(shuffled)
  assert.deepEqual([rows.length, new Set(texts(rows)).size, progress.repeats, progress.conflicts], [400, 400, 2, 0])
})

test('the same answer name in another document is another answer', async () => {
  const { rows } = await consumed([...answer('r', ['a'], '/1'), ...answer('r', ['b'], '/2')])
  assert.deepEqual(texts(rows), ['a', 'b'])
})

test('records without numbers are never repeats', async () => {
  const line = record({ chunk: 'again ' })
  assert.equal((await consumed([line, line, line])).rows.length, 3)
})

test('a character that was cut in two is whole in the row that has its second half', async () => {
  const { rows, progress, topic, warehouse } = await consumed(answer('r', ['x\ud83d', '\ude00y', 'z']))
  assert.deepEqual(texts(rows), ['x', '😀y', 'z'])
  await append(topic, answer('r', ['x\ud83d', '\ude00y', 'z']))
  const again = await consumeOnce(topic, warehouse)
  assert.deepEqual([progress.repeats, again.repeats, again.conflicts], [0, 3, 0])
})

test('half a character is carried over a restart', async () => {
  const [first, second] = answer('r', ['x\ud83d', '\ude00y'])
  const { topic, warehouse } = await consumed([first])
  await append(topic, [second])
  await consumeOnce(topic, warehouse)
  assert.deepEqual(texts(await rowsOf(warehouse)), ['x', '😀y'])
})

test('a half without its other half becomes U+FFFD, once', async () => {
  const { rows } = await consumed(answer('r', ['a\ud83d', 'b', '\ude00c', 'd\udc00e']))
  assert.equal(texts(rows).join(''), 'a\ufffdb\ufffdcd\ufffde')
})

const end = { reason: 'stop', chunks: 1, bytes: 1, sha256: 'a'.repeat(64) }

test('a closing record is no row but an ending; its repeat is dropped', async () => {
  const closing = record({ chunk: '', destination_uri: '/r.md', response_id: 'r', seq: 1, end })
  const { rows, progress, warehouse } = await consumed([...answer('r', ['x']), closing, closing])
  const endings = await query(warehouse, 'select response_id, seq, reason, chunks, bytes from endings')
  assert.deepEqual([texts(rows), progress.repeats], [['x'], 1])
  assert.deepEqual(endings, [{ response_id: 'r', seq: 1, reason: 'stop', chunks: 1, bytes: 1 }])
})

test('a closing record that disagrees with the first one is a conflict', async () => {
  const closing = (reason: string) =>
    record({ chunk: '', destination_uri: '/r.md', response_id: 'r', seq: 1, end: { ...end, reason } })
  const { progress } = await consumed([...answer('r', ['x']), closing('stop'), closing('length')])
  assert.deepEqual([progress.repeats, progress.conflicts], [0, 1])
})

test('text in a closing record, and half a character before it, arrive', async () => {
  const closing = record({ chunk: 'z', destination_uri: '/r.md', response_id: 'r', seq: 1, end })
  const { rows } = await consumed([...answer('r', ['x\ud83d']), closing])
  assert.deepEqual(
    rows.map(({ chunk, end_reason }) => [chunk, end_reason]),
    [
      ['x', null],
      ['\ufffdz', 'stop'],
    ],
  )
})

test('a topic that is not the one that the warehouse was filled from is refused', async () => {
  const { warehouse } = await consumed([record({ chunk: 'one' }), record({ chunk: 'two' })])
  const other = await topicOf([record({ chunk: 'not' }), record({ chunk: 'two' }), record({ chunk: 'three' })])
  await assert.rejects(consumeOnce(other, warehouse), { code: 'consume/usage' })
})

test('a warehouse keeps what it was begun with', async () => {
  const { topic, warehouse } = await consumed([record({ chunk: 'one' })], { settings: { clusters: 4 } })
  await consumeOnce(topic, warehouse)
  await consumeOnce(topic, warehouse, { settings: { clusters: 4 } })
  await assert.rejects(consumeOnce(topic, warehouse, { settings: { clusters: 5 } }), {
    code: 'consume/usage',
    message: /--clusters 4, not 5/,
  })
})

test('a second consumer is refused while the first one runs', async () => {
  const [topic, warehouse] = [await topicOf([record({ chunk: 'x' })]), memoryWarehouse()]
  await using _ = await warehouse.writer()
  await assert.rejects(consumeOnce(topic, warehouse), { code: 'warehouse/locked' })
})

test('rows of a topic that grows can be queried soon, and an aborted run leaves all that it read', async () => {
  const [topic, warehouse] = [await topicOf([]), memoryWarehouse()]
  const stop = new AbortController()
  const running = consumeOnce(topic, warehouse, { follow: true, signal: stop.signal })
  await append(topic, answer('r', ['a ', 'b ']))
  const deadline = performance.now() + 5000
  while ((await rowsOf(warehouse).catch(() => [])).length < 2) {
    assert.ok(performance.now() < deadline, 'no rows after 5 s')
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  await append(topic, answer('s', ['c ']))
  await new Promise(resolve => setTimeout(resolve, 50))
  stop.abort()
  await running
  assert.deepEqual(texts(await rowsOf(warehouse)), ['a ', 'b ', 'c '])
})
