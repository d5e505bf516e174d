import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { hdfsEndpoints, knownHdfsEndpoints } from './hdfs-endpoints.ts'

const root = mkdtempSync(join(tmpdir(), 'textstream-endpoints-'))
after(() => rmSync(root, { recursive: true }))

const folder = (settings: Record<string, string>): string => {
  const path = mkdtempSync(join(root, 'conf-'))
  const properties = Object.entries(settings).map(
    ([name, value]) => `<property><name>${name}</name><value>${value}</value></property>`,
  )
  writeFileSync(join(path, 'core-site.xml'), `<configuration>${properties.join('\n')}</configuration>`)
  return path
}

const plain = folder({ 'fs.defaultFS': 'hdfs://nn.example:9820', 'dfs.namenode.http-address': '0.0.0.0:19870' })
const stack = folder({ 'fs.defaultFS': 'hdfs://127.0.0.1:9820', 'dfs.namenode.http-address': '127.0.0.1:9870' })
const available = folder({
  'fs.defaultFS': 'hdfs://prod',
  'dfs.nameservices': 'prod, other',
  'dfs.ha.namenodes.prod': 'nn1,nn2',
  'dfs.namenode.http-address.prod.nn1': 'one.example:9870',
  'dfs.namenode.http-address.prod.nn2': 'two.example:9870',
  'dfs.namenode.http-address.other': 'three.example:9870',
})
const none = join(root, 'none')

const nn = { name: 'hdfs://nn.example:9820', nameNodes: ['http://nn.example:19870'] }
const here = { name: 'hdfs://127.0.0.1:9820', nameNodes: ['http://127.0.0.1:9870'] }
const prod = { name: 'hdfs://prod', nameNodes: ['http://one.example:9870', 'http://two.example:9870'] }
const other = { name: 'hdfs://other', nameNodes: ['http://three.example:9870'] }
const usual = { name: 'hdfs://far.example:8020', nameNodes: ['http://far.example:9870'] }

type Case = [what: string, authority: string | undefined, env: NodeJS.ProcessEnv, conf: string, place: typeof nn]

const cases: Case[] = [
  ['the configuration folder', undefined, { HADOOP_CONF_DIR: plain }, stack, nn],
  ['the stack', undefined, {}, stack, here],
  ['TEXTSTREAM_HDFS', undefined, { TEXTSTREAM_HDFS: 'hdfs://nn.example:9820', HADOOP_CONF_DIR: plain }, stack, nn],
  ['TEXTSTREAM_HDFS that nobody knows', undefined, { TEXTSTREAM_HDFS: 'hdfs://far.example:8020' }, stack, usual],
  ['a name service', undefined, { HADOOP_CONF_DIR: available }, stack, prod],
  ['a name service by its name', 'prod', { HADOOP_CONF_DIR: available }, none, prod],
  ['another name service', 'other', { HADOOP_CONF_DIR: available }, none, other],
  ['a host that the folder knows', 'nn.example:9820', { HADOOP_CONF_DIR: plain }, none, nn],
  ['the stack by another name of this machine', 'localhost:9820', { HADOOP_CONF_DIR: plain }, stack, here],
  ['a host that nobody knows', 'far.example:8020', { HADOOP_CONF_DIR: plain }, stack, usual],
  ['a host without port', 'far.example', {}, none, usual],
]

for (const [what, authority, env, stackConf, place] of cases) {
  test(`finds ${what}`, async () => {
    assert.deepEqual(await hdfsEndpoints(authority, { env, stackConf }), { ...place, user: userInfo().username })
  })
}

test('HADOOP_USER_NAME asks', async () => {
  const { user } = await hdfsEndpoints(undefined, { env: { HADOOP_USER_NAME: 'ada' }, stackConf: stack })
  assert.equal(user, 'ada')
})

