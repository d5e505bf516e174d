import assert from 'node:assert/strict'
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { hadoop } from '../../src/stack/parts/hadoop.ts'
import { installations } from '../../src/stack/place.ts'
import { composeSkip as skip } from './compose.ts'
import { execute, tempDir } from './textstream.ts'

interface Service {
  readonly image?: string
  readonly command?: readonly string[]
  readonly ports?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly volumes?: readonly string[]
}

const folders = (await readdir(installations, { withFileTypes: true })).filter(entry => entry.isDirectory())
const files = folders.map(({ name }) => join(installations, name, 'compose.yaml'))
const texts = new Map<string, string>()
for (const file of files) {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text !== undefined) texts.set(file, text)
}

const check = (file: string) => execute('docker-compose', ['-f', file, 'config', '-q'])
const servicesOf = (text: string): [string, Service][] => Object.entries(parse(text, { merge: true }).services)

for (const [file, text] of texts) {
  const name = file.slice(installations.length + 1)

  test(`${name}: docker-compose takes it`, { skip }, async () => {
    const { code, stderr } = await check(file)
    assert.equal(code, 0, stderr)
  })

  test(`${name}: images are pinned, ports on loopback, services checked, data in volumes`, () => {
    for (const [service, { image, ports = [], healthcheck, volumes = [], command = [] }] of servicesOf(text)) {
      assert.match(image ?? '', /^[\w./-]+:\d+\.\d+[\w.-]*$/, `${service}: image`)
      for (const port of ports) assert.match(port, /^127\.0\.0\.1:([\d-]+):\1$/, `${service}: port`)
      assert.ok(healthcheck !== undefined, `${service}: healthcheck`)
      assert.ok(volumes.length > 0 || command[0] === 'sleep', `${service}: volumes`)
    }
  })

  test(`${name}: each volume that it names is declared`, () => {
    const declared = Object.keys(parse(text, { merge: true }).volumes ?? {})
    const named = servicesOf(text).flatMap(([, { volumes = [] }]) => volumes.map(volume => volume.split(':')[0]))
    assert.deepEqual(
      named.filter(volume => !/^[./]/.test(volume) && !declared.includes(volume)),
      [],
    )
  })
}

test('docker-compose refuses what is broken', { skip }, async () => {
  await using dir = await tempDir()
  const file = join(dir.path, 'compose.yaml')
  await writeFile(file, 'services:\n  broker:\n    image: a:1.0\n    prots: ["1:1"]\n')
  assert.notEqual((await check(file)).code, 0)
})

const kafka = texts.get(join(installations, 'kafka', 'compose.yaml'))!
const variableOf = (key: string) => `KAFKA_${key.replaceAll('.', '_').toUpperCase()}`

test("Kafka's container has the settings of the broker without Docker, but where it listens", async () => {
  const conf = await readFile(join(installations, 'kafka/conf/server.properties'), 'utf8')
  const settings = [...conf.matchAll(/^([\w.]+)=(.*)$/gm)].map(([, key, value]) => [variableOf(key), value])
  const environment = servicesOf(kafka)[0][1].environment!
  const elsewhere = /LISTENER|VOTERS|LOG_DIRS|SECURITY/
  const alike = settings.filter(([key]) => !elsewhere.test(key))
  assert.ok(alike.length > 15)
  for (const [key, value] of alike) assert.equal(environment[key], value, key)
})

test('Kafka is reached at 9092 from outside and at 29092 from inside', () => {
  const [[host, { ports, environment = {} }]] = servicesOf(kafka)
  assert.deepEqual(ports, ['127.0.0.1:9092:9092'])
  assert.equal(environment.KAFKA_ADVERTISED_LISTENERS, `OUTSIDE://localhost:9092,INSIDE://${host}:29092`)
})

const hadoopFolder = join(installations, 'hadoop')

/** The configuration in Hadoop's containers: by file, what it says. */
const confInContainers = async (): Promise<Map<string, string>> => {
  await using dir = await tempDir()
  const { code, stderr } = await execute(join(hadoopFolder, 'start.sh'), ['conf', dir.path])
  assert.equal(code, 0, stderr)
  const names = await readdir(dir.path)
  return new Map(
    await Promise.all(names.map(async name => [name, await readFile(join(dir.path, name), 'utf8')] as const)),
  )
}

const propertiesOf = (xml: string) =>
  [...xml.matchAll(/<name>([^<]+)<\/name>\s*<value>([^<]*)<\/value>/g)].map(([, name, value]) => [name, value] as const)

test("Hadoop's containers have the settings of the stack, on the same ports, with nothing left to fill in", async () => {
  const inContainers = await confInContainers()
  const { ports } = hadoop
  for (const name of await readdir(join(hadoopFolder, 'conf'))) {
    const text = inContainers.get(name) ?? ''
    assert.doesNotMatch(text, /\{\{/, name)
    const found = new Map(propertiesOf(text))
    for (const [key, value] of propertiesOf(await readFile(join(hadoopFolder, 'conf', name), 'utf8'))) {
      const port = /^127\.0\.0\.1:\{\{ports\.([\w-]+)\}\}$/.exec(value)?.[1]
      if (port !== undefined)
        assert.match(found.get(key) ?? '', new RegExp(`^(127\\.0\\.0\\.1|0\\.0\\.0\\.0):${ports[port]}$`), key)
      else if (!value.includes('{{')) assert.equal(found.get(key), value, key)
    }
  }
})

test('Hadoop is reached at the ports of the old system, and at those that a client needs', () => {
  const [[, { ports = [] }], ...daemons] = servicesOf(texts.get(join(hadoopFolder, 'compose.yaml'))!)
  const published = ports.map(port => port.split(':')[1])
  const { namenode, datanode, resourcemanager, history } = hadoop.ports
  for (const port of [
    9820,
    9870,
    8088,
    8042,
    19888,
    namenode,
    datanode,
    hadoop.ports['datanode-http'],
    resourcemanager,
    history,
  ])
    assert.ok(published.includes(String(port)), String(port))
  assert.deepEqual(
    daemons.map(([name, { command = [] }]) => [name, command[0]]),
    hadoop.daemons.map(({ name }) => [name, name]),
  )
})

test("Hadoop's image is built from pinned ones, the official one of the stack's version among them", async () => {
  const dockerfile = await readFile(join(hadoopFolder, 'Dockerfile'), 'utf8')
  const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image)
  for (const image of bases) assert.match(image, /^[\w./-]+:\d+\.\d+\.\d+[\w.-]*$/)
  const pom = await readFile(join(hadoopFolder, 'pom.xml'), 'utf8')
  const version = /<artifactId>hadoop-common<\/artifactId>\s*<version>([^<]+)/.exec(pom)?.[1]
  assert.ok(bases.includes(`apache/hadoop:${version}`))
})

test('the script that makes the topic says what it would ask Docker for', async () => {
  await using dir = await tempDir()
  const docker = join(dir.path, 'docker')
  await writeFile(docker, '#!/bin/sh\nprintf "%s\\n" "$@"\n')
  await chmod(docker, 0o755)
  const script = join(installations, 'kafka/create-topic.sh')
  const { code, stdout } = await execute(script, ['my topic', '8'], { env: { PATH: `${dir.path}:/usr/bin:/bin` } })
  const words = stdout.split('\n')
  assert.equal(code, 0)
  assert.deepEqual(words.slice(0, 3), ['compose', '-f', join(installations, 'kafka/compose.yaml')])
  assert.equal(words[words.indexOf('--topic') + 1], 'my topic')
  assert.equal(words[words.indexOf('--partitions') + 1], '8')
})
