import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { answersIn, linesOf, textsIn } from '../produce/captured.ts'
import { seededRandom } from '../produce/chance.ts'
import { folder } from '../source/folder.ts'
import { serve } from '../source/server.ts'
import { fileTopic } from '../topic/file.ts'

const long = process.env.TEXTSTREAM_LONG !== undefined
const main = join(import.meta.dirname, 'main.ts')

const textstream = (...argv: string[]): ChildProcess =>
  spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...argv])

const ended = async (child: ChildProcess) => {
  const [out, err, [code, signal]] = await Promise.all([text(child.stdout!), text(child.stderr!), once(child, 'close')])
  return { out, err, exit: code ?? signal }
}

const run = (...argv: string[]) => {
  const child = textstream(...argv)
  child.stdin!.end()
  return ended(child)
}

const pipe = (input: string | Buffer, ...argv: string[]) => {
  const child = textstream('produce', '-', ...argv)
  child.stdin!.end(input)
  return ended(child)
}

const tempDir = async (t: TestContext) => {
  const dir = await mkdtemp(join(tmpdir(), 'textstream-produce-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  return dir
}

const sample = (seed: number, words: number) =>
  Array.from({ length: words }, (_, i) => `word-${(i * 7919 + seed) % 1000} “é😀”\n`).join('')

const originals = (texts: number, words: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: texts }, (_, i) => [`text-${i}.txt`, sample(i, words)]))

const served = async (t: TestContext, contents: Record<string, string>, options: { rate?: number } = {}) => {
  const dir = await tempDir(t)
  await mkdir(join(dir, 'texts'))
  for (const [name, text] of Object.entries(contents)) await writeFile(join(dir, 'texts', name), text)
  const server = await serve(folder(join(dir, 'texts'), { chunkSize: 16 }), { port: 0, closeGraceMsMax: 1, ...options })
  t.after(() => server.close())
  return { url: server.url, logs: join(dir, 'logs'), texts: join(dir, 'texts') }
}

const reportOf = (out: string) => JSON.parse(out) as { deliveries: { file: string; state: string; chunks: number }[] }
const statesOf = (out: string) => reportOf(out).deliveries.map(({ state }) => state)

test('captures every text of a served folder, and says where each went', async t => {
  const texts = { ...originals(5, 400), 'empty.txt': '', 'b.txt': '"quoted"\r\n' }
  const { url, logs } = await served(t, texts)
  const { out, err, exit } = await run('produce', '-s', url, '-l', logs, '--json', '--seed', '7')
  assert.equal(exit, 0, err)
  assert.deepEqual(await textsIn(fileTopic(logs)), texts)
  assert.deepEqual(new Set(statesOf(out)), new Set(['captured']))
  assert.match(err, /source file +document +agent +chunks +bytes +state\n/)
  assert.match(err, /b\.txt +\/[a-z-]+\.md +Agent_[A-Z][a-z]+ +1 +10 +captured\n/)
  const lines = await linesOf(fileTopic(logs))
  const again = await run('produce', '-s', url, '-l', logs, '--json')
  assert.deepEqual([again.exit, new Set(statesOf(again.out))], [0, new Set(['already captured'])])
  assert.equal((await linesOf(fileTopic(logs))).length, lines.length)
})

test('takes no offence at variables that are there for the other kind of run', async t => {
  const { url, logs } = await served(t, originals(1, 10))
  const env = { ...process.env, TEXTSTREAM_STREAM_SOURCE_PORT: url, TEXTSTREAM_LOGS_DIR: logs, TEXTSTREAM_URI: '/a.md' }
  for (const argv of [['produce', '-'], ['produce']]) {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...argv], { env })
    child.stdin!.end('text')
    const { err, exit } = await ended(child)
    assert.equal(exit, 0, err)
  }
  assert.deepEqual(
    (await answersIn(fileTopic(logs))).map(({ file, uri }) => (file === '' ? uri : file)),
    ['/a.md', 'text-0.txt'],
  )
})

