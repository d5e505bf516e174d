import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { consumersOf, forgetConsumer, noteConsumer } from './consumers.ts'

const folder = async (t: TestContext): Promise<string> => {
  const dir = await mkdtemp(join(tmpdir(), 'textstream-consumers-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  return dir
}

const one = { warehouse: '/data/warehouse' }
const two = { warehouse: '/data/"naïve" \n\u0000 ware🜁house' }

const entriesIn = (dir: string) => readdir(join(dir, '.consumers'))

test('a log that nobody noted anything in has no consumers', async t => {
  assert.deepEqual(await consumersOf(await folder(t)), { known: [], damaged: [] })
})

test('consumers are known once they were noted, each once, whatever their paths are', async t => {
  const dir = await folder(t)
  for (const consumer of [one, two, one, one]) assert.deepEqual(await noteConsumer(dir, consumer), { noted: true })
  assert.deepEqual(await consumersOf(dir), { known: [two, one], damaged: [] })
  assert.equal((await entriesIn(dir)).length, 2)
})

test('noting the same again does not write', async t => {
  const dir = await folder(t)
  await noteConsumer(dir, one)
  const [name] = await entriesIn(dir)
  await chmod(join(dir, '.consumers', name), 0o400)
  const before = await readFile(join(dir, '.consumers', name), 'utf8')
  await noteConsumer(dir, one)
  assert.equal(await readFile(join(dir, '.consumers', name), 'utf8'), before)
  assert.equal(before, '{"warehouse":"/data/warehouse"}\n')
})

test('many at once note themselves without harm', async t => {
  const dir = await folder(t)
  const consumers = Array.from({ length: 20 }, (_, i) => ({ warehouse: `/w/${String(i).padStart(2, '0')}` }))
  const noted = await Promise.all(consumers.map(consumer => noteConsumer(dir, consumer)))
  assert.ok(noted.every(({ noted }) => noted))
  assert.deepEqual((await consumersOf(dir)).known, consumers)
})

test('a consumer that is forgotten is unknown until it notes itself again', async t => {
  const dir = await folder(t)
  assert.equal(await forgetConsumer(dir, one), false)
  await noteConsumer(dir, one)
  await noteConsumer(dir, two)
  assert.equal(await forgetConsumer(dir, one), true)
  assert.equal(await forgetConsumer(dir, one), false)
  assert.deepEqual((await consumersOf(dir)).known, [two])
  await noteConsumer(dir, one)
  assert.deepEqual((await consumersOf(dir)).known, [two, one])
})

test('what names no consumer is told of, and the others are known all the same', async t => {
  const dir = await folder(t)
  await noteConsumer(dir, one)
  const [name] = await entriesIn(dir)
  const entry = (other: string) => join(dir, '.consumers', other)
  await writeFile(entry('0.json'), '')
  await writeFile(entry('1.json'), '{"warehouse":7}')
  await writeFile(entry('2.json'), '{"warehouse":"/data/warehouse"}')
  await mkdir(entry('3.json'))
  await symlink(name, entry('4.json'))
  await writeFile(entry('5.json'), 'x'.repeat(100_000))
  const { known, damaged } = await consumersOf(dir)
  assert.deepEqual(known, [one])
  assert.deepEqual(
    damaged.map(({ path }) => path),
    ['0', '1', '2', '3', '4', '5'].map(n => entry(`${n}.json`)),
  )
  assert.match(damaged[2].why, /it names "\/data\/warehouse", which has an entry of another name/)
  assert.match(damaged[5].why, /longer than 65536 bytes/)
})

test('a damaged entry is mended when its consumer notes itself again', async t => {
  const dir = await folder(t)
  await noteConsumer(dir, one)
  const [name] = await entriesIn(dir)
  await writeFile(join(dir, '.consumers', name), '{"ware')
  assert.equal((await consumersOf(dir)).damaged.length, 1)
  assert.deepEqual(await noteConsumer(dir, one), { noted: true })
  assert.deepEqual(await consumersOf(dir), { known: [one], damaged: [] })
})

test('where the log cannot be written to, nothing is noted, and it says why', async t => {
  const dir = await folder(t)
  const noted = await noteConsumer(join(dir, 'absent'), one)
  assert.equal(noted.noted, false)
  assert.match(noted.noted ? '' : noted.reason, /ENOENT/)
})

test('links are not followed', async t => {
  const dir = await folder(t)
  const elsewhere = await folder(t)
  await symlink(elsewhere, join(dir, '.consumers'))
  const noted = await noteConsumer(dir, one)
  assert.match(noted.noted ? '' : noted.reason, /it is no folder/)
  await assert.rejects(consumersOf(dir), { code: 'topic/unreadable' })
  await assert.rejects(forgetConsumer(dir, one), { code: 'topic/unreadable' })
  assert.deepEqual(await readdir(elsewhere), [])
})

test('kill -9 while it is noted leaves no damaged entry', async t => {
  const script = `const { noteConsumer } = await import(process.argv[1])
    process.stdout.write('begins')
    for (let i = 0; ; i++) await noteConsumer(process.argv[2], { warehouse: '/w/' + i })`
  const url = new URL('./consumers.ts', import.meta.url).href
  const dir = await folder(t)
  for (let round = 0; round < 3; round++) {
    const options = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script, url, dir]
    const child = spawn(process.execPath, options, { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(child.stdout, 'data')
    await new Promise(resolve => setTimeout(resolve, 20 + 7 * round))
    child.kill('SIGKILL')
    await once(child, 'exit')
    const { known, damaged } = await consumersOf(dir)
    assert.deepEqual(damaged, [])
    assert.ok(known.length > 0)
  }
})
