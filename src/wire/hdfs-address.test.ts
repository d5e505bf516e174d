import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hdfsPath, isHdfsAddress, parseHdfsAddress } from './hdfs-address.ts'

const cases: [address: string, authority: string | undefined, path: string][] = [
  ['hdfs:///a/b', undefined, '/a/b'],
  ['hdfs:/a', undefined, '/a'],
  ['hdfs:///', undefined, '/'],
  ['hdfs://', undefined, '/'],
  ['hdfs://host:9820/a/', 'host:9820', '/a'],
  ['hdfs://host', 'host', '/'],
  ['hdfs://my-service//a///b//', 'my-service', '/a/b'],
  ['HDFS://[::1]:9820/a', '[::1]:9820', '/a'],
  ['hdfs:///a%20b/c d/é?#&', undefined, '/a%20b/c d/é?#&'],
]

for (const [address, authority, path] of cases) {
  test(`${address} is ${path} at ${authority}`, () => {
    assert.equal(isHdfsAddress(address), true)
    assert.deepEqual(parseHdfsAddress(address), { authority, path })
  })
}

const wrong = [
  'hdfs:a',
  'hdfs://user@host/a',
  'hdfs://host:port/a',
  'hdfs://ho st/a',
  'hdfs:///a:b',
  'hdfs:///a/../b',
  'hdfs:///./b',
  'hdfs:///nul\0',
  'hdfs:///\udc00',
]

for (const address of wrong) {
  test(`${JSON.stringify(address)} is no address`, () => {
    assert.equal(isHdfsAddress(address), true)
    assert.throws(() => parseHdfsAddress(address), { code: 'hdfs/usage' })
  })
}

test('other places are none on HDFS', () => {
  for (const text of ['logs/', '/hdfs:/x', 'webhdfs://host/a', 'hdfs', '-']) assert.equal(isHdfsAddress(text), false)
})

test('names that HDFS does not take say why', () => {
  assert.throws(() => hdfsPath('/12:30.txt'), /"\/12:30.txt": HDFS takes no ":" in a name/)
  assert.throws(() => hdfsPath('/a/../b'), /HDFS knows no ".." in a path/)
})
