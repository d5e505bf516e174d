import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Flow, LaneChange, QueryAnswer } from '../../web/api.ts'
import { Heights } from './heights.ts'
import { inOrder, Lanes, rateOf } from './lanes.ts'
import { bytes, compact, percent, seconds } from './numbers.ts'
import { linkTo, linkToDocument, parseRoute } from './route.ts'
import { stacked } from './stacked.ts'
import { chartOf, toCsv } from './table.ts'
import { runsOf, visible, visibleLine } from './visible.ts'

test('a link leads to where it was made for, whatever the document is called', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), fc.string(), (uri, sql) => {
      assert.deepEqual(parseRoute(linkToDocument(uri, { at: '17' })), {
        view: 'documents',
        of: uri,
        with: { at: '17' },
      })
      const asked = parseRoute(linkTo('query', undefined, { sql }))
      assert.equal(asked.with.sql ?? '', sql)
    }),
    { endOnFailure: true },
  )
})

test('an address that leads nowhere leads to the first view', () => {
  for (const hash of ['', '#', '#/', '#/nowhere', '#/%zz', '#now/../x']) assert.equal(parseRoute(hash).view, 'now')
  assert.equal(parseRoute('#/documents/%zz').of, '%zz')
})

test('runs are the text, and hidden characters stand alone in theirs', () => {
  const unit = fc.constantFrom(
    'a',
    '\n',
    '\t',
    '\r',
    '\r\n',
    '\u202e',
    '\u200b',
    '\u001b',
    '🙂',
    '\ud83d',
    '\u0000',
    'é',
    '\u200d',
  )
  fc.assert(
    fc.property(
      fc.array(unit).map(all => all.join('')),
      text => {
        const runs = runsOf(text)
        assert.equal(runs.map(run => run.text).join(''), text)
        for (const { text, picture } of runs) if (picture !== undefined) assert.equal([...text].length, 1)
        assert.doesNotMatch(visibleLine(text), /[\p{Cc}\u202e\u200b]/u)
      },
    ),
    { endOnFailure: true },
  )
  assert.equal(visible('a\r\nb\u202ec\u001b[0m'), 'a\nbU+202Ec␛[0m')
})

const change = (lane: string, text: string, more: Partial<LaneChange> = {}): LaneChange => ({
  lane,
  agent: 'A',
  uri: `/${lane}`,
  text,
  chunks: 1,
  characters: text.length,
  time: 1,
  firstChunkSeconds: null,
  ...more,
})

const flow = (now: number, lanes: LaneChange[], stalled: string[] = []): Flow => ({
  now,
  lanes,
  stalled,
  chunksPerSecond: 0,
  charactersPerSecond: 0,
  dropped: 0,
})

test('a lane goes on with what comes, and a new connection begins with the end of its text', () => {
  const lanes = new Lanes()
  lanes.apply(flow(1e6, [change('a', 'one ')]))
  lanes.apply(flow(2e6, [change('a', 'two ')]))
  assert.equal(lanes.lanes.get('a')!.tail, 'one two ')
  lanes.beginAnew()
  lanes.apply(flow(3e6, [change('a', 'two three ', { chunks: 0, characters: 0 })]))
  lanes.apply(flow(4e6, [change('a', 'four')]))
  assert.equal(lanes.lanes.get('a')!.tail, 'two three four')
  assert.equal(lanes.lanes.get('a')!.characters, 12)
})

test('a lane that is stalled, goes on and ends says so; those that ended stand behind', () => {
  const lanes = new Lanes()
  lanes.apply(flow(1e6, [change('a', 'x'), change('b', 'x')]))
  lanes.apply(flow(9e6, [], ['a']))
  assert.equal(lanes.lanes.get('a')!.state, 'stalled')
  lanes.apply(flow(10e6, [change('a', 'y')]))
  assert.equal(lanes.lanes.get('a')!.state, 'writing')
  lanes.apply(flow(11e6, [change('a', '', { ended: 'stop' })]))
  assert.deepEqual(
    inOrder(lanes.lanes.values()).map(({ key, state }) => [key, state]),
    [
      ['b', 'writing'],
      ['a', 'ended'],
    ],
  )
})

test('a rate is that of the last full half seconds', () => {
  const lanes = new Lanes()
  for (let n = 0; n < 20; n++) lanes.apply(flow(1e9 + n * 500_000, [change('a', 'x'.repeat(50))]))
  assert.equal(rateOf(lanes.lanes.get('a')!), 100)
  lanes.apply(flow(1e9 + 60 * 1e6, []))
  assert.equal(rateOf(lanes.lanes.get('a')!), 0)
})

