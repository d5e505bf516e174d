import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { pinsFrom } from '../../src/stack/jars.ts'
import { hive } from '../../src/stack/parts/hive.ts'
import { spark } from '../../src/stack/parts/spark.ts'
import { installations } from '../../src/stack/place.ts'
import { composeSkip as skip } from './compose.ts'
import { execute } from './textstream.ts'

interface Service {
  readonly image: string
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly ports?: readonly string[]
  readonly network_mode?: string
}

const textOf = (part: string, file: string) => readFile(join(installations, part, file), 'utf8')
const servicesOf = async (part: string): Promise<Record<string, Service>> =>
  parse(await textOf(part, 'compose.yaml'), { merge: true }).services

/** `-Dname=value` and `--conf=name=value`. */
const settingsIn = (words: readonly string[]): Map<string, string> =>
  new Map(
    words.flatMap(word =>
      [...word.matchAll(/^(?:-D|--conf=)([^=]+)=(.*)$/g)].map(([, name, value]) => [name, value] as const),
    ),
  )

const onTheirPorts = (value: string) =>
  value.replace(/\{\{(?:hive\.)?ports\.([\w-]+)\}\}/g, (_, name: string) => String(hive.ports[name]))

const alike = (
  expected: Iterable<readonly [string, string]>,
  elsewhere: RegExp,
  container: ReadonlyMap<string, string>,
) => {
  const wanted = [...expected].filter(([name]) => !elsewhere.test(name))
  assert.ok(wanted.length > 5)
  for (const [name, value] of wanted) assert.equal(container.get(name), onTheirPorts(value), name)
}

test("Hive's containers have the settings of the daemons without Docker, but where things are", async () => {
  const site = await textOf('hive', 'conf/hive-site.xml')
  const settings = [...site.matchAll(/<name>(.*?)<\/name><value>(.*?)<\/value>/g)].map(
    ([, name, value]) => [name, value] as const,
  )
  const { metastore, hiveserver2 } = await servicesOf('hive')
  const words = [metastore, hiveserver2].flatMap(({ environment }) => environment!.SERVICE_OPTS.split(/\s+/))
  const elsewhere = /URL|host$|port$|\.dir$|scratchdir|location|log4j|async/
  alike(settings, elsewhere, settingsIn(words))
  for (const { environment } of [metastore, hiveserver2])
    assert.match(environment!.SERVICE_OPTS, /-Duser\.timezone=UTC/)
})

test("Spark's container has the settings of the server without Docker, but where things are", async () => {
  const properties = await textOf('spark', 'conf/spark.properties')
  const settings = [...properties.matchAll(/^([\w.]+)=(.*)$/gm)].map(([, name, value]) => [name, value] as const)
  const elsewhere = /master$|binding|ui\.port|\.dir$|jars\.path|defaultFS|executor/
  alike(settings, elsewhere, settingsIn((await servicesOf('spark')).spark.command!))
})

test('Hadoop, Hive and Spark join in one network, with the ports of each', async () => {
  const services = await Promise.all(['hadoop', 'hive', 'spark'].map(servicesOf))
  const networks = services.map(({ network: { ports, ...rest } }) => rest)
  assert.deepEqual(networks[1], networks[0])
  assert.deepEqual(networks[2], networks[0])
  for (const [name, { ports, network_mode: mode }] of services.flatMap(Object.entries<Service>)) {
    if (name === 'network' || /driver|jars/.test(name)) continue
    assert.deepEqual([name, ports, mode], [name, undefined, 'service:network'])
  }
})

test('docker-compose takes the three together', { skip }, async () => {
  const files = ['hadoop', 'hive', 'spark'].flatMap(part => ['-f', join(installations, part, 'compose.yaml')])
  const { code, stdout, stderr } = await execute('docker-compose', [...files, 'config'])
  assert.equal(code, 0, stderr)
  const { network } = parse(stdout).services as Record<string, Service>
  const published = network.ports!.map(port => Number(port.split(':')[1]))
  for (const { ports } of [hive, spark]) for (const port of Object.values(ports)) assert.ok(published.includes(port))
  assert.ok(published.includes(9820))
})

test('the containers are reached at the ports of the parts', async () => {
  const mapped = async (part: string) => Object.values(await servicesOf(part)).flatMap(({ ports = [] }) => ports)
  const ports = (of: typeof hive) => Object.values(of.ports).map(port => `127.0.0.1:${port}:${port}`)
  assert.deepEqual(await mapped('hive'), ports(hive))
  assert.deepEqual(await mapped('spark'), ports(spark))
})

const downloads = { hive: ['hive-driver', /postgresql/], spark: ['spark-jars', /./] } as const

for (const [part, [service, which]] of Object.entries(downloads)) {
  test(`${part}: what the containers download is pinned as it is without Docker`, async () => {
    const [script] = (await servicesOf(part))[service].command!
    execFileSync('/bin/sh', ['-n', '-c', script.replaceAll('$$', '$')])
    const jar = /\/([\w.-]+\.jar)|jar=(\S+)/g
    const named = new Set([...script.matchAll(jar)].map(([, path, name]) => path ?? name))
    const pins = pinsFrom(await textOf(part, 'jars.sha256'))
    const wanted = [...pins].filter(([name]) => which.test(name))
    assert.deepEqual([...named].sort(), wanted.map(([name]) => name).sort())
    for (const [, digest] of wanted) assert.ok(script.includes(digest), digest)
  })
}
