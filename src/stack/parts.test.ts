import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { pinsFrom } from './jars.ts'
import type { Daemon, Part, Program } from './part.ts'
import { inOrder, inReverse, parts, partsOf } from './parts.ts'
import { namesIn, placeOf } from './place.ts'
import { render } from './template.ts'
import { type Placed, portsWith, variablesFor } from './variables.ts'

const part = (name: string, ...needs: string[]): Part => ({
  name,
  is: name,
  needs,
  ports: {},
  memoryMiB: 1,
  daemons: [],
})
const some = partsOf(
  part('spark', 'hive'),
  part('hdfs'),
  part('hive', 'hdfs', 'postgres'),
  part('postgres'),
  part('kafka'),
)
const names = (of: readonly Part[]) => of.map(({ name }) => name)

test('a part starts behind all that it needs, each once', () => {
  assert.deepEqual(names(inOrder(some, ['spark', 'hdfs'])), ['hdfs', 'postgres', 'hive', 'spark'])
})

test('a part ends behind all that need it, directly or not', () => {
  assert.deepEqual(names(inReverse(some, ['hdfs'])), ['spark', 'hive', 'hdfs'])
  assert.deepEqual(names(inReverse(some, ['kafka', 'hive'])), ['kafka', 'spark', 'hive'])
})

test('an unknown part is refused, with those that there are', () => {
  assert.throws(() => inOrder(some, ['hbase']), { code: 'stack/usage', message: /"hbase".*spark, hdfs, hive/ })
})

test('no two parts want the same port, and no two daemons the same name', () => {
  const all = [...parts.values()]
  const ports = all.flatMap(of => Object.values(of.ports))
  const daemons = all.flatMap(of => of.daemons.map(({ name }) => name))
  assert.deepEqual([new Set(ports).size, new Set(daemons).size], [ports.length, daemons.length])
})

const textsOf = (program: Program): readonly string[] =>
  program.kind === 'java'
    ? [...program.options, ...program.arguments, program.classPath ?? '{{conf}}:{{lib}}/*']
    : program.arguments

const programsOf = ({ program, format }: Daemon) => (format === undefined ? [program] : [program, format])

const inPlace = (of: Part): Placed => {
  const place = placeOf({ state: '/state' }, of.name)
  const others = (of.libs ?? []).map(name => [`${name}.lib`, '/other'])
  const bundles = (of.bundles ?? []).map(({ name }) => [`bundle.${name}`, '/bundle'])
  return {
    part: of,
    place,
    ports: portsWith(of, 7),
    fetched: Object.fromEntries([['lib', '/lib'], ['archive', '/lib.jsa'], ...others, ...bundles]),
  }
}

/** Alone, and with all that it can use. */
const waysOf = (of: Part): Part[] => [of, { ...of, needs: [...of.needs, ...(of.uses ?? [])] }]

for (const [name, of] of parts) {
  test(`${name}: its declaration and its templates name variables that there are`, async () => {
    for (const way of waysOf(of)) {
      const needed = inOrder(parts, way.needs).map(inPlace)
      const variables = { ...variablesFor(inPlace(way), needed), here: '/here' }
      for (const text of of.daemons.flatMap(programsOf).flatMap(textsOf)) render(text, variables, 'the declaration')
      const conf = join(placeOf({ state: '/' }, name).installation, 'conf')
      for (const file of await namesIn(conf)) render(await readFile(join(conf, file), 'utf8'), variables, file)
    }
  })

  test(`${name}: each of its daemons listens on ports that it declares, and none is left over`, () => {
    assert.deepEqual(of.daemons.flatMap(({ ports }) => ports).sort(), Object.keys(of.ports).sort())
  })

  test(`${name}: what its pom names is among the pinned jars`, async () => {
    const { installation } = placeOf({ state: '/' }, name)
    const files = await namesIn(installation)
    if (!files.includes('pom.xml')) return
    const pom = await readFile(join(installation, 'pom.xml'), 'utf8')
    const pins = pinsFrom(await readFile(join(installation, 'jars.sha256'), 'utf8'))
    const dependencies = [
      ...pom.matchAll(
        /<artifactId>([^<]+)<\/artifactId>\s*<version>([^<$]+)<\/version>\s*(?:<exclusions>.*?<\/exclusions>\s*)?<\/dependency>/gs,
      ),
    ]
    assert.ok(dependencies.length > 0)
    for (const [, artifact, version] of dependencies) assert.ok(pins.has(`${artifact}-${version}.jar`), artifact)
  })
}

test('what is formatted lies under another name, and another part is named with its own', () => {
  const kafka = inPlace(parts.get('kafka')!)
  const exporter = inPlace(parts.get('kafka-exporter')!)
  assert.equal(variablesFor(kafka, [], 'kafka')['data.kafka'], '/state/kafka/data/kafka.new')
  assert.equal(variablesFor(exporter, [kafka])['kafka.ports.broker'], '9099')
})
