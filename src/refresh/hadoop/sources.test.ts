import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { hadoopOrSkip } from '../../../test/hadoop.ts'
import { type HdfsFolder, hdfsFolder } from '../../../test/hdfs-folder.ts'
import { findOnHdfs } from '../hdfs-inputs.ts'
import type { Input } from '../inputs.ts'
import { checkName, checkSame, digestOnHdfs, upload } from './sources.ts'

const { skip, hadoop } = await hadoopOrSkip()

const calm = new AbortController().signal
const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex')

/** A file on HDFS, as a refresh found it. */
const found = async (t: TestContext, name: string, bytes: string | Buffer): Promise<[HdfsFolder, Input]> => {
  const folder = await hdfsFolder(t, hadoop!)
  await folder.hdfs.write(`${folder.path}/${name}`, [Buffer.from(bytes)])
  const [input] = await findOnHdfs([{ hdfs: folder.hdfs, path: `${folder.path}/${name}` }])
  return [folder, input]
}

test('a digest is of the bytes that were there when the refresh began', { skip }, async t => {
  const [folder, input] = await found(t, 'a.ndjson', 'one\ntwo\n')
  const longer = { ...input, size: 4 }
  assert.equal(await digestOnHdfs(input, calm), sha256('one\ntwo\n'))
  assert.equal(await digestOnHdfs(longer, calm), sha256('one\n'))
  await checkSame(input, sha256('one\ntwo\n'), calm)
  await folder.write('a.ndjson', 'new')
  await assert.rejects(checkSame(input, sha256('one\ntwo\n'), calm), {
    code: 'refresh/changed',
    message: /was replaced/,
  })
  await folder.hdfs.remove(input.path)
  await assert.rejects(checkSame(input, '', calm), { code: 'refresh/changed', message: /went away/ })
})

/** WebHDFS can append, our port has no need to. */
const append = async (input: Input, text: string) => {
  const url = new URL(`${hadoop!.webHdfs}/webhdfs/v1${input.path}?op=APPEND&user.name=root&noredirect=true`)
  const { Location } = (await (await fetch(url, { method: 'POST' })).json()) as { Location: string }
  const { request } = await import('node:http')
  await new Promise<void>((resolve, reject) => {
    const headers = { 'content-type': 'application/octet-stream' }
    const sent = request(Location, { method: 'POST', headers }, answer => answer.resume().on('end', resolve))
    sent.on('error', reject).end(text)
  })
}

test('an input that grows is still the same up to its end', { skip }, async t => {
  const [folder, input] = await found(t, 'a.ndjson', 'one\n')
  await append(input, 'two\n')
  assert.equal(await folder.read('a.ndjson'), 'one\ntwo\n')
  await checkSame(input, sha256('one\n'), calm)
  await assert.rejects(checkSame(input, sha256('uno\n'), calm), { code: 'refresh/changed', message: /was changed/ })
})

const odd: readonly (readonly [string, Buffer, RegExp])[] = [
  ['a.ndjson', gzipSync('x'), /packed with gzip, .* rename it/],
  ['a.ndjson', zstdCompressSync(Buffer.from('x')), /packed with zstd.*zstd -d.*-r local/],
]

for (const [name, bytes, message] of odd) {
  test(`what Hadoop would not unpack is refused: ${name}, ${message}`, { skip }, async t => {
    const [, input] = await found(t, name, bytes)
    await assert.rejects(digestOnHdfs(input, calm), { code: 'refresh/usage', message })
  })
}

test('a .zst on HDFS is refused by its name; a local one is unpacked here', { skip }, async t => {
  const [, input] = await found(t, 'a.ndjson.zst', 'x')
  assert.throws(() => checkName(input), { code: 'refresh/usage', message: /packed with zstd/ })
  checkName({ name: 'a.ndjson.zst', path: '/scratch/unpacked-0', size: 1 })
})

test('a local input is brought up to its end as it was, and its digest is of that', { skip }, async t => {
  const folder = await hdfsFolder(t, hadoop!)
  const dir = mkdtempSync(join(tmpdir(), 'textstream-sources-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const path = join(dir, 'a')
  writeFileSync(path, 'one\ntwo\n')
  const bring = (size: number) => upload({ name: 'a', path, size }, folder.hdfs, `${folder.path}/${size}`, calm)
  assert.equal(await bring(4), sha256('one\n'))
  assert.equal(await folder.read('4'), 'one\n')
  assert.equal(await bring(0), sha256(''))
  assert.equal(await folder.read('0'), '')
  await assert.rejects(bring(9), { code: 'refresh/changed', message: /became shorter/ })
})
