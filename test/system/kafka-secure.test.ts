import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Part } from '../../src/stack/part.ts'
import { kafka } from '../../src/stack/parts/kafka.ts'
import { kafkaTopic } from '../../src/topic/kafka.ts'
import { kafkaAddressOf, kafkaName } from '../../src/topic/kafka-address.ts'
import { kafkaSecurity } from '../../src/topic/kafka-security.ts'
import { type Broker, kafkaSkip, startBroker } from './kafka-broker.ts'
import { newTopic } from './kafka-topics.ts'
import { execute, type Ran, tempDir, textstream } from './textstream.ts'

const skip = await kafkaSkip()
const password = 'correct horse'
const store = 'changeit'

const keytool = async (...args: string[]) => {
  const { code, stdout, stderr } = await execute('keytool', args)
  assert.equal(code, 0, stdout + stderr)
}

/** A key of the broker's own, and its certificate as PEM, which is its own authority. */
const makeKey = async (dir: string, name: string) => {
  const [keys, pem] = [join(dir, `${name}.p12`), join(dir, `${name}.pem`)]
  const common = ['-alias', 'broker', '-keystore', keys, '-storepass', store]
  const as = ['-dname', 'CN=localhost', '-ext', 'SAN=dns:localhost,ip:127.0.0.1', '-validity', '2']
  await keytool('-genkeypair', '-keyalg', 'EC', '-storetype', 'PKCS12', ...as, ...common)
  await keytool('-exportcert', '-rfc', '-file', pem, ...common)
  return { keys, pem }
}

const overrides = (keys: string): Record<string, string> => ({
  listeners:
    'PLAINTEXT://127.0.0.1:{{ports.broker}},SECURE://127.0.0.1:{{ports.secure}},CONTROLLER://127.0.0.1:{{ports.controller}}',
  'advertised.listeners': 'PLAINTEXT://127.0.0.1:{{ports.broker}},SECURE://127.0.0.1:{{ports.secure}}',
  'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL',
  'ssl.keystore.type': 'PKCS12',
  'ssl.keystore.location': keys,
  'ssl.keystore.password': store,
  'sasl.enabled.mechanisms': 'PLAIN',
  'listener.name.secure.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required user_ada="${password}";`,
})

/** With one more listener, which wants TLS and a login. */
const secured = (keys: string): Part => {
  const [daemon] = kafka.daemons
  const more = Object.entries(overrides(keys)).flatMap(([name, value]) => ['--override', `${name}=${value}`])
  const program = { ...daemon.program, arguments: [...daemon.program.arguments, ...more] } as typeof daemon.program
  return {
    ...kafka,
    ports: { ...kafka.ports, secure: 9094 },
    daemons: [{ ...daemon, ports: [...daemon.ports, 'secure'], program }],
  }
}

const dir = await tempDir()
let broker: Broker | undefined
let secure = { address: '' }
const key = skip === false ? await makeKey(dir.path, 'broker') : { keys: '', pem: '' }
const another = skip === false ? await makeKey(dir.path, 'another') : { keys: '', pem: '' }
const passwordFile = join(dir.path, 'password')

before(async () => {
  if (skip !== false) return
  await writeFile(passwordFile, `${password}\n`)
  broker = await startBroker(secured(key.keys))
  secure = { address: `127.0.0.1:${broker.port + 9094 - kafka.ports.broker}` }
})
after(async () => {
  await broker?.[Symbol.asyncDispose]()
  await dir[Symbol.asyncDispose]()
})

const login = () => ({
  TEXTSTREAM_KAFKA_TLS_CA: key.pem,
  TEXTSTREAM_KAFKA_SASL_USERNAME: 'ada',
  TEXTSTREAM_KAFKA_SASL_PASSWORD_FILE: passwordFile,
})

const tap = async (env: Record<string, string>): Promise<Ran> => {
  const { topic } = await newTopic(broker!)
  const ran = await textstream(['tap', '--once', '--from', `kafka://${secure.address}/${topic}`], { env })
  assert.ok(!(ran.stdout + ran.stderr).includes(password))
  return ran
}

test('over TLS and with a login everything works', { skip }, async () => {
  const env = login()
  const to = ['-k', secure.address, '-t', 'secured', '--create-topic', '--uri', '/a.md']
  const produced = await textstream(['produce', '-', ...to], { env, input: 'text' })
  assert.equal(produced.code, 0, produced.stderr)
  const address = kafkaAddressOf(secure.address, 'secured')
  const { stdout } = await textstream(['cat', '/a.md', '--from', kafkaName(address)], { env })
  assert.equal(stdout, 'text')
  const topic = kafkaTopic(address, { security: kafkaSecurity(env) })
  assert.equal(
    Object.values(await topic.end()).reduce((sum, n) => sum + n),
    2,
  )
})

const faults: Readonly<Record<string, readonly [change: () => Record<string, string>, code: number, message: RegExp]>> =
  {
    'a wrong password': [
      () => ({ ...login(), TEXTSTREAM_KAFKA_SASL_PASSWORD_FILE: '', TEXTSTREAM_KAFKA_SASL_PASSWORD: 'hunter2' }),
      1,
      /the broker refuses the login; check TEXTSTREAM_KAFKA_SASL_USERNAME/,
    ],
    'no login': [() => ({ TEXTSTREAM_KAFKA_TLS_CA: key.pem }), 4, /does it want TLS, or a login\?/],
    'no TLS': [() => ({ ...login(), TEXTSTREAM_KAFKA_TLS_CA: '' }), 4, /does it want TLS/],
    neither: [() => ({}), 1, /TLS/],
    'another authority': [
      () => ({ ...login(), TEXTSTREAM_KAFKA_TLS_CA: another.pem }),
      1,
      /self.signed certificate; set TEXTSTREAM_KAFKA_TLS_CA/,
    ],
    "only the system's authorities": [
      () => ({ ...login(), TEXTSTREAM_KAFKA_TLS_CA: '', TEXTSTREAM_KAFKA_TLS: '1' }),
      1,
      /self.signed certificate; set TEXTSTREAM_KAFKA_TLS_CA/,
    ],
    'no certificate in the file': [() => ({ ...login(), TEXTSTREAM_KAFKA_TLS_CA: passwordFile }), 1, /TLS/],
  }

for (const [what, [change, code, message]] of Object.entries(faults)) {
  test(`${what}: an error that says so, and nothing secret`, { skip }, async () => {
    const ran = await tap(change())
    assert.match(ran.stderr, message)
    assert.equal(ran.code, code, ran.stderr)
    assert.ok(!ran.stderr.includes('hunter2'))
  })
}