test('lanes are as many as are kept, and those that write stay', () => {
  const lanes = new Lanes()
  lanes.apply(flow(1e6, [change('writes', 'x')]))
  for (let n = 0; n < 600; n++) lanes.apply(flow(2e6 + n, [change(`${n}`, 'x', { ended: 'stop' })]))
  assert.equal(lanes.lanes.size, 240)
  assert.ok(lanes.lanes.has('writes') && lanes.lanes.has('599'))
})

test('heights: what lies at a top is the block that begins there or before', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(50), { minLength: 1 }),
      fc.array(fc.tuple(fc.nat(), fc.nat(50))),
      fc.nat(2000),
      (all, changes, top) => {
        const heights = new Heights()
        const plain = [...all]
        for (const [i, height] of all.entries()) heights.set(i, height)
        for (const [n, height] of changes) {
          heights.top(n % all.length)
          plain[n % all.length] = height
          heights.set(n % all.length, height)
        }
        const tops = plain.map((_, i) => plain.slice(0, i).reduce((sum, height) => sum + height, 0))
        assert.deepEqual(
          plain.map((_, i) => heights.top(i)),
          tops,
        )
        assert.equal(
          heights.at(top),
          Math.max(
            0,
            tops.findLastIndex(one => one <= top),
          ),
        )
      },
    ),
    { endOnFailure: true },
  )
})

test('layers are sums of all below', () => {
  assert.deepEqual(
    stacked([
      [1, 2],
      [3, 4],
      [5, 6],
    ]),
    [
      [1, 2],
      [4, 6],
      [9, 12],
    ],
  )
})

const answerOf = (columns: [string, string][], rows: unknown[][]): QueryAnswer => ({
  columns: columns.map(([name, type]) => ({ name, type })),
  rows,
  truncated: false,
  milliseconds: 1,
})

test('CSV quotes what has to be, and no cell becomes a formula', () => {
  const rows = [
    ['a,b', '=1+1', '-5', -5, null, 'x"y\nz'],
    ['', '@cmd', '+1', 1.5, { a: 1 }, [1]],
  ]
  const told = toCsv(
    answerOf(
      rows[0].map((_, i) => [`c${i}`, 'VARCHAR']),
      rows,
    ),
  )
  const wanted = [`c0,c1,c2,c3,c4,c5`, `"a,b",'=1+1,-5,-5,,"x""y\nz"`, `,'@cmd,+1,1.5,"{""a"":1}",[1]`, '']
  assert.equal(told, wanted.join('\r\n'))
})

test('a chart takes a time for its axis, else names, else a number', () => {
  const times = chartOf(
    answerOf(
      [
        ['t', 'TIMESTAMP'],
        ['n', 'BIGINT'],
      ],
      [
        ['2026-01-05 09:00:01', '2'],
        ['2026-01-05 09:00:00', 1],
      ],
    ),
  )!
  assert.deepEqual([times.kind, times.x, times.series[0].values], ['time', [1767603600, 1767603601], [1, 2]])
  assert.equal(
    chartOf(
      answerOf(
        [
          ['who', 'VARCHAR'],
          ['n', 'DOUBLE'],
        ],
        [
          ['a', 1],
          ['b', 2],
        ],
      ),
    )!.kind,
    'names',
  )
  assert.equal(
    chartOf(
      answerOf(
        [
          ['x', 'INTEGER'],
          ['y', 'DOUBLE'],
        ],
        [
          [1, 1],
          [2, 2],
        ],
      ),
    )!.kind,
    'number',
  )
  assert.equal(chartOf(answerOf([['who', 'VARCHAR']], [['a'], ['b']])), undefined)
})

test('numbers are short', () => {
  assert.deepEqual([bytes(0), bytes(1023), bytes(1536), bytes(50 * 2 ** 20)], ['0 B', '1,023 B', '1.5 KiB', '50.0 MiB'])
  assert.deepEqual(
    [seconds(0.0004), seconds(0.25), seconds(3.211), seconds(245), seconds(7800)],
    ['0.4 ms', '250 ms', '3.21 s', '4 min 05 s', '2 h 10 min'],
  )
  assert.deepEqual([compact(9999), compact(12_345), percent(0.051), percent(0.5)], ['9,999', '12.3K', '5.1%', '50%'])
})
