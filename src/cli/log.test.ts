import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { noteConsumer } from '../topic/consumers.ts'
import type { Position } from '../topic/topic.ts'
import { consumerStates } from './log-consumers.ts'
import { infoJson, infoLines, infoOf } from './log-info.ts'
import { type PruneFlags, prune, warning } from './log-prune.ts'
import { momentOf } from './moment.ts'

const main = fileURLToPath(new URL('main.ts', import.meta.url))

const textstream = (...argv: string[]) => {
  const options = ['--disable-warning=ExperimentalWarning', main, 'log', ...argv]
  const { status, stdout, stderr } = spawnSync(process.execPath, options, { encoding: 'utf8' })
  return { status, stdout: stdout.trimEnd().split('\n'), stderr }
}

const record = (second: number) =>
  `${JSON.stringify({ chunk: 'x', destination_uri: '/a', event_time: `2026-11-01T08:00:0${second}Z` })}\n`
const bytes = record(0).length
const nameOf = (segment: number) => `${String(segment * bytes).padStart(20, '0')}.ndjson`
const dayOf = (segment: number) => Date.UTC(2026, 10, 1 + segment) / 1000

/** Three segments of one record each, written to on the first three days of November 2026, and a folder for warehouses. */
const setUp = (t: TestContext) => {
  const dir = mkdtempSync(join(tmpdir(), 'textstream-log-cli-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const logs = join(dir, 'logs')
  mkdirSync(logs)
  for (const segment of [0, 1, 2]) {
    writeFileSync(join(logs, nameOf(segment)), record(segment))
    utimesSync(join(logs, nameOf(segment)), dayOf(segment), dayOf(segment))
  }
  return { dir, logs, segments: () => readdirSync(logs).filter(name => name.endsWith('.ndjson')) }
}

const end = async () => ({ log: 3 * bytes })

/** A warehouse that has read so many records; a folder that is none if `undefined`, and no folder at all if `null`. */
type Read = Readonly<Record<string, number | undefined | null>>

const consumers = async (dir: string, read: Read) => {
  const positions = new Map<string, Position | undefined>()
  for (const [name, records] of Object.entries(read)) {
    const warehouse = join(dir, name)
    if (records !== null) mkdirSync(warehouse, { recursive: true })
    positions.set(warehouse, records == null ? undefined : { log: records * bytes })
    await noteConsumer(join(dir, 'logs'), { warehouse })
  }
  return () => consumerStates(join(dir, 'logs'), async path => positions.get(path), end)
}

const later = momentOf('2030-01-01')
const flags: PruneFlags = { before: later, dryRun: false, json: false, evenUnread: false }

const pruned = async (dir: string, read: Read, more: Partial<PruneFlags> = {}) => {
  const out: string[] = []
  const err: string[] = []
  const states = await (await consumers(dir, read))()
  const report = { tell: (line: string) => out.push(line), warn: (line: string) => err.push(line) }
  const ok = await prune(join(dir, 'logs'), states, { ...flags, ...more }, report)
  return { ok, out, err }
}

const when = 'last written to 2026-11-0'

test('removes what every consumer has passed, and says who holds the rest', async t => {
  const { dir, segments } = setUp(t)
  const { ok, out, err } = await pruned(dir, { fast: 3, slow: 1 })
  assert.deepEqual(out, [
    `removed ${nameOf(0)}: ${bytes} bytes, ${when}1T00:00:00Z`,
    `freed ${bytes} bytes in 1 segment`,
    `${nameOf(1)} and all behind it stays: not read by all ("${join(dir, 'slow')}")`,
  ])
  assert.deepEqual([ok, err, segments()], [true, [warning], [nameOf(1), nameOf(2)]])
  assert.deepEqual((await pruned(dir, { slow: 1 })).out.slice(0, 1), ['freed 0 bytes in 0 segments'])
})

test('--dry-run says what would go, forgets nobody and removes nothing', async t => {
  const { dir, logs, segments } = setUp(t)
  const { out } = await pruned(dir, { fast: 3, slow: 1 }, { dryRun: true, forget: [join(dir, 'slow')] })
  assert.deepEqual(out, [
    `would remove ${nameOf(0)}: ${bytes} bytes, ${when}1T00:00:00Z`,
    `would remove ${nameOf(1)}: ${bytes} bytes, ${when}2T00:00:00Z`,
    `would free ${2 * bytes} bytes in 2 segments`,
    `${nameOf(2)} and all behind it stays: it is the newest, from which the log goes on`,
  ])
  assert.equal(segments().length, 3)
  assert.equal((await consumerStates(logs, async () => undefined, end)).known.length, 2)
})

test('a consumer that cannot be asked holds everything back until it is forgotten', async t => {
  const { dir, segments } = setUp(t)
  const { ok, out, err } = await pruned(dir, { fast: 3, gone: null })
  assert.deepEqual([ok, out[0], segments().length], [false, 'freed 0 bytes in 0 segments', 3])
  assert.match(
    err.join(),
    /consumer ".*gone": its warehouse is not there; it holds everything back; .* --forget ".*gone"$/,
  )
  assert.equal((await pruned(dir, { fast: 3 }, { forget: [join(dir, 'gone')] })).ok, true)
  assert.equal(segments().length, 1)
})

test('a consumer that never committed holds everything back, which is no fault', async t => {
  const { dir, segments } = setUp(t)
  const { ok, err } = await pruned(dir, { fresh: undefined })
  assert.deepEqual([ok, err, segments().length], [true, [], 3])
})

test('a consumer that is ahead of the log has read another one', async t => {
  const { dir, segments } = setUp(t)
  const { ok, err } = await pruned(dir, { other: 4 })
  assert.deepEqual([ok, segments().length], [false, 3])
  assert.match(err.join(), /the log ends at \d+: it read another log; it holds everything back/)
})

test('an entry that names nobody holds everything back', async t => {
  const { dir, logs, segments } = setUp(t)
  mkdirSync(join(logs, '.consumers'))
  writeFileSync(join(logs, '.consumers', 'x\u001b[31m.json'), '{}')
  const { ok, err } = await pruned(dir, { fast: 3 })
  assert.deepEqual([ok, segments().length], [false, 3])
  assert.match(err.join(), /"[^"]*x␛\[31m.json" names no consumer: it names no warehouse; it holds everything back/)
})

test('with no consumer known it asks for --even-unread, and touches nothing before', async t => {
  const { dir, segments } = setUp(t)
  await assert.rejects(pruned(dir, {}), { code: 'log/usage', message: /nobody may have read it; .*--even-unread$/ })
  await assert.rejects(pruned(dir, { last: 3 }, { forget: [join(dir, 'last')] }), { code: 'log/usage' })
  assert.equal((await pruned(dir, { last: 1 }, { evenUnread: true })).out[1], `freed ${bytes} bytes in 1 segment`)
  assert.equal((await pruned(dir, {}, { evenUnread: true, forget: [join(dir, 'last')] })).ok, true)
  assert.equal(segments().length, 1)
})

test('only those that are known can be forgotten', async t => {
  const { dir } = setUp(t)
  const message = /--forget ".*typo": no such consumer of this log; known are ".*fast"$/
  await assert.rejects(pruned(dir, { fast: 3 }, { forget: [join(dir, 'typo')] }), { code: 'log/usage', message })
})

test('--json tells all of it at once', async t => {
  const { dir } = setUp(t)
  const { out } = await pruned(dir, { slow: 1 }, { json: true })
  assert.equal(out.length, 1)
  assert.deepEqual(JSON.parse(out[0]), {
    before: '2030-01-01T00:00:00.000000Z',
    dry_run: false,
    bytes,
    removed: [{ file: nameOf(0), offset: 0, bytes, written: '2026-11-01T00:00:00.000000Z' }],
    stays: { file: nameOf(1), why: 'unread', consumers: [join(dir, 'slow')] },
    left: [],
    problems: [],
  })
})

test('says what a log holds, and how far its consumers are', async t => {
  const { dir, logs } = setUp(t)
  writeFileSync(join(logs, 'logs_old.txt'), record(9))
  utimesSync(join(logs, 'logs_old.txt'), dayOf(5), dayOf(5))
  const info = await infoOf(logs, await consumers(dir, { fast: 3, gone: null, slow: 1 }))
  assert.deepEqual(infoLines(info), [
    'records from 2026-11-01T08:00:00.000000Z to 2026-11-01T08:00:09.000000Z',
    `3 segments, ${3 * bytes} bytes, last written to:`,
    ...[0, 1, 2].map(n => `  ${nameOf(n)} ${String(bytes).padStart(18)}  2026-11-0${n + 1}T00:00:00Z`),
    `1 other log file, ${bytes} bytes, last written to:`,
    `  logs_old.txt                ${String(bytes).padStart(18)}  2026-11-06T00:00:00Z`,
    '3 consumers:',
    `  "${join(dir, 'fast')}": ${bytes} bytes behind`,
    `  "${join(dir, 'gone')}": its warehouse is not there`,
    `  "${join(dir, 'slow')}": ${3 * bytes} bytes behind`,
  ])
  assert.deepEqual(infoJson(info).consumers[0], {
    warehouse: join(dir, 'fast'),
    position: { log: 3 * bytes },
    lag_bytes: bytes,
  })
})

test('the command shows a log, with or without "info", and prunes it', t => {
  const { logs, segments } = setUp(t)
  assert.deepEqual(textstream(logs), textstream('info', logs))
  assert.equal(JSON.parse(textstream('info', logs, '--json').stdout[0]).segments.length, 3)
  const refused = textstream('prune', logs, '--before', '2026-11-02')
  assert.deepEqual([refused.status, segments().length], [2, 3])
  const { status, stdout, stderr } = textstream('prune', logs, '--before', '2026-11-02', '--even-unread')
  assert.deepEqual(
    [status, stdout[0], segments().length],
    [0, `removed ${nameOf(0)}: ${bytes} bytes, ${when}1T00:00:00Z`, 2],
  )
  assert.match(
    stderr,
    /^textstream: produce decides by the log what was captured: .*\ntextstream: and a refresh of what/,
  )
})

const now = momentOf('2026-11-23T12:00')
const moments: Readonly<Record<string, string>> = {
  '2026-11-01': '2026-11-01T00:00Z',
  '2026-11-01T12:00': '2026-11-01T12:00Z',
  '2026-11-01T12:00+02:00': '2026-11-01T10:00Z',
  '2030-01-01': '2030-01-01T00:00Z',
  '30d': '2026-10-24T12:00Z',
  '2w': '2026-11-09T12:00Z',
  '36h': '2026-11-22T00:00Z',
  '90m': '2026-11-23T10:30Z',
  '0s': '2026-11-23T12:00Z',
}

for (const [text, moment] of Object.entries(moments)) {
  test(`--before ${text} is ${moment}`, () => assert.equal(momentOf(text, now), momentOf(moment)))
}

test('--before refuses what is neither a date nor an age', () => {
  for (const text of ['', 'yesterday', '30', '-1d', '1.5d', '30 d', '2026-02-30', '1y']) {
    assert.throws(() => momentOf(text, now), { code: 'commander.invalidArgument' }, text)
  }
})
