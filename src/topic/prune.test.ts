import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileTopic } from './file.ts'
import { cutBetweenAnswers } from './open-answers.ts'
import { basesIn, day, epoch, everything, log, nameOf, nobody, prune, readers, tempDir } from './prunable.ts'
import { pruneLog } from './prune.ts'

const three = ['{"n":1}\n', '{"n":2}\n', '{"n":3}\n']

test('removes nothing where there is nothing', async t => {
  const dir = await tempDir(t)
  assert.deepEqual(await prune(dir, nobody), { removed: [], stays: undefined, left: [], there: [] })
  await assert.rejects(prune(join(dir, 'absent'), nobody), { code: 'topic/not-found' })
})

interface Case {
  readonly before?: number
  readonly offsets?: readonly number[]
  readonly removed: readonly string[]
  readonly stays: string
}

const cases: Readonly<Record<string, Case>> = {
  'all but the newest goes, whatever the date': { removed: ['0+8', '8+8'], stays: '16 newest' },
  'what was written to at the date stays': { before: epoch + day, removed: ['0+8'], stays: '8 written since' },
  'and goes a moment later': { before: epoch + day + 1, removed: ['0+8', '8+8'], stays: '16 newest' },
  'nothing is that old': { before: epoch, removed: [], stays: '0 written since' },
  'a consumer that has read nothing holds everything': { offsets: [0], removed: [], stays: '0 unread w0' },
  'one inside a segment holds it': { offsets: [9], removed: ['0+8'], stays: '8 unread w0' },
  'one at its end does not': { offsets: [8], removed: ['0+8'], stays: '8 unread w0' },
  'the slowest holds': { offsets: [24, 7, 16], removed: [], stays: '0 unread w1' },
  'all that hold are named': { offsets: [1, 24, 2], removed: [], stays: '0 unread w0,w2' },
  'all have read all': { offsets: [24, 24], removed: ['0+8', '8+8'], stays: '16 newest' },
}

for (const [name, { before = everything, offsets = [], removed, stays }] of Object.entries(cases)) {
  test(name, async t => {
    const dir = await log(t, ...three)
    const options = { before, positions: readers(...offsets) }
    const there = [0, 8, 16].slice(removed.length)
    assert.deepEqual(await prune(dir, { ...options, dryRun: true }), { removed, stays, left: [], there: [0, 8, 16] })
    assert.deepEqual(await prune(dir, options), { removed, stays, left: [], there })
    assert.deepEqual(await prune(dir, options), { removed: [], stays, left: [], there })
  })
}

test('an old segment behind a young one stays: there are no holes', async t => {
  const dir = await log(t, ...three)
  await utimes(join(dir, nameOf(0)), everything / 1e6, everything / 1e6)
  assert.deepEqual((await prune(dir, nobody)).removed, [])
})

test('what nobody will ever read of a segment holds nothing', async t => {
  const dir = await log(t, '{"n":1}\n{"torn', '{"n":2}\n', '')
  assert.deepEqual((await prune(dir, { ...nobody, positions: readers(8) })).removed, ['0+14'])
})

test('offsets that are reserved stay reserved', async t => {
  const dir = await log(t, '{"n":1}\n', '')
  assert.deepEqual((await prune(dir, nobody)).there, [8])
  await using writer = await fileTopic(dir).writer()
  await writer.append('/a', Buffer.from('{"n":2}\n'))
  assert.deepEqual(await basesIn(dir), [8, 9])
})

test('old logs are left alone, and named; nothing else is touched', async t => {
  const dir = await log(t, ...three)
  const elsewhere = await log(t, ...three)
  await writeFile(join(dir, 'logs_1.txt'), 'old\n')
  await writeFile(join(dir, 'other.ndjson'), 'old\n')
  await writeFile(join(dir, '99999999999999999999.ndjson'), 'beyond all offsets\n')
  await writeFile(join(dir, `${nameOf(4)}.gz`), 'packed')
  await writeFile(join(dir, 'notes.md'), 'mine')
  await mkdir(join(dir, nameOf(3)))
  await symlink(join(elsewhere, nameOf(8)), join(dir, nameOf(5)))
  const { removed, left } = await prune(dir, nobody)
  assert.deepEqual(removed, ['0+8', '8+8'])
  assert.deepEqual(left, ['99999999999999999999.ndjson', 'logs_1.txt', 'other.ndjson', `${nameOf(4)}.gz`])
  assert.deepEqual(await readdir(elsewhere), [nameOf(0), nameOf(8), nameOf(16)])
  assert.deepEqual((await readdir(dir)).sort(), [
    `${nameOf(3)}`,
    `${nameOf(4)}.gz`,
    `${nameOf(5)}`,
    nameOf(16),
    '99999999999999999999.ndjson',
    'logs_1.txt',
    'notes.md',
    'other.ndjson',
  ])
})

