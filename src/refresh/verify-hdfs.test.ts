import assert from 'node:assert/strict'
import { createReadStream, lstatSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { StreamError } from '../std/error.ts'
import type { Hdfs } from '../wire/hdfs.ts'
import { memoryHdfs } from '../wire/memory-hdfs.ts'
import { verify } from './verify.ts'
import { type Copy, copy, receipt, spoiled } from './verify-given.ts'

/** A folder of this machine, on HDFS, where there are no links. */
const put = async (hdfs: Hdfs, dir: string, to: string): Promise<void> => {
  await hdfs.makeFolder(to)
  for (const name of readdirSync(dir)) {
    const stat = lstatSync(join(dir, name))
    if (stat.isDirectory()) await put(hdfs, join(dir, name), `${to}/${name}`)
    if (stat.isFile()) await hdfs.write(`${to}/${name}`, createReadStream(join(dir, name)), { overwrite: true })
  }
}

const spoilt = async (spoil: (copy: Copy) => void) => {
  const one = copy()
  const hdfs = memoryHdfs()
  spoil(one)
  await put(hdfs, one.out, '/out')
  await put(hdfs, one.logs, '/logs')
  return { ...one, hdfs, [Symbol.dispose]: () => rmSync(join(one.out, '..'), { recursive: true }) }
}

for (const [name, [spoil]] of [['nothing', [() => {}]] as const, ...Object.entries(spoiled)]) {
  test(`says the same of an output and a log on HDFS as of those here: ${name}`, async () => {
    using one = await spoilt(spoil)
    const { hdfs, out, logs, texts } = one
    const here = await verify({ out, logs: [logs], against: texts })
    assert.deepEqual(await verify({ out: { hdfs, path: '/out' }, logs: [logs], against: texts }), here)
    assert.deepEqual(await verify({ out, hdfs: [{ hdfs, path: '/logs' }], against: texts }), here)
  })
}

test('names files on HDFS that no refresh wrote, which are no failure', async () => {
  using one = await spoilt(() => {})
  const { hdfs, out } = one
  const attempts = readdirSync(join(out, '_attempts'))[0]
  const names = ['notes.txt', '_attempts/notes.txt', `_attempts/${attempts}/notes.txt`]
  for (const name of names) await hdfs.write(`/out/${name}`, [])
  const verdict = await verify({ out: { hdfs, path: '/out' } })
  assert.deepEqual([verdict.verdict, verdict.files.extra], ['proven', { count: 3, names }])
})

test('a log may be given as one file, and as places here and on HDFS together', async () => {
  using one = await spoilt(() => {})
  const { hdfs, out, logs } = one
  const file = { hdfs, path: '/logs/a.ndjson' }
  assert.equal((await verify({ out, hdfs: [file] })).findings_count, 1)
  assert.equal((await verify({ out, hdfs: [file], logs: [join(logs, 'b.ndjson')] })).verdict, 'proven')
  await assert.rejects(verify({ out, hdfs: [{ hdfs, path: '/nowhere' }] }), { code: 'verify/usage' })
  await assert.rejects(verify({ out: { hdfs, path: '/nowhere' } }), { code: 'verify/usage' })
  await assert.rejects(verify({ out: file }), { code: 'verify/usage' })
})

const onHdfs = receipt(json => {
  for (const input of json.inputs as { name: string }[]) input.name = `hdfs://memory:8020/logs/${input.name.slice(-8)}`
})

test('inputs on HDFS are read where they are, if that HDFS may be asked', async () => {
  using one = await spoilt(onHdfs)
  const { hdfs, out } = one
  const asked: string[] = []
  const whereIs = async (address: string) => {
    asked.push(address)
    return { hdfs, path: address.slice('hdfs://memory:8020'.length) }
  }
  assert.deepEqual((await verify({ out, whereIs })).log, { ok: true, checked: 2, not_checked: { count: 0, names: [] } })
  assert.deepEqual(asked, ['hdfs://memory:8020/logs/a.ndjson', 'hdfs://memory:8020/logs/b.ndjson'])
  await hdfs.write('/logs/a.ndjson', [Buffer.from('other')], { overwrite: true })
  assert.match((await verify({ out, whereIs })).findings[0].problem, /has 5 bytes/)
  const unknown = await verify({ out, whereIs: async () => undefined })
  assert.deepEqual([unknown.verdict, unknown.log.not_checked.count], ['proven', 2])
})

test('an HDFS that is away is not here, unless it was given', async () => {
  using one = await spoilt(onHdfs)
  const { hdfs, out } = one
  hdfs.status = async () => {
    throw new StreamError('hdfs/unreachable', 'away')
  }
  const whereIs = async () => ({ hdfs, path: '/logs/a.ndjson' })
  assert.equal((await verify({ out, whereIs })).log.not_checked.count, 2)
  await assert.rejects(verify({ out, hdfs: [{ hdfs, path: '/logs' }] }), { code: 'hdfs/unreachable' })
})

test('a failure to read one of many files ahead is thrown, and nothing is left waiting', async () => {
  using one = await spoilt(() => {})
  const { hdfs } = one
  const { read } = hdfs
  hdfs.read = (path, range) => {
    if (!path.endsWith('.txt')) return read.call(hdfs, path, range)
    return (async function* () {
      yield* read.call(hdfs, path, range)
      throw new Error(`broken: ${path}`)
    })()
  }
  await assert.rejects(verify({ out: { hdfs, path: '/out' } }), /broken/)
})
