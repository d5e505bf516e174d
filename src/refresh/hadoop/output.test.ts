import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { hostname } from 'node:os'
import { type TestContext, test } from 'node:test'
import { hadoopOrSkip } from '../../../test/hadoop.ts'
import { type HdfsFolder, hdfsFolder } from '../../../test/hdfs-folder.ts'
import { openHdfsOutput } from './output.ts'

const { skip, hadoop } = await hadoopOrSkip()

const row = (uri: string) => `${JSON.stringify({ uri })}\n`

/** What a runner and a refresh leave, and no more. */
const fill = async ({ hdfs }: HdfsFolder, dir: string, text: string, uris: readonly string[] = ['/a', '/b c']) => {
  const put = (name: string, content: string) => hdfs.write(`${dir}/${name}`, [Buffer.from(content)])
  const files: Record<string, string> = { '/a': 'a.txt', '/b c': 'b%20c~6a2e27f4f0b1f8b5.txt' }
  for (const uri of uris) await put(files[uri], text)
  await put('_documents.ndjson', uris.map(row).join(''))
  await put('_malformed.ndjson', '')
  await put('_receipt.json', '{}')
}

const folderOf = (t: TestContext) => hdfsFolder(t, hadoop!)

const refreshed = async (folder: HdfsFolder, text: string) => {
  await using output = await openHdfsOutput({ hdfs: folder.hdfs, path: `${folder.path}/out` })
  await fill(folder, output.dir, text, ['/a'])
  await output.publish()
}

const names = ['_documents.ndjson', '_malformed.ndjson', '_receipt.json', 'a.txt'].map(name => `out/${name}`)

test('an output is filled out of sight and takes its place as a whole', { skip }, async t => {
  const folder = await folderOf(t)
  await refreshed(folder, 'old')
  await refreshed(folder, 'new')
  assert.deepEqual(await folder.names(), ['out/', ...names])
  assert.equal(await folder.read('out/a.txt'), 'new')
})

test('what is given up leaves nothing', { skip }, async t => {
  const folder = await folderOf(t)
  {
    await using output = await openHdfsOutput({ hdfs: folder.hdfs, path: `${folder.path}/out` })
    await fill(folder, output.dir, 'x', ['/a'])
  }
  assert.deepEqual(await folder.names(), [])
})

test('files of others move on, from among the attempts too', { skip }, async t => {
  const folder = await folderOf(t)
  await refreshed(folder, 'old')
  await folder.write('out/note.txt', 'mine')
  await folder.write('out/sub/deep.txt', 'mine')
  await folder.write('out/_attempts/a.txt/mine.txt', 'mine')
  await refreshed(folder, 'new')
  assert.deepEqual(
    (await folder.names()).filter(name => !name.endsWith('/')),
    [...names, 'out/_attempts/a.txt/mine.txt', 'out/note.txt', 'out/sub/deep.txt'].sort(),
  )
})

test('a folder with files of others is refused, and nothing is touched', { skip }, async t => {
  const folder = await folderOf(t)
  await folder.write('out/note.txt', 'mine')
  await folder.write('file', 'mine')
  const before = await folder.names()
  for (const [name, message] of [
    ['out', /no _receipt\.json/],
    ['file', /it is a file/],
  ] as const) {
    const opened = openHdfsOutput({ hdfs: folder.hdfs, path: `${folder.path}/${name}` })
    await assert.rejects(opened, { code: 'refresh/usage', message })
  }
  await assert.rejects(openHdfsOutput({ hdfs: folder.hdfs, path: '/' }), { code: 'refresh/usage' })
  assert.deepEqual(await folder.names(), before)
})

test('an empty folder is taken', { skip }, async t => {
  const folder = await folderOf(t)
  await folder.hdfs.makeFolder(`${folder.path}/out`)
  await refreshed(folder, 'new')
  assert.deepEqual(await folder.names(), ['out/', ...names])
})

