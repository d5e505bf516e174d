import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileTopic } from './file.ts'
import { cutBetweenAnswers } from './open-answers.ts'
import { type PruneOptions, pruneLog } from './prune.ts'
import type { Position } from './topic.ts'

const long = process.env.TEXTSTREAM_LONG !== undefined
const seed = Number(process.env.TEXTSTREAM_SEED ?? 20261123)

const day = 86_400_000_000
const epoch = Date.UTC(2026, 10, 1) * 1000

const tempDir = async (t: TestContext): Promise<string> => {
  const dir = await mkdtemp(join(tmpdir(), 'textstream-prune-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  return dir
}

const nameOf = (base: number) => `${String(base).padStart(20, '0')}.ndjson`

/** Segments one behind the other, written to on one day after the other. */
const log = async (t: TestContext, ...segments: readonly string[]): Promise<string> => {
  const dir = await tempDir(t)
  let base = 0
  for (const [i, content] of segments.entries()) {
    const path = join(dir, nameOf(base))
    await writeFile(path, content)
    const seconds = (epoch + i * day) / 1e6
    await utimes(path, seconds, seconds)
    base += Math.max(1, Buffer.byteLength(content))
  }
  return dir
}

const readers = (...offsets: readonly number[]): ReadonlyMap<string, Position> =>
  new Map(offsets.map((offset, i) => [`w${i}`, offset === 0 ? {} : { log: offset }]))

const everything = epoch + 1000 * day
const nobody: PruneOptions = { before: everything, positions: new Map() }

const basesIn = async (dir: string): Promise<number[]> =>
  (await readdir(dir)).filter(name => /^\d{20}\.ndjson$/.test(name)).map(name => Number(name.slice(0, 20)))

/** What went, what stays and why, and what is there afterwards. */
const prune = async (dir: string, options: PruneOptions) => {
  const { removed, stays, left } = await pruneLog(dir, options)
  return {
    removed: removed.map(({ base, bytes }) => `${base}+${bytes}`),
    stays: stays && `${Number(basename(stays.path, '.ndjson'))} ${stays.why} ${stays.consumers.join()}`.trim(),
    left,
    there: await basesIn(dir),
  }
}

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

class Follower {
  readonly lines: string[] = []
  readonly #abort = new AbortController()
  readonly #done: Promise<void>
  #hold: Promise<void> | undefined

  constructor(t: TestContext, dir: string) {
    this.#done = this.#follow(dir)
    t.after(() => this.stop())
  }

  async #follow(dir: string) {
    for await (const { entries } of fileTopic(dir).read({}, { follow: true, signal: this.#abort.signal })) {
      for (const { line } of entries) this.lines.push(Buffer.from(line).toString())
      await this.#hold
    }
  }

  /** Until the promise resolves, no more is asked for. */
  holdUntil(released: Promise<void>) {
    this.#hold = released
  }

  async has(count: number): Promise<string[]> {
    for (let i = 0; i < 2000 && this.lines.length < count; i++) await sleep(5)
    return this.lines
  }

  async stop(): Promise<void> {
    this.#abort.abort()
    await this.#done
  }
}

const numbered = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => `${JSON.stringify({ n: from + i, pad: 'x'.repeat(1000) })}\n`).join('')

const numbersOf = (lines: readonly string[]) => lines.map(line => JSON.parse(line).n as number)
const upTo = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i)

test('a follower that is in a segment when it goes reads it to its end, and goes on with what is kept', async t => {
  const dir = await log(t, numbered(0, 2000), numbered(2000, 10), numbered(2010, 10))
  const follower = new Follower(t, dir)
  const held = Promise.withResolvers<void>()
  follower.holdUntil(held.promise)
  const seen = (await follower.has(1)).length
  assert.ok(seen < 1000, 'it is in the first segment')
  assert.equal((await prune(dir, nobody)).removed.length, 2)
  held.resolve()
  assert.deepEqual(numbersOf(await follower.has(2010)), [...upTo(2000), ...upTo(10, 2010)])
  await follower.stop()
})

test('one that waits at the end of a segment goes on, though that goes', async t => {
  const dir = await log(t, numbered(0, 3))
  const follower = new Follower(t, dir)
  await follower.has(3)
  await using writer = await fileTopic(dir, { segmentBytesMax: 1 }).writer()
  for (let n = 3; n < 10; n++) {
    await writer.append('/a', Buffer.from(numbered(n, 1)))
    await follower.has(n + 1)
    assert.equal((await prune(dir, nobody)).removed.length, 1)
  }
  assert.deepEqual(numbersOf(follower.lines), upTo(10))
  await follower.stop()
})

test('a read that began before goes on with what is kept; offsets that were handed out stay good', async t => {
  const dir = await log(t, numbered(0, 2000), numbered(2000, 1), numbered(2001, 1))
  const topic = fileTopic(dir)
  const [, second, third] = (await basesIn(dir)).sort((a, b) => a - b)
  const lines: string[] = []
  const positions: number[] = []
  for await (const { entries } of topic.read({})) {
    for (const { line, next } of entries) {
      lines.push(Buffer.from(line).toString())
      positions.push(next)
    }
    await prune(dir, nobody)
  }
  assert.deepEqual(numbersOf(lines), [...upTo(2000), 2001])
  for (const offset of [0, positions[0], positions[1999], second, third]) {
    const again: string[] = []
    for await (const { entries } of topic.read({ log: offset }))
      for (const { line } of entries) again.push(Buffer.from(line).toString())
    assert.deepEqual(numbersOf(again), [2001], `from ${offset}`)
  }
  assert.deepEqual(await topic.end(), { log: positions.at(-1) })
})

test('a producer appends while the log is pruned: nothing that stays is lost, offsets go on', async t => {
  const dir = await tempDir(t)
  const topic = fileTopic(dir, { segmentBytesMax: 20_000 })
  const follower = new Follower(t, dir)
  await using writer = await topic.writer()
  let appended = 0
  let ended = false
  t.after(() => (ended = true))
  const appending = (async () => {
    while (!ended) {
      await Promise.all(upTo(10).map(() => writer.append('/a', Buffer.from(numbered(appended++, 1)))))
      await sleep(2)
    }
  })()
  let removed = 0
  const why = new Set<string>()
  for (let i = 0; i < 10; i++) {
    await sleep(10)
    const read = follower.lines.reduce((bytes, line) => bytes + line.length + 1, 0)
    const pruned = await prune(dir, { before: everything * 2, positions: readers(read) })
    removed += pruned.removed.length
    why.add(pruned.stays?.split(' ')[1] ?? 'newest')
  }
  ended = true
  await appending
  assert.deepEqual(why.difference(new Set(['newest', 'unread'])), new Set())
  assert.ok(removed > 3, `${removed} segments were removed`)
  assert.deepEqual(numbersOf(await follower.has(appended)), upTo(appended))
  await follower.stop()
  const kept: string[] = []
  for await (const { entries } of topic.read({}))
    for (const { line } of entries) kept.push(Buffer.from(line).toString())
  const first = numbersOf(kept)[0]
  assert.deepEqual(numbersOf(kept), upTo(appended - first, first))
})

test('a writer that opens the log while it is pruned gets the next offset', async t => {
  const dir = await log(t, ...upTo(20).map(n => numbered(n, 1)))
  const end = (await fileTopic(dir).end()).log
  for (let i = 0; i < 10; i++) {
    const [writer] = await Promise.all([fileTopic(dir).writer(), prune(dir, nobody)])
    await writer.append('/a', Buffer.from(numbered(20 + i, 1)))
    await writer[Symbol.asyncDispose]()
  }
  assert.equal((await fileTopic(dir).end()).log, end + Buffer.byteLength(numbered(20, 10)))
})

/** mulberry32. */
const randomOf = (state: number) => () => {
  state = (state + 0x6d2b79f5) | 0
  let t = Math.imul(state ^ (state >>> 15), 1 | state)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}

test(`kill -9 in the middle leaves a log without holes, and the next run finishes (TEXTSTREAM_SEED=${seed})`, async t => {
  const random = randomOf(seed)
  const script = `const { pruneLog } = await import(process.argv[1])
    const onRemoved = ({ base }) => process.stdout.write(base + '\\n')
    await pruneLog(process.argv[2], { before: Infinity, positions: new Map(), onRemoved })`
  const url = new URL('./prune.ts', import.meta.url).href
  const count = 60
  let cut = 0
  for (let round = 0; round < (long ? 50 : 4); round++) {
    const dir = await log(t, ...upTo(count).map(n => `{"n":${1000 + n}}\n`))
    const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script, url, dir]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let told = ''
    child.stdout.on('data', data => (told += data))
    const exit = once(child, 'close')
    while (!told.includes('\n')) await sleep(1)
    await sleep(random() * 40)
    child.kill('SIGKILL')
    await exit
    const there = (await basesIn(dir)).sort((a, b) => a - b)
    assert.deepEqual(
      there,
      upTo(count)
        .map(n => n * 11)
        .slice(-there.length),
    )
    assert.ok(told.split('\n').length - 1 <= count - there.length, 'what was told is gone')
    if (there.length > 1) cut++
    assert.deepEqual((await prune(dir, nobody)).there, [(count - 1) * 11])
  }
  assert.ok(cut > 0, 'no run was killed in the middle')
})

test('a file that was replaced meanwhile is left, with all behind it', async t => {
  const dir = await log(t, ...three)
  const onRemoved = () => writeFile(join(dir, nameOf(8)), 'other\n')
  const { removed, stays } = await pruneLog(dir, { ...nobody, onRemoved })
  const isThere = await stat(join(dir, nameOf(8))).then(() => true)
  assert.deepEqual([removed.length, stays?.why, isThere], [1, 'changed', true])
  assert.equal(await readFile(join(dir, nameOf(8)), 'utf8'), 'other\n')
})