test('a segment beside its packed copy stays: alone, that would stop the writer', async t => {
  const dir = await log(t, ...three)
  await writeFile(join(dir, `${nameOf(8)}.zst`), 'packed')
  assert.deepEqual(await prune(dir, nobody), { removed: ['0+8'], stays: '8 packed', left: [], there: [8, 16] })
  await using _writer = await fileTopic(dir).writer()
})

const record = (id: string, seq: number, more: object = {}) =>
  `${JSON.stringify({
    chunk: 'text',
    agent_id: 'Agent_Ada',
    destination_uri: `/${id}.md`,
    event_time: '2026-11-23T08:37:04.123456Z',
    response_id: id,
    seq,
    ...more,
  })}\n`

const source = { url: 'http://localhost:8000', file: 'a.txt' }
const end = { reason: 'stop', chunks: 1, bytes: 4, sha256: '0'.repeat(64) }
const begins = (id: string) => record(id, 0, { source })
const goesOn = (id: string) => record(id, 1)
const ends = (id: string) => record(id, 2, { chunk: '', end })
const other = record('other', 7)

/** By the numbers of the segments. */
const answers: Readonly<Record<string, { segments: readonly string[]; removed: number }>> = {
  'the beginning of an open answer stays if it goes on in what stays': {
    segments: [other, begins('a'), goesOn('a'), other],
    removed: 3,
  },
  'also far behind': { segments: [other, begins('a'), other, goesOn('a')], removed: 1 },
  'one that ended may lose its beginning': { segments: [other, begins('a'), other, ends('a')], removed: 3 },
  'one that ended goes': { segments: [begins('a') + ends('a'), other, other], removed: 2 },
  'one that nothing was written to since goes as a whole': { segments: [begins('a') + goesOn('a'), other], removed: 1 },
  'one that holds a segment holds the beginnings of others that go on there': {
    segments: [begins('a'), begins('b') + goesOn('a'), other, goesOn('b')],
    removed: 0,
  },
  'one that nobody can go on with holds nothing': { segments: [record('a', 0), other, goesOn('a')], removed: 2 },
  'a stranger of the same name does not count': {
    segments: [begins('a'), other, record('a', 1, { destination_uri: '/b.md' })],
    removed: 2,
  },
}

for (const [name, { segments, removed }] of Object.entries(answers)) {
  test(`answers: ${name}`, async t => {
    const dir = await log(t, ...segments)
    const pruned = await prune(dir, nobody)
    assert.equal(pruned.removed.length, removed)
    assert.equal(pruned.stays?.endsWith('open answer'), removed < segments.length - 1)
    assert.equal((await prune(dir, nobody)).removed.length, 0)
  })
}

test('where too many answers are open, the log is cut before the first that cannot be followed', async t => {
  const segments = [begins('a'), begins('b') + begins('c'), other, other]
  const dir = await log(t, ...segments)
  const bases = (await basesIn(dir)).sort((a, b) => a - b)
  assert.equal(await cutBetweenAnswers(dir, bases.slice(0, 3), bases[3], 3), bases[3])
  assert.equal(await cutBetweenAnswers(dir, bases.slice(0, 3), bases[3], 2), bases[1])
  assert.equal(await cutBetweenAnswers(dir, bases.slice(0, 3), bases[3], 1), bases[1])
})

test('a file that was replaced meanwhile is left, with all behind it', async t => {
  const dir = await log(t, ...three)
  const onRemoved = () => writeFileSync(join(dir, nameOf(8)), 'other\n')
  const { removed, stays } = await pruneLog(dir, { ...nobody, onRemoved })
  const isThere = await stat(join(dir, nameOf(8))).then(() => true)
  assert.deepEqual([removed.length, stays?.why, isThere], [1, 'changed', true])
  assert.equal(await readFile(join(dir, nameOf(8)), 'utf8'), 'other\n')
})