test('a swap that was cut before the new output took its place is undone', { skip }, async t => {
  const folder = await folderOf(t)
  await refreshed(folder, 'old')
  await folder.hdfs.rename(`${folder.path}/out`, `${folder.path}/.out.old`)
  await folder.write('.out.run-0123456789ab/a.txt', 'half')
  {
    await using _ = await openHdfsOutput({ hdfs: folder.hdfs, path: `${folder.path}/out` })
    assert.equal(await folder.read('out/a.txt'), 'old')
  }
  assert.deepEqual(await folder.names(), ['out/', ...names])
})

test('a swap that was cut after it is finished: the rest of the old one goes, files of others come along', {
  skip,
}, async t => {
  const folder = await folderOf(t)
  await refreshed(folder, 'old')
  await folder.write('out/note.txt', 'mine')
  await folder.hdfs.rename(`${folder.path}/out`, `${folder.path}/.out.old`)
  await folder.hdfs.remove(`${folder.path}/.out.old/a.txt`)
  await fill(folder, `${folder.path}/out`, 'new', ['/a'])
  {
    await using _ = await openHdfsOutput({ hdfs: folder.hdfs, path: `${folder.path}/out` })
  }
  assert.deepEqual(await folder.names(), ['out/', ...names, 'out/note.txt'])
  assert.equal(await folder.read('out/a.txt'), 'new')
})

test('a foreign file whose name is taken in the new output stays where it is, and that is said', { skip }, async t => {
  const folder = await folderOf(t)
  await fill(folder, `${folder.path}/.out.old`, 'old', [])
  await folder.write('.out.old/a.txt', 'mine')
  await fill(folder, `${folder.path}/out`, 'new', ['/a'])
  const opened = openHdfsOutput({ hdfs: folder.hdfs, path: `${folder.path}/out` })
  await assert.rejects(opened, { code: 'refresh/foreign', message: /a\.txt; move them away/ })
  assert.equal(await folder.read('.out.old/a.txt'), 'mine')
  assert.equal(await folder.read('out/a.txt'), 'new')
})

test('one at a time: the second is refused while the first lives', { skip }, async t => {
  const folder = await folderOf(t)
  const place = { hdfs: folder.hdfs, path: `${folder.path}/out` }
  await using _ = await openHdfsOutput(place)
  const expected = { code: 'refresh/locked', message: new RegExp(`held by pid ${process.pid} on`) }
  await assert.rejects(openHdfsOutput(place), expected)
})

test('of many at once one gets it', { skip }, async t => {
  const folder = await folderOf(t)
  const place = { hdfs: folder.hdfs, path: `${folder.path}/out` }
  const asked = await Promise.allSettled(Array.from({ length: 8 }, () => openHdfsOutput(place)))
  const got = asked.filter(one => one.status === 'fulfilled')
  for (const one of got) await one.value[Symbol.asyncDispose]()
  assert.equal(got.length, 1)
  assert.deepEqual(await folder.names(), [])
})

const holder = (host: string, pid: number) => `${JSON.stringify({ host, pid })}\n`

test('the lock of a process of this machine that is gone is taken over; of another machine it is not', {
  skip,
}, async t => {
  const folder = await folderOf(t)
  const place = { hdfs: folder.hdfs, path: `${folder.path}/out` }
  const gone = spawn('true')
  await once(gone, 'exit')
  await folder.write('.out.lock', holder('elsewhere', gone.pid!))
  await assert.rejects(openHdfsOutput(place), { code: 'refresh/locked', message: /pid \d+ on "elsewhere"/ })
  await folder.write('.out.lock', holder(hostname(), gone.pid!))
  {
    await using _ = await openHdfsOutput(place)
  }
  assert.deepEqual(await folder.names(), [])
})

test('who lost the lock publishes nothing', { skip }, async t => {
  const folder = await folderOf(t)
  await using output = await openHdfsOutput({ hdfs: folder.hdfs, path: `${folder.path}/out` })
  await fill(folder, output.dir, 'new', ['/a'])
  await folder.write('.out.lock', holder('elsewhere', 1))
  await assert.rejects(output.publish(), { code: 'refresh/locked', message: /taken by another/ })
  assert.equal(await folder.hdfs.status(`${folder.path}/out`), undefined)
})