test('says what to do where it may open too few files', async t => {
  const { url, logs } = await served(t, originals(60, 10))
  const command = `ulimit -n 40; exec "$@"`
  const argv = [process.execPath, '--disable-warning=ExperimentalWarning', main, 'produce', '-s', url, '-l', logs]
  const child = spawn('bash', ['-c', command, 'bash', ...argv])
  const { err, exit } = await ended(child)
  assert.equal(exit, 1)
  assert.match(err, /EMFILE: too many open files/)
  assert.doesNotMatch(err, /\n {4}at |Node\.js v/)
})

const recordsIn = async (logs: string) => (await linesOf(fileTopic(logs)).catch(() => [])).length

/** Until the log holds more than it did, or `signal` aborts. */
const grown = async (logs: string, before = 0, signal?: AbortSignal) => {
  while (signal?.aborted !== true && (await recordsIn(logs)) <= before) await sleep(20)
}

test('goes on after kill -9 at any moment, and has each chunk exactly once', async t => {
  const seed = process.env.TEXTSTREAM_SEED ?? String(Date.now() % 100_000)
  t.diagnostic(`TEXTSTREAM_SEED=${seed}`)
  const random = seededRandom(seed)
  const texts = originals(8, 400)
  const { url, logs } = await served(t, texts, { rate: 400 })
  for (let kills = long ? 60 : 6; kills > 0; kills--) {
    const before = await recordsIn(logs)
    const child = textstream('produce', '-s', url, '-l', logs)
    const dead = new AbortController()
    const closed = once(child, 'close').finally(() => dead.abort())
    await grown(logs, before, dead.signal)
    await sleep(random() * 150)
    child.kill('SIGKILL')
    await closed
  }
  const { err, exit } = await run('produce', '-s', url, '-l', logs)
  assert.equal(exit, 0, err)
  assert.deepEqual(await textsIn(fileTopic(logs)), texts)
  assert.equal((await answersIn(fileTopic(logs))).length, 8)
})

test('captures the other texts if one cannot be read, and fails', async t => {
  const { url, logs, texts } = await served(t, { 'a.txt': 'fine', 'b.txt': 'x' })
  await writeFile(join(texts, 'b.txt'), Buffer.from('6162ff', 'hex'))
  const { out, err, exit } = await run('produce', '-s', url, '-l', logs, '--json')
  assert.deepEqual([exit, statesOf(out)], [1, ['captured', 'failed']], err)
  assert.match(err, /textstream: "b\.txt" of http.*UTF-8.*\n.*run the same command again/)
  await writeFile(join(texts, 'b.txt'), 'mended')
  assert.equal((await run('produce', '-s', url, '-l', logs)).exit, 0)
  assert.deepEqual(await textsIn(fileTopic(logs)), { 'a.txt': 'fine', 'b.txt': 'mended' })
})

const drains = async (t: TestContext, signal: 'SIGINT' | 'SIGTERM', code: number) => {
  const texts = originals(3, 300)
  const { url, logs } = await served(t, texts, { rate: 100 })
  const child = textstream('produce', '-s', url, '-l', logs, '--json')
  const result = ended(child)
  await grown(logs)
  child.kill(signal)
  const { out, exit } = await result
  assert.equal(exit, code)
  assert.deepEqual(new Set(statesOf(out)), new Set(['interrupted']))
  const counted = reportOf(out).deliveries.reduce((sum, { chunks }) => sum + chunks, 0)
  assert.equal(await recordsIn(logs), counted)
  const next = await run('produce', '-s', url, '-l', logs)
  assert.equal(next.exit, 0, next.err)
  assert.deepEqual(await textsIn(fileTopic(logs)), texts)
}

test('drains on SIGINT and SIGTERM: the next run goes on', async t => {
  await Promise.all([drains(t, 'SIGINT', 130), drains(t, 'SIGTERM', 143)])
})

test('refuses a log that another one writes', async t => {
  const { url, logs } = await served(t, originals(2, 300), { rate: 10 })
  const first = textstream('produce', '-s', url, '-l', logs)
  const end = ended(first)
  await grown(logs)
  const { err, exit } = await run('produce', '-s', url, '-l', logs)
  first.kill('SIGKILL')
  await end
  assert.equal(exit, 1)
  assert.match(err, /^textstream: log ".*" has a writer/)
})

