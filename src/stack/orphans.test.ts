import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { freePortOffset } from '../../test/system/kafka-broker.ts'
import { smallPart } from '../../test/system/small-part.ts'
import { tempDir } from '../../test/system/textstream.ts'
import { down } from './down.ts'
import type { Daemon } from './part.ts'
import { partsOf } from './parts.ts'
import { exists, placeOf } from './place.ts'
import { type Identity, identify, isAlive } from './process.ts'
import { recorded } from './record.ts'
import type { Stack, StackEvent } from './stack.ts'
import { up } from './up.ts'

const asUsual = { portOffset: 0, fresh: false, javaOptions: [] }

const stackWith = async (t: TestContext, more: Partial<Daemon>) => {
  const dir = await tempDir()
  const small = smallPart('web', 1_000 + (await freePortOffset(1_000)))
  const part = { ...small, daemons: [{ ...small.daemons[0], ...more }] }
  const ended: number[] = []
  const stack: Stack = {
    parts: partsOf(part),
    folders: { state: join(dir.path, 'state'), cache: join(dir.path, 'cache') },
    environment: process.env,
    tell: (event: StackEvent) => event.kind === 'orphans' && ended.push(event.ended),
  }
  t.after(async () => {
    await down(stack, [], { wipe: true })
    await dir[Symbol.asyncDispose]()
  })
  return { stack, ended, place: placeOf(stack.folders, 'web') }
}

/** A process in a group of its own, as a daemon's child may be. */
const child = async (t: TestContext): Promise<Identity> => {
  const started = spawn('sleep', ['100'], { detached: true, stdio: 'ignore' })
  await once(started, 'spawn')
  t.after(() => started.kill('SIGKILL'))
  return (await identify(started.pid!))!
}

test('what a killed daemon has left running is ended before it is started again, and when it is ended', async t => {
  const left: Identity[] = []
  const { stack, ended, place } = await stackWith(t, { children: async () => left })
  await up(stack, ['web'], asUsual)
  left.push(await child(t))
  await up(stack, ['web'], asUsual)
  assert.ok(await isAlive(left[0]), 'up ended the children of a daemon that was up')
  const record = (await recorded(place, 'web'))!
  process.kill(record.pid, 'SIGKILL')
  while (await isAlive(record)) {}
  await up(stack, ['web'], asUsual)
  assert.deepEqual([await isAlive(left[0]), ended], [false, [1]])
  left.splice(0, 1, await child(t))
  await down(stack, [], { wipe: false })
  assert.deepEqual([await isAlive(left[0]), ended], [false, [1, 1]])
})

test('a child that the daemon took off its records while it was ended is ended all the same', async t => {
  const one = await child(t)
  let asked = 0
  const { stack } = await stackWith(t, { children: async () => (asked++ === 1 ? [one] : []) })
  await up(stack, ['web'], asUsual)
  await down(stack, [], { wipe: false })
  assert.deepEqual([asked, await isAlive(one)], [3, false])
})

test('data that is for a start after a crash is there then, and gone after down', async t => {
  const format = { ...smallPart('web', 1, { format: 'date +%N > "$1/born"' }).daemons[0].format! }
  const { stack, place } = await stackWith(t, { format, forgets: true })
  await up(stack, ['web'], asUsual)
  const born = await readFile(join(place.data, 'web/born'), 'utf8')
  const record = (await recorded(place, 'web'))!
  process.kill(record.pid, 'SIGKILL')
  while (await isAlive(record)) {}
  await up(stack, ['web'], asUsual)
  assert.equal(await readFile(join(place.data, 'web/born'), 'utf8'), born)
  await down(stack, [], { wipe: false })
  assert.equal(await exists(join(place.data, 'web')), false)
})

test('a folder whose path a part cannot take is refused, with the variable that sets another', async t => {
  const { stack } = await stackWith(t, {})
  const web = { ...stack.parts.get('web')!, breaksPaths: /state/ }
  await assert.rejects(up({ ...stack, parts: partsOf(web) }, ['web'], asUsual), {
    code: 'stack/usage',
    message: /the engines cannot take "state" in a path; set TEXTSTREAM_STATE to another one/,
  })
})
