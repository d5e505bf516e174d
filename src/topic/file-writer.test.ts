import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type FileTopicOptions, fileTopic } from './file.ts'
import type { TopicWriter } from './topic.ts'

const tempDir = async (t: TestContext): Promise<string> => {
  const dir = await mkdtemp(join(tmpdir(), 'textstream-topic-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  return dir
}

const appendTo = async (dir: string, lines: readonly string[], options: FileTopicOptions = {}) => {
  await using writer = await fileTopic(dir, options).writer()
  for (const line of lines) await writer.append('/a', Buffer.from(`${line}\n`))
}

const linesIn = async (dir: string): Promise<string[]> => {
  const lines: string[] = []
  for await (const { entries } of fileTopic(dir).read({})) for (const { line } of entries) lines.push(String(line))
  return lines
}

const segmentsIn = async (dir: string) => (await readdir(dir)).filter(name => name.endsWith('.ndjson'))

const segment = (base: number) => `${String(base).padStart(20, '0')}.ndjson`

const rejectsWith = async (action: Promise<unknown>, code: string, message: RegExp) => {
  const error = await action.then(
    () => assert.fail('was not refused'),
    thrown => thrown,
  )
  assert.equal(error.code, code)
  assert.match(error.message, message)
}

test('makes the folder if it is absent, and leaves nothing but an empty lock if nothing is appended', async t => {
  const dir = join(await tempDir(t), 'a', 'b')
  await appendTo(dir, [])
  assert.deepEqual(await readdir(dir), ['.lock'])
})

test('a segment is a plain file of the lines, named by the offset of its first byte', async t => {
  const dir = await tempDir(t)
  await appendTo(dir, ['one', 'two'])
  await appendTo(dir, ['three'])
  assert.deepEqual(await segmentsIn(dir), [segment(0), segment(8)])
  assert.equal(await readFile(join(dir, segment(0)), 'utf8'), 'one\ntwo\n')
  assert.equal(await readFile(join(dir, segment(8)), 'utf8'), 'three\n')
})

test('a new owner never appends to what it finds, torn or empty', async t => {
  const dir = await tempDir(t)
  await writeFile(join(dir, segment(0)), 'one\n{"torn')
  await appendTo(dir, ['two'])
  assert.deepEqual(await segmentsIn(dir), [segment(0), segment(10)])
  await writeFile(join(dir, segment(100)), '')
  await appendTo(dir, ['three'])
  assert.deepEqual(await segmentsIn(dir), [segment(0), segment(10), segment(100), segment(101)])
  assert.deepEqual(await linesIn(dir), ['one', 'two', 'three'])
})

test('a segment is closed before it would grow too large', async t => {
  const dir = await tempDir(t)
  const lines = Array.from({ length: 50 }, (_, i) => `${i}`.padEnd(19, '.'))
  await appendTo(dir, lines, { segmentBytesMax: 200 })
  assert.deepEqual(await segmentsIn(dir), [0, 200, 400, 600, 800].map(segment))
  assert.deepEqual(await linesIn(dir), lines)
})

test('what is appended while a batch is under way shares the next write and sync', async t => {
  const dir = await tempDir(t)
  await using writer = await fileTopic(dir, { segmentBytesMax: 1 }).writer()
  const lines = Array.from({ length: 1000 }, (_, i) => String(i))
  await Promise.all(lines.map(line => writer.append('/a', Buffer.from(`${line}\n`))))
  assert.deepEqual(await linesIn(dir), lines)
  assert.equal((await segmentsIn(dir)).length, 1, 'with such small segments there is one per batch')
})

test('under load small appends linger to share a sync, but one who appends alone never waits', async t => {
  const dir = await tempDir(t)
  const lingerMs = 300
  await using writer = await fileTopic(dir, { lingerMs }).writer()
  const two = () => Promise.all([writer.append('/a', Buffer.from('a\n')), writer.append('/a', Buffer.from('b\n'))])
  const took = async (action: () => Promise<unknown>) => {
    const before = performance.now()
    await action()
    return performance.now() - before
  }
  await two()
  assert.ok((await took(two)) > lingerMs / 2)
  await took(() => writer.append('/a', Buffer.from('alone\n')))
  assert.ok((await took(() => writer.append('/a', Buffer.from('alone\n')))) < lingerMs / 2)
})

test('a batch that is large enough does not linger', async t => {
  const dir = await tempDir(t)
  await using writer = await fileTopic(dir, { lingerMs: 5000, lingerBytesMax: 1000 }).writer()
  const before = performance.now()
  await Promise.all(['a\n', 'b\n'].map(line => writer.append('/a', Buffer.from(line))))
  for (let i = 0; i < 3; i++) {
    const small = [writer.append('/a', Buffer.from('small\n')), writer.append('/a', Buffer.from('small\n'))]
    await new Promise(resolve => setTimeout(resolve, 5))
    await Promise.all([...small, writer.append('/a', Buffer.from(`${'x'.repeat(1000)}\n`))])
  }
  assert.ok(performance.now() - before < 2500)
})

const isPending = async (promise: Promise<unknown>) => {
  let pending = true
  void promise.then(() => {
    pending = false
  })
  for (let turn = 0; turn < 10; turn++) await null
  return pending
}

test('is ready again only when there is room', async t => {
  const dir = await tempDir(t)
  await using writer = await fileTopic(dir, { inFlightBytesMax: 1000 }).writer()
  const block = Buffer.from(`${'x'.repeat(599)}\n`)
  const first = writer.append('/a', block)
  assert.equal(await isPending(writer.ready()), false)
  const second = writer.append('/a', block)
  const ready = writer.ready()
  assert.equal(await isPending(ready), true)
  await first
  await ready
  await second
  assert.equal(await isPending(writer.ready()), false)
})

const fill = async (writer: TopicWriter, bytes: number) => {
  const block = Buffer.alloc(64 * 1024, 'x')
  block[block.length - 1] = 0x0a
  for (let filled = 0; filled < bytes; filled += block.length) {
    await writer.ready()
    void writer.append('/a', block)
  }
}

test('memory does not grow with what is appended', async t => {
  const dir = await tempDir(t)
  const writer = await fileTopic(dir, { segmentBytesMax: 50_000_000 }).writer()
  await fill(writer, 50_000_000)
  const before = process.memoryUsage.rss()
  await fill(writer, 250_000_000)
  await writer[Symbol.asyncDispose]()
  assert.ok(process.memoryUsage.rss() - before < 60 * 1024 * 1024)
})

test('something else that appends to the same segment is found out before anything is acknowledged', async t => {
  const dir = await tempDir(t)
  const writer = await fileTopic(dir).writer()
  await writer.append('/a', Buffer.from('one\n'))
  await appendFile(join(dir, segment(0)), 'stranger\n')
  const path = join(dir, segment(0))
  const message = new RegExp(`append to "${path}" at offset 4: it is 17 bytes long instead of 8`)
  await rejectsWith(writer.append('/a', Buffer.from('two\n')), 'topic/append', message)
  await rejectsWith(writer.append('/a', Buffer.from('two\n')), 'topic/append', message)
  await writer[Symbol.asyncDispose]()
  await appendTo(dir, ['two'])
  assert.deepEqual(await linesIn(dir), ['one', 'two'])
})

test('a log that is removed while it is written to acknowledges nothing more', async t => {
  const dir = join(await tempDir(t), 'logs')
  await using writer = await fileTopic(dir).writer()
  await writer.append('/a', Buffer.from('one\n'))
  await rm(dir, { recursive: true })
  await rejectsWith(writer.append('/a', Buffer.from('two\n')), 'topic/append', /somebody removed it.*gone with it/)
})

test('a log with a packed segment is not appended to, unless the segment is there unpacked as well', async t => {
  const dir = await tempDir(t)
  await appendTo(dir, ['one'])
  await writeFile(join(dir, `${segment(4)}.gz`), 'packed')
  await rejectsWith(fileTopic(dir).writer(), 'topic/unwritable', /packed segment "0{19}4\.ndjson\.gz".*unpack it/)
  await writeFile(join(dir, segment(4)), 'two\n')
  await appendTo(dir, ['three'])
  assert.deepEqual(await linesIn(dir), ['one', 'two', 'three'])
})

test('a place that cannot be written to says why', async t => {
  const dir = await tempDir(t)
  await writeFile(join(dir, 'file'), '')
  for (const path of [join(dir, 'file'), join(dir, 'file', 'below')]) {
    const expected = new RegExp(`log "${path}" cannot be written to: it is, or lies below, a file`)
    await rejectsWith(fileTopic(path).writer(), 'topic/unwritable', expected)
  }
})

test('a read-only disk can be read, and refuses a writer', async t => {
  const dir = await mkdtemp(join(tmpdir(), 'textstream-readonly-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', 'none', dir]).status === 0
  t.after(async () => {
    if (mounted) execFileSync('umount', ['-l', dir])
    await rm(dir, { recursive: true })
  })
  if (!mounted) return t.skip('needs the right to mount a tmpfs')
  await appendTo(dir, ['one'])
  execFileSync('mount', ['-o', 'remount,ro', dir])
  assert.deepEqual(await linesIn(dir), ['one'])
  await rejectsWith(fileTopic(dir).writer(), 'topic/unwritable', /read-only/)
  await rejectsWith(fileTopic(join(dir, 'below')).writer(), 'topic/unwritable', /EROFS/)
})

test('one who appends alone is acknowledged about as fast as the disk syncs', {
  skip: !process.env.TEXTSTREAM_LONG && 'measures: TEXTSTREAM_LONG=1',
}, async t => {
  const dir = await tempDir(t)
  await using writer = await fileTopic(dir).writer()
  const before = performance.now()
  for (let i = 0; i < 1000; i++) await writer.append('/a', Buffer.from('alone\n'))
  const appendMs = (performance.now() - before) / 1000
  t.diagnostic(`${appendMs.toFixed(2)} ms per append`)
  assert.ok((await stat(join(dir, segment(0)))).size === 6000)
})
