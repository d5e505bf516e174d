import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { namesIn } from '../../src/wire/hdfs.contract.ts'
import { hadoopOrSkip } from '../hadoop.ts'
import { type HdfsFolder, hdfsFolder } from '../hdfs-folder.ts'
import { bin, plainEnvironment, tempDir, textstream } from './textstream.ts'

const { skip, hadoop } = await hadoopOrSkip()
const environment = hadoop?.environment ?? {}

const bigBytes = 200_000_000
const blockBytes = 1_000_000
const memoryBytesMax = 150_000_000
/** More than the thousand that a NameNode lists at once. */
const entries = 1_100

const run = (args: readonly string[], cwd?: string) => textstream(args, { ...(cwd && { cwd }), env: environment })

const succeed = async (args: readonly string[], cwd?: string): Promise<string> => {
  const { code, stdout, stderr } = await run(args, cwd)
  assert.equal(code, 0, `${args.join(' ')}\n${stdout}${stderr}`)
  return stdout
}

/** Each block is another one, and none can be packed. */
function* blocks(onBlock: (block: Buffer) => void) {
  const block = Buffer.alloc(blockBytes)
  for (let i = 0; i < bigBytes / blockBytes; i++) {
    const seed = createHash('sha512').update(String(i)).digest()
    for (let at = 0; at < blockBytes; at += seed.length) seed.copy(block, at)
    block.writeUInt32LE(i, 0)
    const copy = Buffer.from(block)
    onBlock(copy)
    yield copy
  }
}

test('200 MB go there and come back byte for byte, in memory that does not grow', { skip }, async t => {
  const { hdfs, path } = await hdfsFolder(t, hadoop!)
  const [sent, got] = [createHash('sha256'), createHash('sha256')]
  const before = process.memoryUsage().rss
  let most = 0
  const look = () => (most = Math.max(most, process.memoryUsage().rss - before))
  await hdfs.write(
    `${path}/big`,
    blocks(block => {
      sent.update(block)
      look()
    }),
  )
  let bytes = 0
  for await (const piece of hdfs.read(`${path}/big`)) {
    got.update(piece)
    bytes += piece.length
    look()
  }
  assert.deepEqual([bytes, got.digest('hex')], [bigBytes, sent.digest('hex')])
  assert.ok(most < memoryBytesMax, `${most} bytes of memory`)
})

test('a folder of more than one page is listed whole, though it changes meanwhile', { skip }, async t => {
  const { hdfs, path } = await hdfsFolder(t, hadoop!)
  const names = Array.from({ length: entries }, (_, i) => `n${String(i).padStart(5, '0')}`)
  for (let i = 0; i < entries; i += 50)
    await Promise.all(names.slice(i, i + 50).map(name => hdfs.makeFolder(`${path}/${name}`)))
  const seen: string[] = []
  for await (const { name } of hdfs.list(path)) {
    seen.push(name)
    if (seen.length !== 10) continue
    await hdfs.remove(`${path}/${names[999]}`)
    await hdfs.remove(`${path}/${names[1_050]}`)
    await hdfs.makeFolder(`${path}/a-comes`)
    await hdfs.makeFolder(`${path}/n01000-comes`)
  }
  const stay = names.filter((_, i) => i !== 999 && i !== 1_050)
  assert.deepEqual(
    seen.filter(name => stay.includes(name)),
    stay,
  )
  assert.equal(seen.includes('n01000-comes'), true)
  assert.equal(seen.includes(names[1_050]), false)
  assert.equal(new Set(seen).size, seen.length)
})

const digest = (text: string) => createHash('sha256').update(text).digest('hex')

const answer = (file: string, text: string): string => {
  const base = { agent_id: 'Ada', destination_uri: `/${file}`, response_id: file, source: { url: 'http://x', file } }
  const chunks = text.match(/.{1,7}/gs) ?? []
  const end = { reason: 'stop', chunks: chunks.length, bytes: Buffer.byteLength(text), sha256: digest(text) }
  const records = [
    ...chunks.map((chunk, seq) => ({ ...base, seq, chunk })),
    { ...base, seq: chunks.length, chunk: '', end },
  ]
  return records.map(record => `${JSON.stringify(record)}\n`).join('')
}

