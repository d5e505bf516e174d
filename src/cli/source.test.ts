import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { http } from '../source/http.ts'

const main = new URL('./main.ts', import.meta.url).pathname
const megabyte = 1_000_000
const residentKiBMax = 180 * 1024

const folderOf = async (t: TestContext, files: Record<string, string | Buffer>) => {
  const dir = await mkdtemp(join(tmpdir(), 'textstream-cli-source-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text)
  return dir
}

const start = (t: TestContext, ...args: string[]): ChildProcess => {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, 'source', ...args])
  t.after(() => child.kill('SIGKILL'))
  return child
}

/** Runs to the end. */
const run = async (t: TestContext, ...args: string[]) => {
  const child = start(t, ...args)
  const [errors, [code]] = await Promise.all([Array.fromAsync(child.stderr!), once(child, 'exit')])
  return { code, errors: errors.join('') }
}

const serving = async (t: TestContext, ...args: string[]) => {
  const child = start(t, '--json', '--port', '0', ...args)
  const [line] = (await once(createInterface(child.stdout!), 'line')) as [string]
  const { url, docs, texts } = JSON.parse(line)
  return { child, url, docs, texts, source: http(url) }
}

const exitOf = async (child: ChildProcess, ...signals: NodeJS.Signals[]) => {
  const exited = once(child, 'exit')
  for (const signal of signals) {
    child.kill(signal)
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  return (await exited)[0]
}

test('says where it listens, serves, and ends as it was told', async t => {
  const dir = await folderOf(t, { a: 'one two', b: '' })
  const { child, url, docs, texts, source } = await serving(t, '-d', dir, '-c', '3')
  assert.deepEqual([docs, texts], [`${url}/docs`, 2])
  assert.deepEqual(await source.list(), ['a', 'b'])
  const blocks = await Array.fromAsync((await source.open('a')).blocks)
  assert.equal(Buffer.concat(blocks).toString(), '{"chunk":"one"}\n{"chunk":" tw"}\n{"chunk":"o"}\n')
  assert.equal(await exitOf(child, 'SIGINT'), 130)
  assert.equal(await exitOf((await serving(t, '--data-dir', dir)).child, 'SIGTERM'), 143)
})

test('stops now at the second signal, though a stream goes on', async t => {
  const dir = await folderOf(t, { a: 'x'.repeat(1000) })
  const { child, source } = await serving(t, '-d', dir, '-c', '1', '--rate', '10')
  const blocks = (await source.open('a')).blocks[Symbol.asyncIterator]()
  await blocks.next()
  const startMs = performance.now()
  assert.equal(await exitOf(child, 'SIGINT', 'SIGINT'), 130)
  assert.ok(performance.now() - startMs < 2_000)
  await assert.rejects(async () => void (await Array.fromAsync({ [Symbol.asyncIterator]: () => blocks })), {
    code: 'source/cut',
  })
})

test('is seen as cut off by its reader when it is killed', async t => {
  const dir = await folderOf(t, { a: 'x'.repeat(30 * megabyte) })
  const { child, source } = await serving(t, '-d', dir)
  let bytes = 0
  const reading = async () => {
    for await (const block of (await source.open('a')).blocks) {
      if (bytes === 0) await exitOf(child, 'SIGKILL')
      bytes += block.length
    }
  }
  await assert.rejects(reading(), { code: 'source/cut' })
  assert.ok(bytes > 0)
})

test('refuses what it cannot do, and says what to do', async t => {
  const dir = await folderOf(t, { a: 'a' })
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.after(() => taken.close())
  const { port } = taken.address() as AddressInfo
  const cases: readonly (readonly [args: string[], code: number, errors: RegExp])[] = [
    [['-d', join(dir, 'none')], 2, /there is no such folder; .*--data-dir/],
    [['-d', join(dir, 'a')], 2, /this is no folder/],
    [['-d', dir, '-c', '0'], 2, /whole number from 1 to/],
    [['-d', dir, '-p', '65536'], 2, /whole number from 0 to 65535/],
    [['-d', dir, '--rate', '-1'], 2, /number of chunks per second/],
    [['-d', dir, '-p', `${port}`], 1, new RegExp(`127.0.0.1:${port}: the port is in use; .*--port`)],
  ]
  const runs = await Promise.all(cases.map(([args]) => run(t, ...args)))
  for (const [i, [args, code, errors]] of cases.entries()) {
    assert.equal(runs[i].code, code, args.join(' '))
    assert.match(runs[i].errors, errors)
    assert.doesNotMatch(runs[i].errors, /\n\s+at /, 'no stack')
  }
})

/** Written piece by piece: this process shall not hold it either. */
const hugeFile = async (dir: string, megabytes: number) => {
  const piece = Buffer.from(
    'It was a bright cold day in April, "😀" and the clöcks were striking.\n'.repeat(megabyte / 74),
  )
  const file = await open(join(dir, 'huge'), 'w')
  for (let bytes = 0; bytes < megabytes * megabyte; bytes += piece.length) await file.write(piece)
  await file.close()
}

const peakKiB = async ({ pid }: ChildProcess) =>
  Number(/VmHWM:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))![1])

const count = async (blocks: AsyncIterable<Uint8Array>) => {
  let bytes = 0
  for await (const block of blocks) bytes += block.length
  return bytes
}

test('needs the same memory for a huge text, also with readers that do not read', {
  skip: process.platform !== 'linux' && 'needs /proc',
}, async t => {
  const dir = await folderOf(t, {})
  const megabytes = process.env.TEXTSTREAM_LONG ? 4_000 : 200
  await hugeFile(dir, megabytes)
  const { child, source, url } = await serving(t, '-d', dir)
  for (let i = 0; i < 50; i++) {
    const socket = connect(Number(new URL(url).port), '127.0.0.1').pause()
    t.after(() => socket.destroy())
    socket.write('GET /stream/huge HTTP/1.1\r\nhost: a\r\n\r\n')
  }
  const readers = [await source.open('huge'), await source.open('huge')]
  for (const bytes of await Promise.all(readers.map(({ blocks }) => count(blocks))))
    assert.ok(bytes > megabytes * megabyte)
  const kiB = await peakKiB(child)
  t.diagnostic(`${megabytes} MB, 52 readers: ${Math.round(kiB / 1024)} MiB at the peak`)
  assert.ok(kiB < residentKiBMax, `${kiB} KiB`)
})