test('says what is wrong with a command line', async () => {
  const cases: [argv: string[], exit: number, err: RegExp][] = [
    [[], 2, /nothing to capture/],
    [['x'], 2, /"x" cannot be produced/],
    [['-', '-s', '1'], 2, /run two commands/],
    [['-s', '1', '-k', 'no host'], 2, /"no host" is no Kafka broker/],
    [['-s', '1', '-k', '9092', '-t', 'a b'], 2, /"a b" is no name of a Kafka topic/],
    [['-s', '1', '-l', 'x', '--create-topic'], 2, /--create-topic without --kafka-broker-port/],
    [['-s', '1', '-k', '127.0.0.1:1'], 4, /topic "chunks" at 127.0.0.1:1: .*ECONNREFUSED.*stack up kafka|ask http/],
    [['-s', '1', '-t', 'chunks'], 2, /--topic "chunks" without --kafka-broker-port/],
    [['-s', '1', '--uri', '/a'], 2, /are for standard input/],
    [['-s', '1', '--concurrency', '0'], 2, /whole number from 1 to 1024/],
    [['-s', '1'], 4, /thrown away\n.*connection refused/],
  ]
  const results = await Promise.all(cases.map(([argv]) => run('produce', ...argv)))
  for (const [i, { err, exit }] of results.entries()) {
    const [argv, code, message] = cases[i]
    assert.equal(exit, code, argv.join(' '))
    assert.match(err, message)
  }
})

test('captures standard input as it comes, and closes it', async t => {
  const logs = join(await tempDir(t), 'logs')
  const child = textstream('produce', '-', '-l', logs, '--uri', '/notes.md', '--agent', 'Agent_Ada')
  const result = ended(child)
  child.stdin!.write('hel')
  await grown(logs)
  child.stdin!.end('lo "world"\n')
  const { exit } = await result
  assert.equal(exit, 0)
  const [{ text, reason, uri, agent }] = await answersIn(fileTopic(logs))
  assert.deepEqual([text, reason, uri, agent], ['hello "world"\n', 'stop', '/notes.md', 'Agent_Ada'])
})

test('cancels standard input on SIGINT', async t => {
  const logs = join(await tempDir(t), 'logs')
  const child = textstream('produce', '-', '-l', logs)
  const result = ended(child)
  child.stdin!.write('so far')
  await grown(logs)
  child.kill('SIGINT')
  const { exit, err } = await result
  const [{ text, reason, uri }] = await answersIn(fileTopic(logs))
  assert.deepEqual([exit, text, reason], [130, 'so far', 'cancel'])
  assert.ok(err.includes(uri), err)
})

test('sets malformed records aside where no reader takes them for a log', async t => {
  const logs = join(await tempDir(t), 'logs')
  const input = '\ufeff{"destination_uri":"/a","n":12345678901234567890}\r\nrub\x1bbish\n{"destination_uri":"/a"}'
  const { exit, err, out } = await pipe(input, '-l', logs, '--json')
  assert.equal(exit, 3)
  assert.match(err, /line 2 \(offset 54\) is malformed: not JSON: rub␛bish\n/)
  const { kept, malformed } = JSON.parse(out)
  const [line] = (await readFile(kept, 'utf8')).split('\n')
  assert.deepEqual([JSON.parse(line).bytes, malformed], [Buffer.from('rub\x1bbish').toString('base64'), 1])
  assert.equal((await linesOf(fileTopic(logs))).length, 3)
  assert.match((await linesOf(fileTopic(logs)))[0], /"n":12345678901234567890/)
  assert.deepEqual(
    (await readdir(logs)).filter(name => !/^\d+\.ndjson$|^\.|^malformed-.*\.rejected$/.test(name)),
    [],
  )
})

test('finishes with exit 3 if a text on standard input is not UTF-8', async t => {
  const logs = join(await tempDir(t), 'logs')
  const { exit, err } = await pipe(Buffer.from('61ff', 'hex'), '-l', logs)
  assert.equal(exit, 3)
  assert.match(err, /not UTF-8 at offset 1 \(0xff\): kept as U\+FFFD/)
})