const texts = Object.fromEntries(
  Array.from({ length: 30 }, (_, i) => [`${i} Übung.md`, `${'wörd '.repeat(i)}${i}\n`] as const),
)

/** Texts, and a log of two files that holds them. */
const prepare = (dir: string) => {
  for (const name of ['texts', 'logs']) mkdirSync(join(dir, name))
  const lines = Object.entries(texts).map(([file, text]) => {
    writeFileSync(join(dir, 'texts', file), text)
    return answer(file, text)
  })
  writeFileSync(join(dir, 'logs', 'a.ndjson'), lines.slice(0, 11).join(''))
  writeFileSync(join(dir, 'logs', 'b.ndjson'), lines.slice(11).join(''))
}

const filesIn = (dir: string) =>
  Object.fromEntries(
    readdirSync(dir)
      .sort()
      .map(name => [name, readFileSync(join(dir, name)).toString('base64')]),
  )

for (const runner of ['inline', 'local']) {
  test(`a log is put, rebuilt from there by ${runner}, proven, put and got back`, { skip }, async t => {
    const { path } = await hdfsFolder(t, hadoop!)
    await using temp = await tempDir()
    prepare(temp.path)
    const there = `hdfs://${path}`
    const step = (...args: string[]) => succeed(args, temp.path)
    const copied = (await step('hdfs', 'put', 'logs', `${there}/logs/`, '--json')).trim().split('\n')
    assert.equal(copied.length, 2)
    const listed = await step('hdfs', 'ls', `${there}/logs`, '--json')
    assert.match(listed, /^\{"name":"a.ndjson","path":"[^"]*\/logs\/a.ndjson","kind":"file","bytes":\d+,"modified":/)
    const { inputs } = JSON.parse(await step('refresh', '-r', runner, `${there}/logs/`, '-o', 'out', '--json'))
    assert.deepEqual(
      inputs.map(({ name, sha256 }: { name: string; sha256: string }) => [
        name.replace(/^hdfs:\/\/[^/]+:\d+/, ''),
        sha256,
      ]),
      ['a', 'b'].map(name => [
        `${path}/logs/${name}.ndjson`,
        digest(readFileSync(join(temp.path, 'logs', `${name}.ndjson`), 'utf8')),
      ]),
    )
    assert.match(await step('verify', 'out', '--against', 'texts'), /as it was read: 2 inputs\n[\s\S]*\nproven\n$/)
    await step('hdfs', 'put', 'out', `${there}/out`)
    const proof = await step('verify', `${there}/out/`, '--against', 'texts', '--log', `${there}/logs`, '--json')
    assert.deepEqual([JSON.parse(proof).verdict, JSON.parse(proof).originals.same], ['proven', 30])
    await step('hdfs', 'get', `${there}/out`, 'back')
    assert.deepEqual(filesIn(join(temp.path, 'back')), filesIn(join(temp.path, 'out')))
  })
}

test('what was changed on HDFS is found there', { skip }, async t => {
  const { path, write } = await hdfsFolder(t, hadoop!)
  await using temp = await tempDir()
  prepare(temp.path)
  await succeed(['refresh', 'logs', '-o', 'out'], temp.path)
  await succeed(['hdfs', 'put', 'out', `hdfs://${path}/out`], temp.path)
  const name = readdirSync(join(temp.path, 'out')).find(one => one.startsWith('7'))!
  await write(`out/${name}`, 'other')
  const { code, stdout } = await run(['verify', `hdfs://${path}/out`], temp.path)
  assert.equal(code, 1)
  assert.match(stdout, /has 5 bytes, not \d+\n/)
})

test('a folder that is full refuses with the reason, and keeps nothing of it', { skip }, async t => {
  const { hdfs, path } = await hdfsFolder(t, hadoop!)
  await using temp = await tempDir()
  writeFileSync(join(temp.path, 'a.ndjson'), 'x'.repeat(3_000_000))
  const quota = `op=SETQUOTA&user.name=${userInfo().username}&namespacequota=100&storagespacequota=1000000`
  const answered = await fetch(`${hadoop!.webHdfs}/webhdfs/v1${path}?${quota}`, { method: 'PUT' })
  assert.equal(answered.status, 200)
  const { code, stderr } = await run(['hdfs', 'put', 'a.ndjson', `hdfs://${path}`], temp.path)
  assert.equal(code, 1)
  assert.match(stderr, /DSQuotaExceeded|space quota of/)
  assert.match(stderr, /free some, or ask whoever runs it for more\n$/)
  assert.deepEqual(await namesIn(hdfs, path), [])
})

const segmentBytes = 30_000_000
const nameOf = (i: number) => `${String(i * segmentBytes).padStart(20, '0')}.ndjson`
const contentOf = (i: number) => Buffer.alloc(segmentBytes, `{"segment":${i}}\n`)

interface Following {
  readonly child: ChildProcess
  readonly ended: Promise<[code: number | null, signal: string | null]>
  readonly stderr: () => string
}

const follow = (t: TestContext, logs: string, to: string): Following => {
  const env = { ...plainEnvironment(), ...environment }
  const child = spawn(bin, ['hdfs', 'put', logs, to, '--follow', '--json'], { env, detached: true, stdio: 'pipe' })
  let said = ''
  child.stderr.on('data', data => (said += data))
  child.stdout.resume()
  t.after(() => child.exitCode ?? child.signalCode ?? process.kill(-child.pid!, 'SIGKILL'))
  return { child, ended: once(child, 'exit') as Following['ended'], stderr: () => said }
}

const until = async (what: string, isSo: () => Promise<boolean>) => {
  for (const began = performance.now(); !(await isSo()); await wait(5))
    assert.ok(performance.now() - began < 40_000, `not within 40 s: ${what}`)
}

const idsOf = async ({ hdfs, path }: HdfsFolder) => {
  const ids = new Map<string, number>()
  for await (const { name, id } of hdfs.list(path)) if (!name.startsWith('.')) ids.set(name, id)
  return ids
}

test('follows a log: only closed segments, through a kill -9, each once, and at the end what is closed', {
  skip,
}, async t => {
  const place = await hdfsFolder(t, hadoop!)
  const { hdfs, path } = place
  await using temp = await tempDir()
  const segment = (i: number) => writeFileSync(join(temp.path, nameOf(i)), contentOf(i))
  for (const i of [0, 1]) segment(i)
  const first = follow(t, temp.path, `hdfs://${path}`)
  await until('the first segment', async () => (await idsOf(place)).has(nameOf(0)))
  segment(2)
  await until('a copy begins', async () =>
    (await namesIn(hdfs, path)).some(name => name.startsWith('.textstream-put-')),
  )
  process.kill(-first.child.pid!, 'SIGKILL')
  await first.ended
  const before = await idsOf(place)
  assert.deepEqual([before.has(nameOf(0)), before.has(nameOf(2))], [true, false])

  const second = follow(t, temp.path, `hdfs://${path}`)
  await until('the second segment', async () => (await idsOf(place)).has(nameOf(1)))
  segment(3)
  second.child.kill('SIGINT')
  assert.deepEqual(await second.ended, [130, null], second.stderr())
  const after = await idsOf(place)
  assert.deepEqual([...after.keys()].sort(), [0, 1, 2].map(nameOf))
  assert.equal(after.get(nameOf(0)), before.get(nameOf(0)))
  assert.deepEqual((await namesIn(hdfs, path)).sort(), [0, 1, 2].map(nameOf))
  for (const i of [0, 1, 2]) {
    const hash = createHash('sha256')
    for await (const piece of hdfs.read(`${path}/${nameOf(i)}`)) hash.update(piece)
    assert.equal(hash.digest('hex'), createHash('sha256').update(contentOf(i)).digest('hex'))
  }
})
