import assert from 'node:assert/strict'
import { chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { tempDir } from '../../test/system/textstream.ts'
import { unprivileged } from './account.ts'
import { commandLine } from './command.ts'
import { outputOf, runOnce } from './launch.ts'
import type { SystemProgram } from './part.ts'
import { makePlace, placeOf } from './place.ts'

const who: SystemProgram = {
  kind: 'system',
  command: 'sh',
  unprivilegedIn: '{{data.web}}',
  arguments: ['-c', 'id -u; id -G; cat "$1/secret"; echo made > "$1/made"', 'sh', '{{here}}'],
  packages: { apt: 'dash', brew: 'dash' },
}

test('what refuses to be root runs as somebody else, in a folder that this one alone could not reach', async t => {
  const account = await unprivileged()
  if (account === undefined) return t.skip('needs root')
  await using dir = await tempDir()
  const place = placeOf({ state: join(dir.path, 'state') }, 'web')
  await makePlace(place)
  const folder = join(place.data, 'web')
  await mkdir(folder)
  await writeFile(join(folder, 'secret'), 'found\n', { mode: 0o600 })
  for (const path of [folder, join(folder, 'secret')]) await chown(path, account.uid, account.gid)
  await chmod(dir.path, 0o700)
  const setting = { environment: process.env, variables: { 'data.web': folder }, javaOptions: [] }
  const command = await commandLine(who, setting)
  await runOnce({ place, daemon: 'web', command, environment: process.env })
  const said = (await readFile(outputOf(place, 'web'), 'utf8')).split('\n')
  assert.deepEqual(said, [String(account.uid), String(account.gid), 'found', ''])
  assert.equal(await readFile(join(folder, 'made'), 'utf8'), 'made\n')
})

test('where we are not root it is called as it is', async t => {
  if ((await unprivileged()) !== undefined) return t.skip('we are root')
  const setting = { environment: process.env, variables: { 'data.web': '/data' }, javaOptions: [] }
  assert.equal((await commandLine(who, setting)).arguments.at(-1), '/data')
})
