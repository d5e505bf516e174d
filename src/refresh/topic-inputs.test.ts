import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Entry, Topic } from '../topic/topic.ts'
import { readDocument } from './cat.ts'
import { inline } from './inline.ts'
import { localRunner } from './local.ts'
import { type Receipt, refresh } from './refresh.ts'
import { verify } from './verify.ts'

type Parts = readonly (readonly (readonly [offset: number, line: string])[])[]

const entriesOf = (part: Parts[number], from: number, until: number): Entry[] =>
  part
    .filter(([offset]) => offset >= from && offset < until)
    .map(([offset, line]) => ({ offset, next: offset + 1, line: Buffer.from(line, 'latin1') }))

/** A topic whose offsets have holes, as compaction leaves them. */
const topicOf = (parts: Parts, name = 'kafka://localhost:9092/chunks'): Topic => {
  const ends = Object.fromEntries(parts.map((part, i) => [String(i), (part.at(-1)?.[0] ?? -1) + 1]))
  return {
    name,
    end: async () => ends,
    read: async function* (from, { until = ends } = {}) {
      for (const [partition, part] of parts.entries()) {
        const entries = entriesOf(part, from[partition] ?? 0, until[partition] ?? 0)
        for (let at = 0; at < entries.length; at += 100)
          yield { partition: String(partition), entries: entries.slice(at, at + 100) }
      }
    },
    writer: () => Promise.reject(new Error('is only read')),
  }
}

const record = (uri: string, chunk: string, more: object = {}) =>
  JSON.stringify({ chunk, agent_id: 'Agent_Ada', destination_uri: uri, ...more })

/** Many records, holes in front, in the middle and at many places, lines that are none, a conflict by arrival. */
const parts: Parts = [
  [
    [7, record('/a.md', 'first', { response_id: 'r', seq: 0 })],
    [8, 'null'],
    [9, ''],
    ...Array.from({ length: 10_000 }, (_, i) => {
      const line = i % 1000 === 999 ? `no record ${i}` : record('/many.md', `${i} `, { response_id: 's', seq: i })
      return [20 + i * (i > 5000 ? 3 : 1), line] as const
    }),
  ],
  [],
  ...Array.from({ length: 8 }, () => []),
  [
    [0, record('/a.md', 'second', { response_id: 'r', seq: 0 })],
    [1, record('/b.md', 'x', { event_time: '2026-11-23T00:00:00Z' })],
    [2, '{"chunk":"a\rb","destination_uri":"/c.md"}'],
  ],
  [[0, record('/b.md', 'y', { event_time: '2026-11-23T00:00:00Z' })]],
]

const lines = parts.flat().map(([, line]) => line)

