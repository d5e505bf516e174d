import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { kafkaSecurity } from './kafka-security.ts'

const withPrefix = (of: Record<string, string>) =>
  Object.fromEntries(Object.entries(of).map(([name, value]) => [`TEXTSTREAM_KAFKA_${name}`, value]))

const fileOf = async (t: TestContext, text: string) => {
  const dir = await mkdtemp(join(tmpdir(), 'textstream-security-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  await writeFile(join(dir, 'file'), text)
  return join(dir, 'file')
}

test('without variables there is neither TLS nor a login', () => {
  for (const environment of [{}, { TLS_CA: '', SASL_USERNAME: '', SASL_PASSWORD: '' }, { TLS: '0' }])
    assert.deepEqual(kafkaSecurity(withPrefix(environment)), {})
})

test('a login is a name and a password, from a variable or a file without its line end', async t => {
  const sasl = { username: 'ada', password: ' pass\nword ' }
  const file = await fileOf(t, ' pass\nword \r\n')
  for (const password of [{ SASL_PASSWORD: ' pass\nword ' }, { SASL_PASSWORD_FILE: file }])
    assert.deepEqual(kafkaSecurity(withPrefix({ SASL_USERNAME: 'ada', ...password })), { sasl })
})

test('TLS is asked for by an authority, or by name', async t => {
  const ca = await fileOf(t, 'PEM')
  assert.deepEqual(kafkaSecurity(withPrefix({ TLS_CA: ca })), { tls: { ca: Buffer.from('PEM') } })
  assert.deepEqual(kafkaSecurity(withPrefix({ TLS: 'true' })), { tls: { ca: undefined } })
})

const faults: readonly (readonly [what: string, environment: Record<string, string>, message: RegExp])[] = [
  ['a name without a password', { SASL_USERNAME: 'ada' }, /set TEXTSTREAM_KAFKA_SASL_PASSWORD_FILE/],
  ['a password without a name', { SASL_PASSWORD: 'hunter2' }, /set TEXTSTREAM_KAFKA_SASL_USERNAME/],
  ['two passwords', { SASL_USERNAME: 'ada', SASL_PASSWORD: 'hunter2', SASL_PASSWORD_FILE: 'hunter2' }, /both set/],
  ['a password in no file', { SASL_USERNAME: 'ada', SASL_PASSWORD_FILE: '/nowhere' }, /SASL_PASSWORD_FILE: ENOENT/],
  ['an authority in no file', { TLS_CA: '/nowhere' }, /TLS_CA: ENOENT/],
]

for (const [what, environment, message] of faults) {
  test(`${what} is refused, and no message repeats a password`, () => {
    assert.throws(
      () => kafkaSecurity(withPrefix(environment)),
      thrown => {
        const { code, message: said } = thrown as { code: string; message: string }
        return code === 'kafka/usage' && message.test(said) && !said.includes('hunter2')
      },
    )
  })
}
