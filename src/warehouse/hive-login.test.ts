import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { hiveLogin } from './hive-login.ts'

const dir = mkdtempSync(join(tmpdir(), 'textstream-hive-'))
after(() => rmSync(dir, { recursive: true }))

test('whoever is not named is textstream', () => {
  const login = { user: 'textstream', password: 'textstream' }
  assert.deepEqual(hiveLogin({ TEXTSTREAM_HIVE_USER: '', TEXTSTREAM_HIVE_PASSWORD: '' }), login)
})

test('a password is read from a file, without the line end', () => {
  const path = join(dir, 'password')
  writeFileSync(path, ' a b\n')
  const login = hiveLogin({ TEXTSTREAM_HIVE_USER: 'ada', TEXTSTREAM_HIVE_PASSWORD_FILE: path })
  assert.deepEqual(login, { user: 'ada', password: ' a b' })
})

const refused: readonly (readonly [string, NodeJS.ProcessEnv, RegExp])[] = [
  ['two passwords', { TEXTSTREAM_HIVE_PASSWORD: 'a', TEXTSTREAM_HIVE_PASSWORD_FILE: '/b' }, /both set/],
  ['a file that is not there', { TEXTSTREAM_HIVE_PASSWORD_FILE: '/nowhere' }, /HIVE_PASSWORD_FILE: ENOENT/],
]

for (const [what, environment, message] of refused)
  test(`${what}: refused`, () => assert.throws(() => hiveLogin(environment), { code: 'hive/usage', message }))
