import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { lock } from './lock.ts'

const tempDir = async (t: TestContext): Promise<string> => {
  const dir = await mkdtemp(join(tmpdir(), 'textstream-lock-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  return dir
}

const holdFor = `const { lock } = await import(process.argv[1])
const held = await lock(process.argv[2])
process.stdout.write('held')
process.stdin.resume().on('end', async () => { await held[Symbol.asyncDispose](); process.exit() })`

/** Another process that holds the lock, until it is killed, or its input ends. */
const holder = async (t: TestContext, path: string): Promise<ChildProcess> => {
  const url = new URL('./lock.ts', import.meta.url).href
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', holdFor, url, path]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  const said = await Promise.race([once(child.stdout!, 'data'), once(child, 'exit')])
  assert.equal(String(said[0]), 'held')
  return child
}

const refusal = (path: string): Promise<string> =>
  lock(path).then(
    () => assert.fail('was not refused'),
    error => `${error.code}: ${error.message}`,
  )

test('a lock is refused at once while another process holds it, and says which', async t => {
  const path = join(await tempDir(t), 'a.lock')
  const { pid } = await holder(t, path)
  const before = performance.now()
  const expected = `lock/held: lock "${path}": held by pid ${pid} on "${hostname()}"; wait until it ends, or stop it`
  assert.equal(await refusal(path), expected)
  assert.ok(performance.now() - before < 2000)
})

test('a paused holder still holds it', async t => {
  const path = join(await tempDir(t), 'a.lock')
  const child = await holder(t, path)
  child.kill('SIGSTOP')
  assert.match(await refusal(path), /^lock\/held/)
})

test('a holder that is killed loses it at once', async t => {
  const path = join(await tempDir(t), 'a.lock')
  const child = await holder(t, path)
  child.kill('SIGKILL')
  await once(child, 'exit')
  await using _held = await lock(path)
  assert.match(await refusal(path), new RegExp(`pid ${process.pid} `))
})

test('a holder that ends in good order gives it back', async t => {
  const path = join(await tempDir(t), 'a.lock')
  const child = await holder(t, path)
  child.stdin!.end()
  await once(child, 'exit')
  await using _held = await lock(path)
})

test('of many that ask at once in one process, one gets it', async t => {
  const path = join(await tempDir(t), 'a.lock')
  const asked = await Promise.allSettled(Array.from({ length: 20 }, () => lock(path)))
  const got = asked.filter(({ status }) => status === 'fulfilled')
  assert.equal(got.length, 1)
  await (got[0] as PromiseFulfilledResult<AsyncDisposable>).value[Symbol.asyncDispose]()
})

test('giving it back twice takes nothing from the next holder', async t => {
  const path = join(await tempDir(t), 'a.lock')
  const first = await lock(path)
  await first[Symbol.asyncDispose]()
  await using _second = await lock(path)
  await first[Symbol.asyncDispose]()
  assert.match(await refusal(path), /^lock\/held/)
})

test('it leaves nothing but its own empty file', async t => {
  const dir = await tempDir(t)
  const held = await lock(join(dir, 'a.lock'))
  assert.deepEqual(await readdir(dir), ['a.lock', 'a.lock-holder'])
  await held[Symbol.asyncDispose]()
  assert.deepEqual(await readdir(dir), ['a.lock'])
  assert.equal((await stat(join(dir, 'a.lock'))).size, 0)
})

test('a place where no lock can be says so', async t => {
  const dir = await tempDir(t)
  await writeFile(join(dir, 'full.lock'), 'no lock file of ours '.repeat(100))
  assert.match(await refusal(join(dir, 'absent', 'a.lock')), /^lock\/unusable: lock ".*": ENOENT/)
  assert.match(await refusal(join(dir, 'full.lock')), /^lock\/unusable: lock ".*": file is not a database/)
})
