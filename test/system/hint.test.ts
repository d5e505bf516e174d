import assert from 'node:assert/strict'
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { hintRecordsMin } from '../../src/produce/hint.ts'
import { serve } from './served.ts'
import { tempDir, textstream } from './textstream.ts'

/** What other programs left in the log. */
const oldLog = () =>
  Array.from(
    { length: hintRecordsMin },
    (_, i) =>
      `{"chunk":"x","agent_id":"A","destination_uri":"/old-${i % 7}.md","event_time":"2026-11-01T00:00:00.000000Z"}\n`,
  ).join('')

test('produce keeps what it learned of a long log in the state folder, and does not read it again', async () => {
  await using dir = await tempDir()
  const cwd = dir.path
  for (const folder of ['texts', 'logs']) await mkdir(join(cwd, folder))
  await writeFile(join(cwd, 'texts/a.txt'), 'some text')
  await writeFile(join(cwd, 'logs/old.ndjson'), oldLog())
  await using source = await serve(join(cwd, 'texts'))
  const produce = async (...more: string[]) => {
    const env = { TEXTSTREAM_STATE: join(cwd, 'state') }
    const { code, stdout, stderr } = await textstream(['produce', '-l', 'logs', '--json', ...more], { cwd, env })
    assert.equal(code, 0, stderr)
    return JSON.parse(stdout)
  }
  const hints = async () => {
    const folder = join(cwd, 'state/resume')
    const names = await readdir(folder).catch(() => [])
    return Promise.all(names.map(async name => [name, (await stat(join(folder, name))).mtimeMs] as const))
  }
  await produce('-s', source.port)
  assert.deepEqual(await hints(), [])
  const { deliveries } = await produce('-s', source.port)
  assert.equal(deliveries[0].state, 'already captured')
  const written = await hints()
  assert.equal(written.length, 1)
  assert.equal((await produce('-s', source.port)).deliveries[0].state, 'already captured')
  assert.deepEqual(await hints(), written)
  for (let i = 0; i < 2; i++) await produce('-')
  assert.equal((await hints()).length, 2)
})
