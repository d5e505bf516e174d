import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { tempDir } from '../../test/system/textstream.ts'
import { launch, outputOf } from './launch.ts'
import { makePlace, placeOf } from './place.ts'
import { end, identify } from './process.ts'
import { recorded } from './record.ts'

const prepared = async (state: string) => {
  const place = placeOf({ state }, 'web')
  await makePlace(place)
  const started = join(state, 'started')
  const command = { path: '/bin/sh', arguments: ['-c', 'echo "$$" > "$1"; exec sleep 60', 'web', started] }
  return { started, launching: { place, daemon: 'web', ports: { http: 1 }, command, environment: process.env } }
}

const textOf = async (path: string): Promise<string> => {
  const text = await readFile(path, 'utf8').catch(() => '')
  return text.endsWith('\n') ? text : sleep(5).then(() => textOf(path))
}

test('a daemon has the pid that is on record, and is its group leader', async t => {
  await using dir = await tempDir()
  const { started, launching } = await prepared(dir.path)
  const record = await launch(launching)
  t.after(() => end(record, 1_000))
  assert.equal(Number(await textOf(started)), record.pid)
  assert.deepEqual(await recorded(launching.place, 'web'), record)
  process.kill(-record.pid, 0)
})

test('a daemon that cannot be put on record is not started', async () => {
  await using dir = await tempDir()
  const { started, launching } = await prepared(dir.path)
  await rm(launching.place.run, { recursive: true })
  await assert.rejects(launch(launching), /ENOENT/)
  await sleep(200)
  assert.ok(!(await readdir(dir.path)).includes('started'), `"${started}" was written`)
})

/** Waits for ever where the record is to be written: the gate is not open yet. */
const stuck = (state: string) => `
import { launch } from '${import.meta.resolve('./launch.ts')}'
import { placeOf } from '${import.meta.resolve('./place.ts')}'
import { promises } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
promises.rename = () => (console.log('about to'), new Promise(() => {}))
syncBuiltinESMExports()
const place = placeOf({ state: ${JSON.stringify(state)} }, 'web')
setInterval(() => {}, 1000)
await launch({ place, daemon: 'web', ports: {}, environment: process.env, command: { path: '/bin/sh', arguments: ['-c', 'echo yes'] } })
`

test('whoever starts a daemon and is killed before it is on record starts nothing', async t => {
  if (process.platform !== 'linux') return t.skip('needs /proc')
  await using dir = await tempDir()
  const { launching } = await prepared(dir.path)
  const script = join(dir.path, 'stuck.mjs')
  await writeFile(script, stuck(dir.path))
  const starter = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(starter.stdout, 'data')
  const [waiting] = await childrenOf(starter.pid!)
  assert.ok((await identify(waiting)) !== undefined)
  starter.kill('SIGKILL')
  while ((await identify(waiting)) !== undefined) await sleep(5)
  assert.equal(await readFile(outputOf(launching.place, 'web'), 'utf8'), '')
})

const childrenOf = async (pid: number): Promise<number[]> =>
  (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').map(Number)
