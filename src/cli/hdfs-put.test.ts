import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { namesIn, textOf } from '../wire/hdfs.contract.ts'
import type { Hdfs } from '../wire/hdfs.ts'
import { memoryHdfs } from '../wire/memory-hdfs.ts'
import { Copies } from './hdfs-copies.ts'
import { newHdfsProgress } from './hdfs-progress.ts'
import { putAll } from './hdfs-put.ts'

const folder = (t: TestContext): string => {
  const dir = mkdtempSync(join(tmpdir(), 'textstream-put-'))
  t.after(() => rmSync(dir, { recursive: true }))
  return dir
}

/** What became of the files; and a refusal, if something was in the way. */
const put = async (sources: readonly string[], hdfs: Hdfs, force = false): Promise<string> => {
  const progress = newHdfsProgress()
  const copies = new Copies({ force, json: false }, progress)
  await putAll(sources, { hdfs, folder: '/to', progress }, copies)
  try {
    copies.refuseOthers()
    return copies.summary(1)
  } catch (thrown) {
    return (thrown as Error).message
  }
}

const treeOf = async (hdfs: Hdfs, path: string): Promise<string[]> => {
  const found: string[] = []
  for await (const { path: one, kind } of hdfs.list(path)) {
    found.push(one.slice('/to/'.length))
    if (kind === 'folder') found.push(...(await treeOf(hdfs, one)))
  }
  return found
}

test('copies what lies in a folder, with folders below, but nothing behind a dot or a link', async t => {
  const [dir, hdfs] = [folder(t), memoryHdfs()]
  mkdirSync(join(dir, 'sub/deep'), { recursive: true })
  mkdirSync(join(dir, '.git'))
  for (const name of ['a', 'sub/b', 'sub/deep/c', '.hidden', '.git/x', 'odd %2e é'])
    writeFileSync(join(dir, name), name)
  symlinkSync('/etc/passwd', join(dir, 'link'))
  symlinkSync('/etc', join(dir, 'etc'))
  assert.match(await put([dir], hdfs), /^4 files copied, 26 bytes in 1.00 s/)
  assert.deepEqual(await treeOf(hdfs, '/to'), ['a', 'odd %2e é', 'sub', 'sub/b', 'sub/deep', 'sub/deep/c'])
  assert.equal(await textOf(hdfs.read('/to/sub/deep/c')), 'sub/deep/c')
})

test('what is there already is left; what is the beginning of it is replaced', async t => {
  const [dir, hdfs] = [folder(t), memoryHdfs()]
  for (const name of ['same', 'grown']) writeFileSync(join(dir, name), 'line 1\n')
  await put([dir], hdfs)
  const { id } = (await hdfs.status('/to/same'))!
  writeFileSync(join(dir, 'grown'), 'line 1\nline 2\n')
  writeFileSync(join(dir, 'new'), 'new')
  assert.match(await put([dir], hdfs), /^2 files copied, 17 bytes .*; 1 of them replaced; 1 file there already$/)
  assert.equal((await hdfs.status('/to/same'))?.id, id)
  assert.equal(await textOf(hdfs.read('/to/grown')), 'line 1\nline 2\n')
})

const other: [what: string, text: string][] = [
  ['as long, and changed since', 'XXXX'],
  ['shorter', 'abc'],
  ['longer, and begins otherwise', 'XXXXX'],
]

for (const [what, text] of other) {
  test(`a file that is ${what} is no copy of what is there: it is refused, unless by --force`, async t => {
    const [dir, hdfs] = [folder(t), memoryHdfs()]
    await hdfs.write('/to/a', [Buffer.from('abcd')])
    writeFileSync(join(dir, 'a'), text)
    writeFileSync(join(dir, 'b'), 'b')
    utimesSync(join(dir, 'a'), new Date(), new Date(Date.now() + 10_000))
    assert.match(
      await put([dir], hdfs),
      /^1 file of that name hold something else.*"hdfs:\/\/memory:8020\/to\/a"; --force/,
    )
    assert.equal(await textOf(hdfs.read('/to/a')), 'abcd')
    assert.equal(await textOf(hdfs.read('/to/b')), 'b')
    await put([dir], hdfs, true)
    assert.equal(await textOf(hdfs.read('/to/a')), text)
  })
}

test('a file that was touched since, and is the same, is left', async t => {
  const [dir, hdfs] = [folder(t), memoryHdfs()]
  await hdfs.write('/to/a', [Buffer.from('abcd')])
  writeFileSync(join(dir, 'a'), 'abcd')
  utimesSync(join(dir, 'a'), new Date(), new Date(Date.now() + 10_000))
  assert.match(await put([dir], hdfs), /^0 files copied.*; 1 file there already$/)
})

test('nothing is copied if HDFS would not take a name', async t => {
  const [dir, hdfs] = [folder(t), memoryHdfs()]
  for (const name of ['a', 'b', '12:30', 'z']) writeFileSync(join(dir, name), name)
  await assert.rejects(put([dir], hdfs), { code: 'hdfs/usage', message: /12:30": HDFS takes no ":"/ })
  assert.deepEqual(await namesIn(hdfs, '/'), [])
})

test('what is not there to be copied is wrong usage', async t => {
  await assert.rejects(put([join(folder(t), 'absent')], memoryHdfs()), { code: 'hdfs/usage' })
  await assert.rejects(put(['/dev/null'], memoryHdfs()), { code: 'hdfs/usage' })
})

test('nobody sees a part of a file, and nothing stays of a copy that failed', async t => {
  const [dir, hdfs] = [folder(t), memoryHdfs()]
  writeFileSync(join(dir, 'a'), 'whole')
  const seen: string[][] = []
  const write = hdfs.write.bind(hdfs)
  hdfs.write = async (path, bytes) => {
    assert.match(path, /^\/to\/\.textstream-put-/)
    for await (const _ of bytes) await write(path, [Buffer.from('wh')], { overwrite: true })
    seen.push(await namesIn(hdfs, '/to'))
    throw new Error('cut')
  }
  await assert.rejects(put([dir], hdfs), /cut/)
  assert.deepEqual([seen.flat().filter(name => !name.startsWith('.')), await namesIn(hdfs, '/to')], [[], []])
})

test('what a killed put left is removed by the next one, and what a living one writes is not', async t => {
  const [dir, hdfs] = [folder(t), memoryHdfs()]
  writeFileSync(join(dir, 'a'), 'a')
  const host = hostname().replace(/[^\w-]/g, '_')
  const [dead, alive, elsewhere] = [`${host}.4194999`, `${host}.${process.pid}`, 'elsewhere.1'].map(
    who => `.textstream-put-${who}.0123456789ab`,
  )
  for (const name of [dead, alive, elsewhere, '.mine']) await hdfs.write(`/to/${name}`, [])
  await put([dir], hdfs)
  assert.deepEqual(await namesIn(hdfs, '/to'), ['.mine', alive, elsewhere, 'a'].sort())
})
