import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { smallPart } from '../../test/system/small-part.ts'
import { tempDir } from '../../test/system/textstream.ts'
import { down } from './down.ts'
import { logs } from './logs.ts'
import type { Part } from './part.ts'
import { partsOf } from './parts.ts'
import { placeOf } from './place.ts'
import { isFree } from './port.ts'
import { identify, isAlive, isPaused } from './process.ts'
import { recorded } from './record.ts'

import type { Stack, StackEvent } from './stack.ts'
import { status } from './status.ts'
import { up } from './up.ts'

const asUsual = { portOffset: 0, fresh: false, javaOptions: [] }

const freePort = async (): Promise<number> => {
  const port = 2_000 + Math.floor(Math.random() * 28_000)
  return (await isFree(port)) ? port : freePort()
}

/** A stack of its own for each test; whatever is left of it is ended. */
const stackOf = async (t: TestContext, ...parts: Part[]) => {
  const dir = await tempDir()
  const events: StackEvent[] = []
  const stack: Stack = {
    parts: partsOf(...parts),
    folders: { state: join(dir.path, 'state'), cache: join(dir.path, 'cache') },
    environment: process.env,
    tell: event => events.push(event),
  }
  t.after(async () => {
    await down(stack, [], { wipe: false })
    await dir[Symbol.asyncDispose]()
  })
  return { stack, events, dir: dir.path }
}

const statesOf = async (stack: Stack) => (await status(stack)).map(({ daemon, state }) => `${daemon} ${state}`)
const recordOf = async ({ folders }: Stack, name: string) => (await recorded(placeOf(folders, name), name))!
const dataOf = ({ folders }: Stack, name: string) => join(placeOf(folders, name).data, name)

test('up starts what is needed first, down ends it last', async t => {
  const [a, b] = [await freePort(), await freePort()]
  const { stack, events } = await stackOf(t, smallPart('web', a, { needs: ['store'] }), smallPart('store', b))
  await up(stack, ['web'], asUsual)
  assert.deepEqual(await statesOf(stack), ['web ready', 'store ready'])
  await down(stack, ['store'], { wipe: false })
  assert.deepEqual(await statesOf(stack), ['web down', 'store down'])
  const order = events.flatMap(event =>
    event.kind === 'starting' || event.kind === 'ended' ? `${event.kind} ${event.daemon}` : [],
  )
  assert.deepEqual(order, ['starting store', 'starting web', 'ended web', 'ended store'])
})

test('up again leaves what runs alone', async t => {
  const { stack } = await stackOf(t, smallPart('web', await freePort()))
  await up(stack, ['web'], asUsual)
  const { pid } = await recordOf(stack, 'web')
  await up(stack, ['web'], asUsual)
  assert.equal((await recordOf(stack, 'web')).pid, pid)
})

test('two ups at once start one', async t => {
  const { stack, events } = await stackOf(t, smallPart('web', await freePort()))
  await Promise.all([up(stack, ['web'], asUsual), up(stack, ['web'], asUsual)])
  const kinds = events.map(({ kind }) => kind)
  assert.equal(kinds.filter(kind => kind === 'starting').length, 1)
  assert.ok(kinds.includes('waiting'))
})

test('a daemon that was killed has died, and comes back on its data', async t => {
  const format = 'date +%N > "$1/born"'
  const { stack } = await stackOf(t, smallPart('web', await freePort(), { format }))
  await up(stack, ['web'], asUsual)
  const born = await readFile(join(dataOf(stack, 'web'), 'born'), 'utf8')
  process.kill((await recordOf(stack, 'web')).pid, 'SIGKILL')
  while (await isAlive(await recordOf(stack, 'web'))) {}
  assert.deepEqual(await statesOf(stack), ['web died'])
  await up(stack, ['web'], asUsual)
  assert.deepEqual(await statesOf(stack), ['web ready'])
  assert.equal(await readFile(join(dataOf(stack, 'web'), 'born'), 'utf8'), born)
})

test('a daemon that is paused is not ready, and says why', async t => {
  const { stack } = await stackOf(t, smallPart('web', await freePort()))
  await up(stack, ['web'], asUsual)
  const record = await recordOf(stack, 'web')
  process.kill(record.pid, 'SIGSTOP')
  while (!(await isPaused(record))) {}
  const [{ state, why }] = await status(stack)
  assert.deepEqual([state, why], ['unready', 'it was stopped by a signal (SIGSTOP)'])
})

