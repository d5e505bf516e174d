import assert from 'node:assert/strict'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { webhdfs } from '../../src/wire/webhdfs.ts'
import { hadoopOrSkip } from '../hadoop.ts'
import { execute, root } from './textstream.ts'

const { skip, hadoop } = await hadoopOrSkip()

const setAside = (nameNode: string, folder: string) =>
  execute(process.execPath, [join(root, 'src/stack/hive/set-aside.ts'), nameNode, folder])

test('tables that an older metastore left in HDFS are set aside, and not lost', { skip }, async () => {
  await using hdfs = webhdfs({ name: 'HDFS', nameNodes: [hadoop!.webHdfs], user: userInfo().username })
  const above = `/tmp/aside-${process.pid}`
  const folder = `${above}/warehouse`
  await hdfs.write(`${folder}/chunks/part-0`, [Buffer.from('rows')])
  const first = await setAside(hadoop!.webHdfs, folder)
  assert.deepEqual([first.code, first.stderr], [0, ''])
  const [, aside] = /^set aside the tables of another metastore: (\S+\/warehouse\.\d{14})\n$/.exec(first.stdout) ?? []
  assert.equal(await hdfs.status(folder), undefined)
  assert.equal((await hdfs.status(`${aside}/chunks/part-0`))?.bytes, 4)
  assert.deepEqual(await setAside(hadoop!.webHdfs, folder), { code: 0, stdout: '', stderr: '' })
  await hdfs.remove(above)
})

test('a metastore is not made while nobody can say what lies in HDFS', async () => {
  const { code, stderr } = await setAside('http://127.0.0.1:1', '/user/hive/warehouse')
  assert.notEqual(code, 0)
  assert.match(stderr, /127\.0\.0\.1:1/)
})

test('without HDFS there is nothing to set aside', async () => {
  assert.deepEqual(await setAside('', '/user/hive/warehouse'), { code: 0, stdout: '', stderr: '' })
})
