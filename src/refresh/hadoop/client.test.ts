import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { findClient } from './client.ts'

const stack = { conf: '/stack/conf', java: '/bin/java', javaOptions: ['-cp', '/stack/lib/*'] }

/** An installation of Hadoop with these files. */
const installed = (t: TestContext, ...names: readonly string[]): string => {
  const home = mkdtempSync(join(tmpdir(), 'textstream-client-'))
  t.after(() => rmSync(home, { recursive: true, force: true }))
  for (const name of names) {
    mkdirSync(dirname(join(home, name)), { recursive: true })
    writeFileSync(join(home, name), '')
  }
  return home
}

const release = [
  'bin/hadoop',
  'etc/hadoop/core-site.xml',
  'share/hadoop/tools/lib/hadoop-streaming-3.4.2.jar',
  'share/hadoop/tools/sources/hadoop-streaming-3.4.2-sources.jar',
]

test("without a hadoop command it is the stack's", () => {
  assert.deepEqual(findClient({ PATH: '/nowhere' }, stack), {
    command: '/bin/java',
    before: ['-cp', '/stack/lib/*', 'org.apache.hadoop.streaming.HadoopStreaming'],
    environment: { HADOOP_CONF_DIR: '/stack/conf' },
    conf: '/stack/conf',
  })
})

test("the stack's client on another cluster is told its configuration", t => {
  const conf = installed(t, 'core-site.xml', 'yarn-site.xml')
  const { before, conf: used } = findClient({ PATH: '', HADOOP_CONF_DIR: conf }, stack)
  assert.deepEqual(before.slice(-4), ['-conf', join(conf, 'core-site.xml'), '-conf', join(conf, 'yarn-site.xml')])
  assert.equal(used, conf)
})

test('a hadoop command is found by its variable, by its home, or on the PATH, with the jar that belongs to it', t => {
  const home = installed(t, ...release)
  const links = installed(t)
  symlinkSync(join(home, 'bin/hadoop'), join(links, 'hadoop'))
  const jar = join(home, 'share/hadoop/tools/lib/hadoop-streaming-3.4.2.jar')
  const found = [
    { TEXTSTREAM_HADOOP: join(home, 'bin/hadoop') },
    { HADOOP_HOME: home },
    { PATH: `/nowhere:${links}` },
  ].map(env => findClient(env, undefined))
  assert.deepEqual(
    found.map(({ before, conf }) => ({ before, conf })),
    Array(3).fill({ before: ['jar', jar], conf: join(home, 'etc/hadoop') }),
  )
})

test('beside the stack, a hadoop command works on the stack unless the environment says otherwise', t => {
  const home = installed(t, ...release)
  assert.equal(findClient({ HADOOP_HOME: home }, stack).conf, '/stack/conf')
  assert.equal(findClient({ HADOOP_HOME: home, HADOOP_CONF_DIR: '/c' }, stack).conf, '/c')
  assert.equal(findClient({ HADOOP_HOME: home, TEXTSTREAM_HDFS: 'http://h' }, stack).conf, join(home, 'etc/hadoop'))
})

test('what is not there is said', t => {
  const usage = (message: RegExp) => ({ code: 'refresh/usage', message })
  assert.throws(() => findClient({ PATH: '' }, undefined), usage(/textstream stack up hadoop/))
  assert.throws(() => findClient({ TEXTSTREAM_HADOOP: '/no/hadoop' }, stack), usage(/TEXTSTREAM_HADOOP.*\/no\/hadoop/))
  const home = installed(t, 'bin/hadoop')
  assert.throws(
    () => findClient({ HADOOP_HOME: home }, stack),
    usage(/no hadoop-streaming jar.*TEXTSTREAM_HADOOP_STREAMING/),
  )
})