test('a foreign process on a port is named before anything is started', async t => {
  const [a, b] = [await freePort(), await freePort()]
  const { stack, events } = await stackOf(t, smallPart('web', a, { needs: ['store'] }), smallPart('store', b))
  const foreign = createServer().listen(a, '127.0.0.1')
  t.after(() => foreign.close())
  const refusal = await up(stack, ['web'], asUsual).catch(thrown => thrown)
  assert.equal(refusal.code, 'stack/port-taken')
  const owner = process.platform === 'linux' ? `pid ${process.pid} \\(.*node.*\\)` : 'another process'
  assert.match(refusal.message, new RegExp(`^port ${a} of "web" is taken by ${owner}, which the stack did not start`))
  assert.deepEqual(events, [])
})

const someoneElse = async (start: string | undefined) => {
  const own = (await identify(process.pid))!
  return { ...own, start: start ?? own.start }
}

test('a pid file whose number now belongs to another process kills nobody, and up starts anew', async t => {
  const { stack, events } = await stackOf(t, smallPart('web', await freePort()))
  const { run } = placeOf(stack.folders, 'web')
  await mkdir(run, { recursive: true })
  // Our own number, with the start of another process: down would end this test.
  const stale = {
    ...(await someoneElse('12345 of an earlier boot')),
    ports: { http: 1 },
    since: '2020-01-01T00:00:00Z',
  }
  await writeFile(join(run, 'web.json'), JSON.stringify(stale))
  assert.deepEqual(await statesOf(stack), ['web died'])
  await down(stack, ['web'], { wipe: false })
  assert.deepEqual(events, [{ kind: 'ended', daemon: 'web', how: 'gone before' }])
  await writeFile(join(run, 'web.json'), JSON.stringify(stale))
  await up(stack, ['web'], asUsual)
  assert.deepEqual(await statesOf(stack), ['web ready'])
})

for (const [what, text] of Object.entries({
  empty: '',
  torn: '{"pid":12',
  foreign: '4711\n',
  hostile: '{"pid":-1,"start":"","ports":{}}',
})) {
  test(`a pid file that is ${what} counts as none`, async t => {
    const { stack } = await stackOf(t, smallPart('web', await freePort()))
    const { run } = placeOf(stack.folders, 'web')
    await mkdir(run, { recursive: true })
    await writeFile(join(run, 'web.json'), text)
    assert.deepEqual(await statesOf(stack), ['web down'])
  })
}

test('what is up on other ports is not silently taken for what was asked', async t => {
  const port = await freePort()
  const { stack } = await stackOf(t, smallPart('web', port))
  await up(stack, ['web'], asUsual)
  await assert.rejects(up(stack, ['web'], { ...asUsual, portOffset: 1 }), { code: 'stack/other-ports' })
  assert.deepEqual((await status(stack))[0].ports, { http: port })
})

test('a daemon that dies at its start says its last words', async t => {
  const { stack } = await stackOf(t, smallPart('web', await freePort(), { dies: true }))
  const refusal = await up(stack, ['web'], asUsual).catch(thrown => thrown)
  assert.equal(refusal.code, 'stack/died')
  assert.match(refusal.message, /ended before it was ready.*textstream stack logs web\nmy last words$/s)
  assert.deepEqual(await statesOf(stack), ['web died'])
})

test('formatting that fails leaves no data, and is done anew', async t => {
  const port = await freePort()
  const failing = smallPart('web', port, { format: 'touch "$1/half"; exit 3' })
  const { stack } = await stackOf(t, failing)
  await assert.rejects(up(stack, ['web'], asUsual), { code: 'stack/format', message: /it ended with 3/ })
  assert.deepEqual(await readdir(placeOf(stack.folders, 'web').data), ['web.new'])
  const mended = { ...stack, parts: partsOf(smallPart('web', port, { format: 'touch "$1/whole"' })) }
  await up(mended, ['web'], asUsual)
  assert.deepEqual(await readdir(dataOf(stack, 'web')), ['whole'])
})