const tempDir = async (t: TestContext) => {
  const dir = await mkdtemp(join(tmpdir(), 'textstream-topic-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  return dir
}

const runners = {
  inline,
  local: localRunner({ oneThreadBytesMax: 0, sliceBytesMax: 4096 }),
  shuffle: localRunner({ oneThreadBytesMax: 0, sliceBytesMax: 4096, documentsMax: 1 }),
}

const common = { threads: 2, version: 'test', clock: () => 0 }

const contents = async (dir: string) => {
  const names = (await readdir(dir)).filter(name => name !== '_receipt.json' && name !== '_malformed.ndjson').sort()
  return Promise.all(names.map(async name => [name, await readFile(join(dir, name), 'utf8')]))
}

for (const [name, runner] of Object.entries(runners)) {
  test(`${name}: a topic gives the same documents as a log with its records, partition by partition`, async t => {
    const dir = await tempDir(t)
    await writeFile(join(dir, 'log.ndjson'), Buffer.from(`${lines.join('\n')}\n`, 'latin1'))
    const [ofLog, ofTopic] = [join(dir, 'of-log'), join(dir, 'of-topic')]
    const before = await refresh(runner, { ...common, inputs: [join(dir, 'log.ndjson')], out: ofLog })
    const after = await refresh(runner, { ...common, inputs: [], topics: [topicOf(parts)], out: ofTopic })
    assert.deepEqual(await contents(ofTopic), await contents(ofLog))
    assert.deepEqual(after.counters, before.counters)
    assert.equal(await readFile(join(ofTopic, 'a.md.txt'), 'utf8'), 'first')
    assert.equal(await readFile(join(ofTopic, 'b.md.txt'), 'utf8'), 'xy')
  })

  test(`${name}: what is no record is kept with its partition and its offset in the topic`, async t => {
    const out = join(await tempDir(t), 'out')
    await refresh(runner, { ...common, inputs: [], topics: [topicOf(parts)], out })
    const malformed = (await readFile(join(out, '_malformed.ndjson'), 'utf8')).trimEnd().split('\n')
    const expected = parts.flatMap((part, partition) =>
      part
        .filter(([, line]) => /^(?:null|no record)|\r/.test(line))
        .map(([offset, line]) => [`kafka://localhost:9092/chunks/${partition}`, offset, line]),
    )
    assert.equal(expected.length, 12)
    assert.deepEqual(
      malformed.map(line => JSON.parse(line)).map(row => [row.input, row.offset, atob(row.bytes)]),
      expected,
    )
  })
}

const rebuilt = async (t: TestContext): Promise<{ out: string; receipt: Receipt }> => {
  const out = join(await tempDir(t), 'out')
  return { out, receipt: await refresh(inline, { ...common, inputs: [], topics: [topicOf(parts)], out }) }
}

test('the receipt names each partition with the range of offsets that was read', async t => {
  const { receipt } = await rebuilt(t)
  assert.deepEqual(
    receipt.inputs.filter(({ bytes }) => bytes > 0).map(({ name, from, to }) => [name, from, to]),
    [
      ['kafka://localhost:9092/chunks/0', 7, 20 + 9999 * 3 + 1],
      ['kafka://localhost:9092/chunks/10', 0, 3],
      ['kafka://localhost:9092/chunks/11', 0, 1],
    ],
  )
  assert.deepEqual(
    receipt.inputs.map(({ name }) => Number(name.split('/').at(-1))),
    Array.from({ length: 12 }, (_, i) => i),
  )
})

const withPart = (partition: number, change: (part: Parts[number]) => Parts[number]): Parts =>
  parts.map((part, i) => (i === partition ? change(part) : part))

const changes: readonly (readonly [what: string, parts: Parts, problem: RegExp | undefined])[] = [
  ['the same', parts, undefined],
  ['more behind', withPart(11, part => [...part, [1, 'more'], [2, 'more']]), undefined],
  ['a record changed', withPart(10, part => part.with(1, [1, 'other'])), /other records from offset 0 to 3/],
  ['a record less in the middle', withPart(10, part => part.toSpliced(1, 1)), /other records/],
  ['the first ones are gone', withPart(10, part => part.slice(1)), /begins at offset 1 now; .* read it from 0/],
  ['the last ones are gone', withPart(10, part => part.slice(0, 1)), /ends at offset 1; .* up to 3/],
]

for (const [what, now, problem] of changes) {
  test(`verify, given the topic, with ${what}: ${problem === undefined ? 'proven' : 'differs'}`, async t => {
    const { out } = await rebuilt(t)
    const verdict = await verify({ out, topics: [topicOf(now)] })
    assert.equal(verdict.verdict, problem === undefined ? 'proven' : 'differs', JSON.stringify(verdict.findings))
    if (problem === undefined)
      assert.deepEqual(verdict.log, { ok: true, checked: 12, not_checked: { count: 0, names: [] } })
    else assert.match(verdict.findings[0].problem, problem)
  })
}

test('verify reads a topic of that name at other brokers, too', async t => {
  const { out } = await rebuilt(t)
  const elsewhere = topicOf(parts, 'kafka://other:1/chunks')
  assert.equal((await verify({ out, topics: [elsewhere] })).log.checked, 12)
  const another = topicOf(parts, 'kafka://other:1/another')
  assert.equal((await verify({ out, topics: [another] })).findings_count, 12)
})

test('verify asks no broker that only the receipt names, and says that it did not', async t => {
  const { out } = await rebuilt(t)
  const { verdict, log } = await verify({ out })
  assert.deepEqual([verdict, log.checked, log.not_checked.count], ['proven', 0, 12])
})

test('cat writes one document of a topic', async () => {
  using document = await readDocument([], '/b.md', [topicOf(parts)])
  assert.deepEqual([document.row.bytes, document.row.chunks], [2, 2])
  await assert.rejects(readDocument([], '/absent.md', [topicOf(parts)]), {
    code: 'refresh/not-found',
    message: /kafka:\/\/localhost:9092\/chunks has no record of it/,
  })
})
