import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { FileStatus, Hdfs } from '../wire/hdfs.ts'
import { memoryHdfs } from '../wire/memory-hdfs.ts'
import { Copies } from './hdfs-copies.ts'
import { getAll } from './hdfs-get.ts'
import { newHdfsProgress } from './hdfs-progress.ts'

const folder = (t: TestContext): string => {
  const dir = mkdtempSync(join(tmpdir(), 'textstream-get-'))
  t.after(() => rmSync(dir, { recursive: true }))
  return dir
}

const get = async (hdfs: Hdfs, path: string, target: string, force = false): Promise<string> => {
  const progress = newHdfsProgress()
  const copies = new Copies({ force, json: false }, progress)
  await getAll([{ hdfs, path }], target, progress, copies)
  try {
    copies.refuseOthers()
    return copies.summary(1)
  } catch (thrown) {
    return (thrown as Error).message
  }
}

const treeOf = (dir: string) => readdirSync(dir, { recursive: true, encoding: 'utf8' }).sort()

test('copies a folder with what is below, or a file', async t => {
  const [dir, hdfs] = [folder(t), memoryHdfs()]
  const names = ['a', 'sub/b', 'sub/deep/c', 'odd %2e é \n']
  for (const name of names) await hdfs.write(`/from/${name}`, [Buffer.from(name)])
  await hdfs.write('/from/.hidden', [])
  await get(hdfs, '/from', join(dir, 'new/out'))
  assert.deepEqual(treeOf(join(dir, 'new/out')), [...names, 'sub', 'sub/deep'].sort())
  for (const name of names) assert.equal(readFileSync(join(dir, 'new/out', name), 'utf8'), name)
  await get(hdfs, '/from/sub/b', dir)
  assert.equal(readFileSync(join(dir, 'b'), 'utf8'), 'sub/b')
})

test('what is here already is left, what is different is refused, unless by --force', async t => {
  const [dir, hdfs] = [folder(t), memoryHdfs()]
  await hdfs.write('/from/a', [Buffer.from('abcd')])
  await get(hdfs, '/from', dir)
  assert.match(await get(hdfs, '/from', dir), /^0 files copied.*; 1 file there already$/)
  writeFileSync(join(dir, 'a'), 'other')
  assert.match(await get(hdfs, '/from', dir), /hold something else, and were left as they are: ".*\/a"; --force/)
  assert.equal(readFileSync(join(dir, 'a'), 'utf8'), 'other')
  await get(hdfs, '/from', dir, true)
  assert.equal(readFileSync(join(dir, 'a'), 'utf8'), 'abcd')
})

const statusOf = (name: string, kind: 'file' | 'folder'): FileStatus => ({
  name,
  path: `/from/${name}`,
  kind,
  bytes: 4,
  modifiedMs: 1,
  id: 1,
})

/** An HDFS whose names are not those that HDFS takes. */
const hostile = (name: string, kind: 'file' | 'folder'): Hdfs =>
  ({
    name: 'hdfs://evil:8020',
    status: async () => statusOf('from', 'folder'),
    async *list(path: string) {
      yield path === '/from' ? statusOf(name, kind) : statusOf('inner', 'file')
    },
    async *read() {
      yield Buffer.from('evil')
    },
  }) as unknown as Hdfs

for (const name of ['..', '.', '', '/etc/cron.d/x', 'a/../../b', '../b', 'nul\0', 'back\\slash', '.bashrc']) {
  for (const kind of ['file', 'folder'] as const) {
    test(`never writes outside of its folder: ${JSON.stringify(name)}, a ${kind}`, async t => {
      const dir = folder(t)
      await get(hostile(name, kind), '/from', join(dir, 'inner')).catch(({ code }) => assert.equal(code, 'hdfs/failed'))
      assert.deepEqual(treeOf(dir), ['inner'])
    })
  }
}

test('control characters in a name stay in the name, and out of messages', async t => {
  const [dir, hdfs] = [folder(t), memoryHdfs()]
  await hdfs.write('/from/\x1b[31mred\x07', [Buffer.from('x')])
  await get(hdfs, '/from', dir)
  assert.deepEqual(treeOf(dir), ['\x1b[31mred\x07'])
  writeFileSync(join(dir, '\x1b[31mred\x07'), 'other')
  assert.doesNotMatch(await get(hdfs, '/from', dir), /[\x00-\x1f]/)
})

test('follows no link that lies in its folder', async t => {
  const [dir, hdfs] = [folder(t), memoryHdfs()]
  for (const name of ['outside', 'target']) mkdirSync(join(dir, name))
  writeFileSync(join(dir, 'outside/file'), 'precious')
  symlinkSync(join(dir, 'outside'), join(dir, 'target/sub'))
  symlinkSync(join(dir, 'outside/file'), join(dir, 'target/link'))
  await hdfs.write('/one/sub/a', [Buffer.from('x')])
  await assert.rejects(get(hdfs, '/one', join(dir, 'target')), { code: 'hdfs/exists', message: /a link to one/ })
  await hdfs.write('/two/link', [Buffer.from('x')])
  assert.match(await get(hdfs, '/two', join(dir, 'target')), /hold something else/)
  await get(hdfs, '/two', join(dir, 'target'), true)
  assert.equal(readFileSync(join(dir, 'outside/file'), 'utf8'), 'precious')
  assert.equal(readFileSync(join(dir, 'target/link'), 'utf8'), 'x')
  assert.deepEqual(treeOf(join(dir, 'outside')), ['file'])
})

test('folders without end are refused', async t => {
  const endless = hostile('deeper', 'folder')
  endless.list = async function* (path: string) {
    yield { ...statusOf('deeper', 'folder'), path: `${path}/deeper` }
  }
  await assert.rejects(get(endless, '/from', folder(t)), { code: 'hdfs/failed' })
})

test('nothing stays of a copy that failed', async t => {
  const [dir, hdfs] = [folder(t), memoryHdfs()]
  await hdfs.write('/from/a', [Buffer.from('abcd')])
  hdfs.read = async function* () {
    yield Buffer.from('ab')
    throw new Error('cut')
  }
  await assert.rejects(get(hdfs, '/from', dir), /cut/)
  assert.deepEqual(treeOf(dir), [])
})

test('what is not on HDFS cannot be got', async t => {
  await assert.rejects(get(memoryHdfs(), '/absent', folder(t)), { code: 'hdfs/absent' })
})
