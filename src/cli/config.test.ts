import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { addConfiguration } from './config.ts'

const fileWith = async (t: TestContext, text: string, mode = 0o644) => {
  const home = await mkdtemp(join(tmpdir(), 'textstream-config-'))
  t.after(() => rm(home, { recursive: true }))
  const path = join(home, 'textstream', 'config.env')
  await mkdir(join(home, 'textstream'))
  await writeFile(path, text)
  await chmod(path, mode)
  return { home, path }
}

const added = (environment: NodeJS.ProcessEnv) => {
  addConfiguration(environment)
  return environment
}

const text = '# where the broker is\nTEXTSTREAM_KAFKA_BROKER_PORT=9192\nTEXTSTREAM_LOGS_DIR="my logs"\n'

test('a setting of the file stands in for a variable', async t => {
  const { home } = await fileWith(t, text)
  const environment = added({ XDG_CONFIG_HOME: home })
  assert.equal(environment.TEXTSTREAM_KAFKA_BROKER_PORT, '9192')
  assert.equal(environment.TEXTSTREAM_LOGS_DIR, 'my logs')
})

test('the environment beats the file, also where it is empty', async t => {
  const { path } = await fileWith(t, text)
  const environment = { TEXTSTREAM_CONFIG: path, TEXTSTREAM_KAFKA_BROKER_PORT: '9292', TEXTSTREAM_LOGS_DIR: '' }
  assert.deepEqual(added({ ...environment }), environment)
})

test('no file is needed', () => {
  for (const environment of [{ XDG_CONFIG_HOME: '/nowhere' }, { HOME: '/nowhere' }, { TEXTSTREAM_CONFIG: '' }])
    assert.deepEqual(added({ ...environment }), environment)
})

test('a file that was asked for, and is not there, is told of', () => {
  assert.throws(() => addConfiguration({ TEXTSTREAM_CONFIG: '/nowhere/config.env' }), {
    code: 'config/usage',
    message: /"\/nowhere\/config.env": .*no such file.*TEXTSTREAM_CONFIG/,
  })
})

for (const [what, [line, message]] of Object.entries({
  'of another program': ['PATH=/tmp', /"PATH" is no setting/],
  'in small letters': ['logs-dir=logs', /"logs-dir" is no setting/],
  'that is read before the file': ['TEXTSTREAM_NODE=/usr/bin/node', /TEXTSTREAM_NODE" is looked for before/],
})) {
  test(`a setting ${what} is refused`, async t => {
    const { path } = await fileWith(t, `${line}\n`)
    assert.throws(() => addConfiguration({ TEXTSTREAM_CONFIG: path }), { code: 'config/usage', message })
  })
}

test('a password that others may read is refused, and never shown', async t => {
  const secret = 'TEXTSTREAM_KAFKA_SASL_PASSWORD=hunter2\n'
  const { path } = await fileWith(t, secret)
  assert.throws(
    () => addConfiguration({ TEXTSTREAM_CONFIG: path }),
    error => {
      const { message } = error as Error
      return message.includes('chmod 600') && !message.includes('hunter2')
    },
  )
  await chmod(path, 0o600)
  assert.equal(added({ TEXTSTREAM_CONFIG: path }).TEXTSTREAM_KAFKA_SASL_PASSWORD, 'hunter2')
})
