import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { sparkSecurity, speaksTls } from './security.ts'

const dir = mkdtempSync(join(tmpdir(), 'textstream-spark-'))
after(() => rmSync(dir, { recursive: true }))
const file = (name: string, text: string) => {
  writeFileSync(join(dir, name), text)
  return join(dir, name)
}

const here = { host: '127.0.0.1', port: 1 }
const away = { host: 'spark.example', port: 1 }

test('nothing is set, and nothing is spoken but plain HTTP/2', () => {
  assert.deepEqual(sparkSecurity({ TEXTSTREAM_SPARK_TOKEN: '', TEXTSTREAM_SPARK_TLS: '0' }), {})
  assert.equal(speaksTls(away, {}), false)
})

test('a token is read from a file, without the line end', () => {
  assert.deepEqual(sparkSecurity({ TEXTSTREAM_SPARK_TOKEN_FILE: file('token', 'abc\n') }), { token: 'abc' })
})

test('TLS is on by a switch, or by the certificates to trust', () => {
  assert.deepEqual(sparkSecurity({ TEXTSTREAM_SPARK_TLS: 'true' }), { tls: { ca: undefined } })
  assert.deepEqual(sparkSecurity({ TEXTSTREAM_SPARK_TLS_CA: file('ca', 'pem') }), { tls: { ca: Buffer.from('pem') } })
})

const refused: readonly (readonly [string, NodeJS.ProcessEnv, RegExp])[] = [
  ['two tokens', { TEXTSTREAM_SPARK_TOKEN: 'a', TEXTSTREAM_SPARK_TOKEN_FILE: '/b' }, /both set/],
  ['a file that is not there', { TEXTSTREAM_SPARK_TOKEN_FILE: '/nowhere' }, /TOKEN_FILE: ENOENT/],
  ['a token that no header can carry', { TEXTSTREAM_SPARK_TOKEN: 'a b' }, /no header can carry/],
]

for (const [what, environment, message] of refused)
  test(`${what}: refused`, () => assert.throws(() => sparkSecurity(environment), { code: 'spark/usage', message }))

test('a token asks for TLS, but not on this machine', () => {
  assert.equal(speaksTls(away, { token: 'a' }), true)
  assert.equal(speaksTls(here, { token: 'a' }), false)
  assert.equal(speaksTls({ ...here, tls: true }, { token: 'a' }), true)
})

test('a token never goes to another machine in the clear', () => {
  assert.throws(() => speaksTls({ ...away, tls: false }, { token: 'a' }), { code: 'spark/usage', message: /TLS only/ })
})

test('an address without TLS and certificates for it do not go together', () => {
  assert.throws(() => speaksTls({ ...here, tls: false }, { tls: { ca: undefined } }), { code: 'spark/usage' })
})
