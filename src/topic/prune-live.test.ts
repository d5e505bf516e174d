import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileTopic } from './file.ts'
import { basesIn, everything, log, nobody, prune, readers, tempDir } from './prunable.ts'

const long = process.env.TEXTSTREAM_LONG !== undefined
const seed = Number(process.env.TEXTSTREAM_SEED ?? 20261123)

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
  assert.deepEqual(
    [...why].filter(stay => stay !== 'newest' && stay !== 'unread'),
    [],
  )
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