test('--fresh removes the data of what was named, and of nothing else', async t => {
  const [a, b] = [await freePort(), await freePort()]
  const { stack } = await stackOf(t, smallPart('web', a, { needs: ['store'] }), smallPart('store', b))
  await up(stack, ['web'], asUsual)
  for (const name of ['web', 'store']) await writeFile(join(dataOf(stack, name), 'kept'), '')
  await assert.rejects(up(stack, ['web'], { ...asUsual, fresh: true }), { code: 'stack/running' })
  await down(stack, [], { wipe: false })
  await up(stack, ['web'], { ...asUsual, fresh: true })
  assert.deepEqual([await readdir(dataOf(stack, 'web')), await readdir(dataOf(stack, 'store'))], [[], ['kept']])
})

test('parts that do not need each other start at once; one that fails does not stop the others', async t => {
  const [a, b] = [await freePort(), await freePort()]
  const { stack, events } = await stackOf(t, smallPart('web', a, { dies: true }), smallPart('store', b))
  await assert.rejects(up(stack, ['web', 'store'], asUsual), { code: 'stack/died', message: /"web"/ })
  assert.deepEqual(await statesOf(stack), ['web died', 'store ready'])
  const order = events.flatMap(event => (event.kind === 'starting' || event.kind === 'ready' ? [event.kind] : []))
  assert.deepEqual(order, ['starting', 'starting', 'ready'])
})

test('what lies in the folder for passing things is gone at the next start', async t => {
  const { stack } = await stackOf(t, smallPart('web', await freePort()))
  await up(stack, ['web'], asUsual)
  const passing = `${dataOf(stack, 'web')}.tmp`
  await writeFile(join(passing, 'left'), '')
  await down(stack, [], { wipe: false })
  await up(stack, ['web'], asUsual)
  assert.deepEqual(await readdir(passing), [])
})

test('a program that is not installed is named before anything is started', async t => {
  const [a, b] = [await freePort(), await freePort()]
  const part = smallPart('web', a)
  const [daemon] = part.daemons
  const program = { ...daemon.program, command: 'no-such-daemon' } as typeof daemon.program
  const { stack, events } = await stackOf(t, smallPart('store', b), { ...part, daemons: [{ ...daemon, program }] })
  const message = /"no-such-daemon" is needed, and is not installed; install it: .*nodejs/
  await assert.rejects(up(stack, ['store', 'web'], asUsual), { code: 'stack/missing', message })
  assert.deepEqual(events, [])
})

test('down --wipe leaves nothing of a part', async t => {
  const { stack } = await stackOf(t, smallPart('web', await freePort()))
  await up(stack, ['web'], asUsual)
  await down(stack, [], { wipe: true })
  assert.deepEqual(
    (await readdir(stack.folders.state)).filter(name => !name.startsWith('.lock')),
    [],
  )
})

test('a folder that holds what is not ours is neither written to nor wiped', async t => {
  const { stack } = await stackOf(t, smallPart('web', await freePort()))
  const { root } = placeOf(stack.folders, 'web')
  await mkdir(root, { recursive: true })
  await writeFile(join(root, 'thesis.tex'), 'years')
  await assert.rejects(up(stack, ['web'], asUsual), { code: 'stack/foreign', message: /thesis\.tex/ })
  await assert.rejects(down(stack, ['web'], { wipe: true }), { code: 'stack/foreign' })
  assert.deepEqual(await readdir(root), ['thesis.tex'])
})

test('down where nothing was ever started does nothing', async t => {
  const { stack, events, dir } = await stackOf(t, smallPart('web', 1))
  await down(stack, [], { wipe: true })
  assert.deepEqual([events, await readdir(dir)], [[], []])
})

test('the log of a daemon is shown, harmless, and followed', async t => {
  const { stack } = await stackOf(t, smallPart('web', await freePort()))
  await assert.rejects(logs(stack, 'web', { lines: 5 }).next(), { code: 'stack/no-logs' })
  await up(stack, ['web'], asUsual)
  assert.deepEqual(await Array.fromAsync(logs(stack, 'web', { lines: 5 })), ['hello from web'])
  const path = join(placeOf(stack.folders, 'web').logs, 'web.log')
  const stop = new AbortController()
  const lines: string[] = []
  for await (const line of logs(stack, 'web', { lines: 1, signal: stop.signal })) {
    if (lines.push(line) === 1) setTimeout(() => writeFile(path, 'a\tb\x1b[2J\n'), 50)
    if (lines.length === 2) stop.abort()
  }
  assert.deepEqual(lines, ['hello from web', 'a\tb␛[2J'])
})
