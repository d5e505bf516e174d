import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { tempDir } from '../../../test/system/textstream.ts'
import { containers } from './containers.ts'

const container = 'container_1795446909125_0003_01_000002'

/** A process whose command line holds these words, as YARN's hold the container's name. */
const process = async (t: TestContext, ...words: string[]) => {
  const child = spawn('/bin/sh', ['-c', 'read -r _', ...words])
  await once(child, 'spawn')
  t.after(() => child.kill())
  return child.pid!
}

const recordedAs = async (data: string, pid: string) => {
  const folder = join(data, 'local/nmPrivate/application_1795446909125_0003', container)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, `${container}.pid`), `${pid}\n`)
}

test('a container that runs is found by its pid file', async t => {
  await using dir = await tempDir()
  const pid = await process(t, `/data/${container}/launch_container.sh`)
  await recordedAs(dir.path, String(pid))
  assert.deepEqual(
    (await containers(dir.path)).map(found => found.pid),
    [pid],
  )
})

test('a process that only has the number of a container that is gone is left alone', async t => {
  await using dir = await tempDir()
  await recordedAs(dir.path, String(await process(t, 'a stranger')))
  assert.deepEqual(await containers(dir.path), [])
})

for (const [what, pid] of Object.entries({ 'nothing yet': '', 'no number': 'x', 'the number of init': '1' })) {
  test(`a pid file that holds ${what} names no container`, async () => {
    await using dir = await tempDir()
    await recordedAs(dir.path, pid)
    assert.deepEqual(await containers(dir.path), [])
  })
}

test('where no NodeManager ever ran there are none', async () => {
  assert.deepEqual(await containers('/nowhere'), [])
})
