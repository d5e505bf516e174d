import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { makeFolder, syncFileSystem, syncFolder, syncTree } from './durable.ts'

const tempDir = async (t: TestContext): Promise<string> => {
  const dir = await mkdtemp(join(tmpdir(), 'textstream-durable-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  return dir
}

const failsWith = (code: string) => (error: unknown) => (error as { code?: string }).code === code

test('makes a folder and those above it, and leaves one that is there alone', async t => {
  const dir = await tempDir(t)
  await makeFolder(join(dir, 'a', 'b', 'c'))
  await writeFile(join(dir, 'a', 'b', 'c', 'kept'), '')
  await makeFolder(join(dir, 'a', 'b', 'c'))
  assert.deepEqual(await readdir(join(dir, 'a', 'b', 'c')), ['kept'])
})

test('a folder that cannot be made is an error', async t => {
  const dir = await tempDir(t)
  await writeFile(join(dir, 'file'), '')
  await assert.rejects(makeFolder(join(dir, 'file')), failsWith('EEXIST'))
  await assert.rejects(makeFolder(join(dir, 'file', 'below')), failsWith('ENOTDIR'))
})

test('a folder that takes none, and says that there is nothing, is an error and no loop', {
  timeout: 10_000,
}, async () => {
  await assert.rejects(makeFolder('/proc/textstream'), failsWith('ENOENT'))
  await assert.rejects(makeFolder('/proc/textstream/below'), failsWith('ENOENT'))
})

test('syncs a tree with links, pipes and locks in it', async t => {
  const dir = await tempDir(t)
  await mkdir(join(dir, 'a', 'b'), { recursive: true })
  await writeFile(join(dir, 'a', 'b', 'text'), 'text')
  await writeFile(join(dir, 'a', '.lock'), '')
  await symlink('/nowhere', join(dir, 'a', 'link'))
  await syncTree(dir)
  await syncFolder(dir)
  await syncFileSystem(dir)
})

test('syncs file by file where there is no "sync -f", and says what is wrong', async t => {
  const dir = await tempDir(t)
  const path = process.env.PATH
  t.after(() => {
    process.env.PATH = path
  })
  process.env.PATH = dir
  await writeFile(join(dir, 'text'), 'text')
  await syncFileSystem(dir)
  await assert.rejects(syncFileSystem(join(dir, 'absent')), failsWith('ENOENT'))
})
