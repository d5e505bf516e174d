import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { appendFile, mkdir, mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { lineBytesMax } from '../chunk/chunk.ts'
import { type Damage, fileTopic } from './file.ts'
import type { Position } from './topic.ts'

type Files = Readonly<Record<string, string | Buffer>>

const first = '00000000000000000000.ndjson'
const a = '{"destination_uri":"/a"}'
const b = '{"destination_uri":"/b"}'

const folder = async (t: TestContext, files: Files): Promise<string> => {
  const dir = await mkdtemp(join(tmpdir(), 'textstream-topic-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(dir, name)), { recursive: true })
    await writeFile(join(dir, name), content)
  }
  return dir
}

interface Seen {
  readonly lines: string[]
  readonly damage: Damage[]
}

/** Every line as `partition@offset line`. */
const read = async (dir: string, from: Position = {}, until?: Position): Promise<Seen> => {
  const damage: Damage[] = []
  const lines: string[] = []
  const topic = fileTopic(dir, { onDamage: found => damage.push(found) })
  for await (const { partition, entries } of topic.read(from, until === undefined ? {} : { until })) {
    for (const { offset, line } of entries) lines.push(`${partition}@${offset} ${Buffer.from(line).toString('latin1')}`)
  }
  return { lines, damage }
}

class Follower {
  readonly lines: string[] = []
  readonly damage: Damage[] = []
  readonly #abort = new AbortController()
  readonly #done: Promise<void>

  constructor(dir: string, from: Position = {}) {
    this.#done = this.#follow(dir, from)
  }

  async #follow(dir: string, from: Position) {
    const topic = fileTopic(dir, { onDamage: found => this.damage.push(found) })
    for await (const { entries } of topic.read(from, { follow: true, signal: this.#abort.signal })) {
      for (const { line } of entries) this.lines.push(Buffer.from(line).toString('latin1'))
    }
  }

  async has(count: number): Promise<string[]> {
    for (let i = 0; i < 1000 && this.lines.length < count; i++) await sleep(5)
    return this.lines
  }

  async stop(): Promise<void> {
    this.#abort.abort()
    await this.#done
  }
}

const failsWith = (code: string, message: RegExp) => (error: unknown) => {
  assert.equal((error as { code?: string }).code, code)
  assert.match((error as Error).message, message)
  return true
}

interface Case {
  readonly name: string
  readonly files: Files
  readonly lines: readonly string[]
  readonly end: Position
  readonly damage?: readonly Damage[]
}

const at20 = '00000000000000000020.ndjson'
const torn = (offset: number, bytes: number): Damage => ({ partition: 'log', offset, bytes, reason: 'torn' })

const cases: readonly Case[] = [
  {
    name: 'a torn tail of the newest segment is not read: somebody may still be writing it',
    files: { [first]: 'x\n{"dest' },
    lines: ['log@0 x'],
    end: { log: 2 },
  },
  {
    name: "a torn tail of a closed segment is nobody's record",
    files: { [first]: 'x\n{"dest', [at20]: 'y\n' },
    lines: ['log@0 x', 'log@20 y'],
    end: { log: 22 },
    damage: [torn(2, 6)],
  },
  {
    name: 'a last line that is a record counts without its line end',
    files: { [first]: `x\n${a}` },
    lines: ['log@0 x', `log@2 ${a}`],
    end: { log: 26 },
  },
  {
    name: 'a last line that is a record counts in a closed segment',
    files: { [first]: a, '00000000000000000030.ndjson': 'y\n' },
    lines: [`log@0 ${a}`, 'log@30 y'],
    end: { log: 32 },
  },
  {
    name: 'a last line that is JSON but no record does not count',
    files: { [first]: '{"a":1}' },
    lines: [],
    end: { log: 0 },
  },
  {
    name: 'zeros at the end, as some disks leave them after a power cut, cost nothing else',
    files: { [first]: Buffer.from('x\n\0\0\0\0'), [at20]: 'y\n' },
    lines: ['log@0 x', 'log@20 y'],
    end: { log: 22 },
    damage: [torn(2, 4)],
  },
  {
    name: 'damage in the middle costs its own line',
    files: { [first]: Buffer.from('x\n\0\0\xff\ny\n', 'latin1') },
    lines: ['log@0 x', 'log@2 \0\0\xff', 'log@6 y'],
    end: { log: 8 },
  },
  {
    name: 'an empty last segment only reserves offsets',
    files: { [first]: 'x\n', [at20]: '' },
    lines: ['log@0 x'],
    end: { log: 20 },
  },
  { name: 'an empty folder is an empty topic', files: {}, lines: [], end: {} },
  {
    name: 'a log whose first segments were deleted begins later',
    files: { [at20]: 'y\n' },
    lines: ['log@20 y'],
    end: { log: 22 },
  },
  {
    name: 'old logs are partitions of their own, in byte order of the names',
    files: { 'logs_2026.txt': 'old\n', 'ours.jsonl': `j\n${b}`, [first]: 'x\n', '!.ndjson': 'n\n', 'ä.ndjson': 'u\n' },
    lines: ['!.ndjson@0 n', 'log@0 x', 'logs_2026.txt@0 old', 'ours.jsonl@0 j', `ours.jsonl@2 ${b}`, 'ä.ndjson@0 u'],
    end: { '!.ndjson': 2, log: 2, 'logs_2026.txt': 4, 'ours.jsonl': 26, 'ä.ndjson': 2 },
  },
  {
    name: 'other files are not read',
    files: {
      '.lock': 'x\n',
      '.index.ndjson': 'x\n',
      'notes.txt': 'x\n',
      'a.ndjson.gz': 'x\n',
      'below/a.ndjson': 'x\n',
      'dir.ndjson/a': '',
    },
    lines: [],
    end: {},
  },
]

for (const { name, files, lines, end, damage = [] } of cases) {
  test(name, async t => {
    const dir = await folder(t, files)
    assert.deepEqual(await fileTopic(dir).end(), end)
    assert.deepEqual(await read(dir), { lines, damage })
  })
}

test('links are not followed', async t => {
  const dir = await folder(t, { 'outside/secret.ndjson': 'secret\n', 'logs/a.ndjson': 'x\n' })
  await symlink(join(dir, 'outside', 'secret.ndjson'), join(dir, 'logs', 'b.ndjson'))
  await symlink(join(dir, 'outside', 'secret.ndjson'), join(dir, 'logs', first))
  assert.deepEqual((await read(join(dir, 'logs'))).lines, ['a.ndjson@0 x'])
})

test('a folder that is not there, or is a file, is named in the error', async t => {
  const dir = await folder(t, { file: '' })
  for (const path of ['absent', 'file']) {
    const expected = failsWith('topic/not-found', new RegExp(`log folder "${join(dir, path)}"`))
    await assert.rejects(fileTopic(join(dir, path)).end(), expected)
    await assert.rejects(read(join(dir, path)), expected)
  }
})

test('an offset in the gap behind a segment goes on with the next one', async t => {
  const dir = await folder(t, { [first]: 'x\n', [at20]: 'y\n' })
  for (const log of [2, 10, 20]) assert.deepEqual((await read(dir, { log })).lines, ['log@20 y'])
})

test('segments that overlap are refused', async t => {
  const dir = await folder(t, { [first]: 'x\n'.repeat(20), [at20]: 'y\n' })
  await assert.rejects(read(dir), failsWith('topic/offset', /0020\.ndjson" overlaps/))
})

test('a line that is too long costs that line alone, and is reported', async t => {
  const tooLong = [lineBytesMax + 1, lineBytesMax + 300_000, 3 * lineBytesMax]
  const content = tooLong.map(bytes => `${'x'.repeat(bytes)}\nafter\n`).join('')
  const { lines, damage } = await read(await folder(t, { [first]: `before\n${content}` }))
  assert.deepEqual(
    lines.map(line => line.split(' ')[1]),
    ['before', 'after', 'after', 'after'],
  )
  assert.deepEqual(
    damage.map(({ bytes, reason }) => [bytes, reason]),
    tooLong.map(bytes => [bytes, 'too-long']),
  )
  assert.equal(damage[0].offset, 7)
})

test('the longest line is handed out, with either line end', async t => {
  const content = `${'x'.repeat(lineBytesMax)}\n${'y'.repeat(lineBytesMax)}\r\n`
  const { lines, damage } = await read(await folder(t, { [first]: content }))
  assert.deepEqual([lines.length, damage], [2, []])
})

test('a run of bytes without an end is read in bounded memory', async t => {
  const dir = await folder(t, { [first]: 'x\n' })
  const size = 2 ** 28
  await truncate(join(dir, first), size)
  await writeFile(join(dir, '00000000000300000000.ndjson'), 'y\n')
  const before = process.memoryUsage.rss()
  const { lines, damage } = await read(dir)
  assert.deepEqual(lines, ['log@0 x', 'log@300000000 y'])
  assert.deepEqual(damage, [{ partition: 'log', offset: 2, bytes: size - 2, reason: 'too-long' }])
  assert.ok(process.memoryUsage.rss() - before < 120 * 1024 * 1024)
})

test('aborting ends a reader also in the middle of a long run of bytes', async t => {
  const dir = await folder(t, { [first]: 'x\n' })
  await truncate(join(dir, first), 2 ** 36)
  for (const follow of [true, false]) {
    const abort = new AbortController()
    const options = { follow, signal: abort.signal, until: { log: 2 ** 36 } }
    for await (const _ of fileTopic(dir).read({}, options)) setTimeout(() => abort.abort(), 30)
  }
})

test('a follower waits for the end of a torn tail, also over the border of a block', async t => {
  const dir = await folder(t, { [first]: 'x\n' })
  const follower = new Follower(dir)
  await follower.has(1)
  const long = 'y'.repeat(300_000)
  for (const part of [long, long, '\n']) {
    await appendFile(join(dir, first), part)
    await sleep(60)
  }
  assert.deepEqual(await follower.has(2), ['x', long + long])
  await follower.stop()
})

test('a follower that was given a record without its line end goes on behind that', async t => {
  for (const [end, damaged] of [
    ['\n', 0],
    ['\r\n', 0],
    ['rubbish\n', 1],
  ] as const) {
    const dir = await folder(t, { [first]: a })
    const follower = new Follower(dir)
    await follower.has(1)
    await appendFile(join(dir, first), `${end}${b}\n`)
    assert.deepEqual(await follower.has(2), [a, b])
    await follower.stop()
    assert.deepEqual(
      follower.damage.map(({ reason }) => reason),
      Array(damaged).fill('stray'),
    )
  }
})

test('an offset behind a record without its line end stays good when that is written', async t => {
  const dir = await folder(t, { [first]: a })
  const end = await fileTopic(dir).end()
  assert.deepEqual((await read(dir, end)).lines, [])
  await appendFile(join(dir, first), `\n${b}\n`)
  assert.deepEqual((await read(dir, end)).lines, [`log@${a.length + 1} ${b}`])
})

test('a follower sees new segments, and old logs that appear or grow', async t => {
  const dir = await folder(t, { [first]: 'x\n', 'logs_1.txt': 'one\n' })
  const follower = new Follower(dir)
  await follower.has(2)
  await writeFile(join(dir, at20), 'y\n')
  await writeFile(join(dir, 'logs_2.txt'), 'two\n')
  await appendFile(join(dir, 'logs_1.txt'), 'more\n')
  assert.deepEqual([...(await follower.has(5))].sort(), ['more', 'one', 'two', 'x', 'y'])
  await follower.stop()
})

test('a follower of another process sees a record soon after it was acknowledged', async t => {
  const dir = await folder(t, {})
  const script = `const { fileTopic } = await import(process.argv[1])
    const writer = await fileTopic(process.argv[2], { segmentBytesMax: 500 }).writer()
    for (let i = 0; i < 100; i++) {
      await writer.append('/a', Buffer.from(Date.now() + '\\n'))
      await new Promise(resolve => setTimeout(resolve, 2))
    }
    await writer[Symbol.asyncDispose]()`
  const url = new URL('./file.ts', import.meta.url).href
  const follower = new Follower(dir)
  const delays: number[] = []
  const push = follower.lines.push.bind(follower.lines)
  follower.lines.push = line => {
    delays.push(Date.now() - Number(line))
    return push(line)
  }
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script, url, dir]
  const child = spawn(process.execPath, args, { stdio: 'inherit' })
  t.after(() => child.kill('SIGKILL'))
  assert.equal((await follower.has(100)).length, 100)
  await follower.stop()
  const median = delays.sort((x, y) => x - y)[50]
  assert.ok(median < 100, `the median delay was ${median} ms`)
})

test('whatever is appended, however it is cut, a follower gets its lines, whole and once', async t => {
  const bytes = fc
    .uint8Array({ maxLength: 60 })
    .map(array => Buffer.from(array.map(byte => (byte % 5 === 0 ? 10 : byte))))
  const writes = fc.array(fc.tuple(bytes, fc.boolean()), { minLength: 1, maxLength: 8 })
  const property = fc.asyncProperty(writes, async parts => {
    const dir = await folder(t, { [first]: '' })
    const follower = new Follower(dir)
    for (const [part, pause] of parts) {
      await appendFile(join(dir, first), part)
      if (pause) await sleep(3)
    }
    await appendFile(join(dir, first), '\nlast\n')
    const expected = (await readFile(join(dir, first), 'latin1')).split('\n').slice(0, -1)
    assert.deepEqual(await follower.has(expected.length), expected)
    await follower.stop()
    assert.deepEqual(
      (await read(dir)).lines.map(line => line.replace(/^log@\d+ /s, '')),
      expected,
    )
  })
  await fc.assert(property, { numRuns: process.env.TEXTSTREAM_LONG ? 1000 : 40 })
})