const wrong: [what: string, env: NodeJS.ProcessEnv, code: string, says: RegExp][] = [
  ['nothing is known', {}, 'usage', /TEXTSTREAM_HDFS=.*HADOOP_CONF_DIR.*textstream stack up hadoop/],
  ['the folder is empty', { HADOOP_CONF_DIR: root }, 'usage', /HADOOP_CONF_DIR is ".*", where there is no/],
  ['it is over https', { TEXTSTREAM_HDFS: 'https://nn.example:9871' }, 'usage', /write it as http:/],
  ['it has a password', { TEXTSTREAM_HDFS: 'http://ada:secret@nn.example' }, 'usage', /write it as http:/],
  ['the folder says no file system', { HADOOP_CONF_DIR: folder({ a: 'b' }) }, 'usage', /no fs.defaultFS/],
  ['it is another one', { HADOOP_CONF_DIR: folder({ 'fs.defaultFS': 's3a://bucket' }) }, 'usage', /"s3a:\/\/bucket"/],
  [
    'it wants Kerberos',
    { HADOOP_CONF_DIR: folder({ 'fs.defaultFS': 'hdfs://x', 'hadoop.security.authentication': 'kerberos' }) },
    'secure',
    /Kerberos/,
  ],
  [
    'it is over https only',
    { HADOOP_CONF_DIR: folder({ 'fs.defaultFS': 'hdfs://x', 'dfs.http.policy': 'HTTPS_ONLY' }) },
    'secure',
    /dfs.http.policy/,
  ],
  [
    'a NameNode has no address',
    { HADOOP_CONF_DIR: folder({ 'fs.defaultFS': 'hdfs://x', 'dfs.nameservices': 'x', 'dfs.ha.namenodes.x': 'a' }) },
    'usage',
    /dfs.namenode.http-address.x.a/,
  ],
  ['nobody is there', { TEXTSTREAM_HDFS: 'http://127.0.0.1:1' }, 'unreachable', /127.0.0.1:1": connection refused/],
]

for (const [what, env, code, says] of wrong) {
  test(`says so where ${what}`, async () => {
    await assert.rejects(hdfsEndpoints(undefined, { env, stackConf: none }), thrown => {
      assert.equal((thrown as { code?: string }).code, `hdfs/${code}`)
      assert.match((thrown as Error).message, says)
      assert.doesNotMatch((thrown as Error).message, /at Object|undefined/)
      return true
    })
  })
}

const nameNode = async (t: TestContext, answer: string): Promise<string> => {
  const server = createServer((_, response) => response.end(answer))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('a NameNode by its HTTP address says its own name; a gateway has that of its address', async t => {
  const url = await nameNode(t, '{"beans":[{"HostAndPort":"localhost:9820"}]}')
  const env = { TEXTSTREAM_HDFS: url }
  const { name, nameNodes } = await hdfsEndpoints(undefined, { env, stackConf: none })
  assert.deepEqual([name, nameNodes], ['hdfs://localhost:9820', [url]])
  assert.deepEqual((await hdfsEndpoints('127.0.0.1:9820', { env, stackConf: none })).nameNodes, [url])
  const gateway = await nameNode(t, '<html>')
  const { name: address } = await hdfsEndpoints(undefined, { env: { TEXTSTREAM_HDFS: gateway }, stackConf: none })
  assert.equal(address, gateway.replace('http:', 'hdfs:'))
})

test('whom others name is asked only if the environment or the stack knows him', async () => {
  const env = { HADOOP_CONF_DIR: plain, TEXTSTREAM_HDFS: 'hdfs://far.example:8020' }
  const known = async (authority: string) => (await knownHdfsEndpoints(authority, { env, stackConf: stack }))?.name
  assert.deepEqual(
    [await known('nn.example:9820'), await known('localhost:9820'), await known('far.example')],
    [nn.name, here.name, usual.name],
  )
  assert.equal(await known('evil.example:8020'), undefined)
  assert.equal(await known('nn.example:9821'), undefined)
})
