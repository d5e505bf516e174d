import assert from 'node:assert/strict'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { produce } from '../../src/produce/produce.ts'
import { folder } from '../../src/source/folder.ts'
import { fileTopic } from '../../src/topic/file.ts'
import { tempDir, textstream } from './textstream.ts'

const segmentsIn = async (dir: string) => (await readdir(join(dir, 'logs'))).filter(name => name.endsWith('.ndjson'))

const pour = async (cwd: string, input: string, ...flags: string[]) => {
  const { code, stderr } = await textstream(['produce', '-', '-l', 'logs', ...flags], { cwd, input })
  assert.equal(code, 0, stderr)
}

const ran = (cwd: string, ...args: string[]) => textstream(args, { cwd })

/** Three documents, each in a segment of its own, of which the first two are gone. */
const prunedLog = async (cwd: string) => {
  for (const name of ['a', 'b', 'c']) await pour(cwd, `text of ${name}`, '--uri', `/${name}.md`)
  assert.equal((await ran(cwd, 'refresh', 'logs')).code, 0)
  const end = await fileTopic(join(cwd, 'logs')).end()
  const { code, stderr } = await ran(cwd, 'log', 'prune', 'logs', '--before', '0s', '--even-unread')
  assert.equal(code, 0, stderr)
  assert.deepEqual(await fileTopic(join(cwd, 'logs')).end(), end)
  assert.equal((await segmentsIn(cwd)).length, 1)
  return end
}

test('what is left of a pruned log is read and written as any log', async () => {
  await using dir = await tempDir()
  const cwd = dir.path
  const end = await prunedLog(cwd)
  const tapped = await ran(cwd, 'tap', '--from', 'logs', '--once', '--json')
  assert.deepEqual([tapped.code, tapped.stdout.trimEnd().split('\n').length], [0, 2])
  assert.equal((await ran(cwd, 'cat', '/c.md', '--from', 'logs')).stdout, 'text of c')
  assert.equal((await ran(cwd, 'cat', '/a.md', '--from', 'logs')).code, 1)
  await pour(cwd, 'text of d', '--uri', '/d.md')
  assert.deepEqual((await segmentsIn(cwd)).at(-1), `${String(end.log).padStart(20, '0')}.ndjson`)
  assert.match((await ran(cwd, 'refresh', 'logs', '-o', 'again')).stderr, /^2 documents \(2 complete\)/)
  assert.equal((await ran(cwd, 'verify', 'again', '--log', 'logs')).code, 0)
})

test('verify says which inputs of an earlier refresh are gone', async () => {
  await using dir = await tempDir()
  await prunedLog(dir.path)
  const without = await ran(dir.path, 'verify', 'refresh')
  assert.equal(without.code, 0)
  assert.match(
    without.stdout,
    /as it was read: 1 input; 2 inputs not checked, not here: "logs\/0{20}\.ndjson", "logs\//,
  )
  const given = await ran(dir.path, 'verify', 'refresh', '--log', 'logs')
  assert.equal(given.code, 1)
  assert.match(given.stdout, /"logs\/0{20}\.ndjson" is missing; was it pruned\?/)
})

test('an answer that lost its beginning is incomplete, and says so', async () => {
  await using dir = await tempDir()
  const record = { chunk: 'x', destination_uri: '/a.md', response_id: 'r', agent_id: 'Agent_Ada' }
  const end = {
    reason: 'stop',
    chunks: 1,
    bytes: 1,
    sha256: '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881',
  }
  await pour(dir.path, `${JSON.stringify({ ...record, seq: 0 })}\n`)
  await pour(dir.path, `${JSON.stringify({ ...record, chunk: '', seq: 1, end })}\n`)
  assert.equal((await ran(dir.path, 'refresh', 'logs', '-o', 'before')).code, 0)
  assert.equal((await ran(dir.path, 'log', 'prune', 'logs', '--before', '0s', '--even-unread')).code, 0)
  const { code, stderr } = await ran(dir.path, 'refresh', 'logs')
  assert.equal(code, 3)
  assert.match(stderr, /1 document \(1 incomplete\)/)
})

test('produce captures again what was pruned, and leaves alone what is there', async () => {
  await using dir = await tempDir()
  const logs = join(dir.path, 'logs')
  const texts = join(dir.path, 'texts')
  await mkdir(texts)
  const capture = async (...names: string[]) => {
    for (const name of names) await writeFile(join(texts, name), `text of ${name} `.repeat(10))
    const deliveries = await produce(await folder(texts, { chunkSize: 5 }), fileTopic(logs))
    return deliveries.map(({ file, state }) => `${file} ${state}`)
  }
  await capture('a')
  await capture('b')
  await ran(dir.path, 'log', 'prune', 'logs', '--before', '0s', '--even-unread')
  assert.deepEqual(await capture('c'), ['a captured', 'b already captured', 'c captured'])
})

test('what a consumer has committed can go, and what it has not stays', async () => {
  await using dir = await tempDir()
  const cwd = dir.path
  for (const name of ['a', 'b']) await pour(cwd, `text of ${name}`, '--uri', `/${name}.md`)
  const consume = async () => assert.equal((await ran(cwd, 'consume', '--from', 'logs', '--once')).code, 0)
  await consume()
  for (const name of ['c', 'd']) await pour(cwd, `text of ${name}`, '--uri', `/${name}.md`)
  const { code, stdout } = await ran(cwd, 'log', 'prune', 'logs', '--before', '0s')
  assert.equal(code, 0)
  assert.match(stdout, /^freed [\d,]+ bytes in 2 segments\n.*stays: not read by all \(".*\/warehouse"\)$/m)
  await consume()
  assert.match((await ran(cwd, 'log', 'logs')).stdout, /"\/.*\/warehouse": has read all/)
  assert.equal((await ran(cwd, 'log', 'prune', 'logs', '--before', '0s')).code, 0)
  assert.equal((await segmentsIn(cwd)).length, 1)
})
