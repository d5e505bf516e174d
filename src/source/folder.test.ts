import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { folder } from './folder.ts'
import { chunksOf, folderOf, sourceContract } from './source.contract.ts'

sourceContract('folder', async (_t, dir, chunkSize) => folder(dir, { chunkSize }))

const code = (reason: string) => ({ name: 'StreamError', code: `source/${reason}` })

test('leaves out names that are not UTF-8, and says so once', async t => {
  const dir = await folderOf(t, { good: '' })
  await writeFile(Buffer.concat([Buffer.from(`${dir}/`), Buffer.from('ff61', 'hex')]), 'x')
  const warnings: string[] = []
  const source = folder(dir, { chunkSize: 1, warn: message => warnings.push(message) })
  assert.deepEqual([await source.list(), await source.list()], [['good'], ['good']])
  assert.equal(warnings.length, 1)
  assert.match(warnings[0], /1 left out, their names are not UTF-8/)
})

test('leaves out folders, and says so once', async t => {
  const dir = await folderOf(t, { a: '' })
  for (const name of ['deep', 'deeper', '.git']) await mkdir(join(dir, name))
  const warnings: string[] = []
  const source = folder(dir, { chunkSize: 1, warn: message => warnings.push(message) })
  for (let i = 0; i < 2; i++) assert.deepEqual(await source.list(), ['a'])
  assert.equal(warnings.length, 1)
  assert.match(warnings[0], /2 left out, folders in a folder are not read: "deep"; serve each by itself/)
})

test('refuses a chunk size that is none', () => {
  for (const chunkSize of [0, -1, 1.5, Number.NaN, 1024 * 1024 + 1]) {
    assert.throws(() => folder('.', { chunkSize }), code('usage'), `${chunkSize}`)
  }
})

test('cannot be asked without its folder', async t => {
  const source = folder(join(await folderOf(t), 'nothing'), { chunkSize: 1 })
  await assert.rejects(source.list(), code('unreachable'))
  await assert.rejects(source.open('a'), code('unreachable'))
})

test('says that a text may not be read', { skip: process.getuid?.() === 0 && 'root may read all' }, async t => {
  const dir = await folderOf(t, { a: 'a' })
  await chmod(join(dir, 'a'), 0)
  await assert.rejects(folder(dir, { chunkSize: 1 }).open('a'), code('unreadable'))
})

test('does not mistake a text that was changed in place, in size and time, for the old one', async t => {
  const dir = await folderOf(t, { a: 'one' })
  const source = folder(dir, { chunkSize: 8 })
  const before = await source.open('a')
  execFileSync('sh', ['-c', 'cp -p a keep; printf two > a; touch -r keep a; rm keep'], { cwd: dir })
  const after = await source.open('a')
  assert.notEqual(before.etag, after.etag)
  assert.deepEqual(await chunksOf(source, 'a'), ['two'])
})

test('is cut off if the text was replaced or removed between opening and reading', async t => {
  const dir = await folderOf(t, { a: 'one', b: 'two', c: 'three' })
  const source = folder(dir, { chunkSize: 8 })
  const [replaced, removed] = [await source.open('a'), await source.open('c')]
  await rename(join(dir, 'b'), join(dir, 'a'))
  await rm(join(dir, 'c'))
  for (const { blocks } of [replaced, removed]) await assert.rejects(Array.fromAsync(blocks), code('cut'))
})

test('opens no more files than it reads', async t => {
  const dir = await folderOf(t, { a: 'a'.repeat(1_000_000) })
  const source = folder(dir, { chunkSize: 8 })
  const count = async () => (await import('node:fs/promises')).readdir('/proc/self/fd').then(({ length }) => length)
  const before = await count()
  for (let i = 0; i < 20; i++) await source.open('a')
  for (let i = 0; i < 20; i++) for await (const _ of (await source.open('a')).blocks) break
  assert.equal(await count(), before)
})

test('reads a text that was written just now only when its time of change can tell a second change', async t => {
  const dir = await folderOf(t, { a: 'one' })
  const startMs = performance.now()
  await folder(dir, { chunkSize: 8 }).open('a')
  assert.ok(performance.now() - startMs > 10)
})
