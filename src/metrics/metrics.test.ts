import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { get } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { tempDir } from '../../test/system/textstream.ts'
import { asked, counter, counters, gauge, histogram, histograms, seriesMax } from './declare.ts'
import { writeMetrics } from './file.ts'
import { serveMetrics } from './serve.ts'
import { metricsText, roomsText } from './text.ts'

const linesOf = (text: string, name: string) => text.split('\n').filter(line => line.includes(name))

test('a counter is 0 from the beginning, under every label that it can have', async () => {
  const ended = counters('textstream_test_ended_total', 'Ended, by how.', { how: ['well', 'badly'] })
  counter('textstream_test_plain_total', 'Plain.').add(3)
  ended.of({ how: 'badly' }).add()
  ended.of({ how: 'badly' }).add(2)
  assert.deepEqual(linesOf(await metricsText(), 'textstream_test_ended_total'), [
    '# HELP textstream_test_ended_total Ended, by how.',
    '# TYPE textstream_test_ended_total counter',
    'textstream_test_ended_total{how="well"} 0',
    'textstream_test_ended_total{how="badly"} 3',
  ])
  assert.deepEqual(linesOf(await metricsText(), 'textstream_test_plain_total').slice(2), [
    'textstream_test_plain_total 3',
  ])
})

test('a gauge is left out until somebody says what is the case', async () => {
  const now = gauge('textstream_test_now', 'Now.')
  assert.deepEqual(linesOf(await metricsText(), 'textstream_test_now'), [])
  now.add(2)
  now.add(-2)
  assert.deepEqual(linesOf(await metricsText(), 'textstream_test_now').slice(2), ['textstream_test_now 0'])
})

test("a histogram's buckets hold all that is at most their bound", async () => {
  const seconds = histogram('textstream_test_seconds', 'Seconds.', [0.1, 1])
  for (const value of [0.1, 0.5, 1, 7]) seconds.observe(value)
  assert.deepEqual(linesOf(await metricsText(), 'textstream_test_seconds').slice(2), [
    'textstream_test_seconds_bucket{le="0.1"} 1',
    'textstream_test_seconds_bucket{le="1"} 3',
    'textstream_test_seconds_bucket{le="+Inf"} 4',
    'textstream_test_seconds_sum 8.6',
    'textstream_test_seconds_count 4',
  ])
})

test('what is asked for is asked at each scrape, added up, and left out when nobody is there', async () => {
  const bytes = asked('gauge', 'textstream_test_asked_bytes', 'Bytes.', 'disk')
  let size = 5
  {
    using _ = bytes.from(async () => [['one', size]])
    using __ = bytes.from(() => [
      ['one', 1],
      ['two', 2],
    ])
    const values = async () => linesOf(await metricsText(), 'textstream_test_asked_bytes{')
    assert.deepEqual(await values(), [
      'textstream_test_asked_bytes{disk="one"} 6',
      'textstream_test_asked_bytes{disk="two"} 2',
    ])
    size = 6
    assert.equal((await values())[0], 'textstream_test_asked_bytes{disk="one"} 7')
  }
  assert.deepEqual(linesOf(await metricsText(), 'textstream_test_asked_bytes'), [])
})

test('whoever fails, or never answers, does not keep the others from being seen', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const failing = asked('gauge', 'textstream_test_failing', 'Fails.')
  const silent = asked('gauge', 'textstream_test_silent', 'Never answers.')
  const well = asked('gauge', 'textstream_test_well', 'Is well.')
  using _ = failing.from(() => Promise.reject(new Error('gone')))
  using __ = silent.from(() => new Promise(() => {}))
  using ___ = well.from(() => [['', 1]])
  const text = roomsText()
  const ticking = async () => {
    for (let turn = 0; turn < 100; turn++) {
      t.mock.timers.tick(1_000)
      await new Promise(resolve => setImmediate(resolve))
    }
  }
  await ticking()
  const lines = linesOf(await text, 'textstream_test_')
  assert.ok(lines.includes('textstream_test_well 1'))
  assert.deepEqual(
    lines.filter(line => /failing|silent/.test(line)),
    [],
  )
})

test("labels' values are bounded, whatever is asked or declared", async () => {
  const many = Array.from({ length: seriesMax + 10 }, (_, n) => [String(n), n] as const)
  using _ = asked('gauge', 'textstream_test_many', 'Many.', 'of').from(() => many)
  assert.equal(linesOf(await metricsText(), 'textstream_test_many{').length, seriesMax)
  const values = many.map(([value]) => value)
  assert.throws(() => counters('textstream_test_bounded_total', 'Bounded.', { of: values }), /at most 128/)
  const seconds = histograms('textstream_test_strange_seconds', 'Strange.', { route: ['known'] })
  assert.throws(() => seconds.of({ route: 'unknown' as 'known' }), /no series/)
})

test('two rooms cannot declare the same name', () => {
  counter('textstream_test_twice_total', 'Once.')
  assert.throws(() => counter('textstream_test_twice_total', 'Twice.'), /declared twice/)
})

test('hostile label values stay inside their quotes', async () => {
  using _ = asked('gauge', 'textstream_test_hostile', 'Hostile.', 'of').from(() => [['a"} 1\nevil 2\\', 3]])
  assert.deepEqual(linesOf(await metricsText(), 'evil'), ['textstream_test_hostile{of="a\\"} 1\\nevil 2\\\\"} 3'])
})

const statusFor = async (url: string, host: string) => {
  const [response] = await once(get(url, { headers: { host } }), 'response')
  response.resume()
  return response.statusCode
}

test('the port answers to /metrics, and to nothing else', async () => {
  await using server = await serveMetrics(0)
  const ask = async (path: string, method = 'GET') => (await fetch(new URL(path, server.url), { method })).status
  assert.deepEqual([await ask('/metrics'), await ask('/'), await ask('/metrics', 'POST')], [200, 404, 405])
  assert.equal(await statusFor(server.url, 'evil.example'), 403)
  const response = await fetch(server.url)
  assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
  assert.match(await response.text(), /^process_cpu_seconds_total /m)
})

test('a port that is taken is named, with what to do', async () => {
  await using server = await serveMetrics(0)
  const port = Number(new URL(server.url).port)
  await assert.rejects(serveMetrics(port), {
    code: 'metrics/listen',
    message: /in use; take another with --metrics-port/,
  })
})

test("a file has the rooms' numbers, and none that node_exporter has itself", async () => {
  await using dir = await tempDir()
  counter('textstream_test_filed_total', 'Filed.').add()
  await writeMetrics(join(dir.path, 'a.prom'))
  const text = await readFile(join(dir.path, 'a.prom'), 'utf8')
  assert.deepEqual([linesOf(text, 'textstream_test_filed_total 1').length, /^process_/m.test(text)], [1, false])
  await assert.rejects(writeMetrics(join(dir.path, 'none/a.prom')), { code: 'metrics/file' })
})
