import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { kafkaName } from '../../src/topic/kafka-address.ts'
import type { DocumentPage, Health } from '../../src/web/api.ts'
import { followInto, type LiveEvent, nothingShown, type Shown, until } from '../../src/web/testing.ts'
import { kafkaSkip, someBroker } from './kafka-broker.ts'
import { newTopic } from './kafka-topics.ts'
import { root, tempDir, textstream } from './textstream.ts'
import { startUp, type UpProcess } from './up.ts'

const texts = join(root, 'examples/texts')
const names = readdirSync(texts)

const json = async <T>({ url }: UpProcess, path: string) => (await fetch(url + path)).json() as Promise<T>
const healthOf = (up: UpProcess) => json<Health>(up, '/health')
const isCaptured = ({ produce, consume }: Health) => produce.state === 'done' && consume.lag === 0

/** What the API gives of every document. */
const allTexts = async (up: UpProcess): Promise<string[]> => {
  const { documents } = await json<DocumentPage>(up, '/documents?limit=500')
  const uris = documents.map(({ uri }) => encodeURIComponent(uri))
  const answers = uris.map(uri => fetch(`${up.url}/documents/text?uri=${uri}`).then(answer => answer.arrayBuffer()))
  return (await Promise.all(answers)).map(bytes => Buffer.from(bytes).toString())
}

test('what is captured is given back byte for byte, over kills and restarts, and to a reader once', async () => {
  await using dir = await tempDir()
  const originals = names.map(name => readFileSync(join(texts, name), 'utf8'))
  const args = ['-d', texts, '-c', '24', '--rate', '120']
  const shown = nothingShown()
  let uri = ''
  for (let kills = 0; kills < 3; kills++) {
    await using up = await startUp(args, dir.path)
    const listed = await until(
      () => json<DocumentPage>(up, '/documents?order=size'),
      ({ total }) => total >= names.length,
    )
    uri ||= listed.documents[0].uri
    const before = shown.text.length
    const isMore = ({ text }: Shown, { event }: LiveEvent) => event === 'over' || text.length > before + 300
    await followInto(shown, `${up.url}/documents/live?uri=${encodeURIComponent(uri)}`, isMore)
    await up.end('SIGKILL')
  }
  await using up = await startUp(args, dir.path)
  await followInto(shown, `${up.url}/documents/live?uri=${encodeURIComponent(uri)}`, (_, { event }) => event === 'over')
  await until(() => healthOf(up), isCaptured, 30_000)
  assert.deepEqual((await allTexts(up)).toSorted(), originals.toSorted())
  assert.ok(originals.includes(shown.text))
  assert.equal(shown.replaced, 0)
})

test('Ctrl-C ends it in order: all is committed, and the log can be refreshed', async () => {
  await using dir = await tempDir()
  const up = await startUp(['-d', texts, '--rate', '0'], dir.path)
  await until(() => healthOf(up), isCaptured, 30_000)
  assert.equal(await up.end('SIGINT'), 130)
  assert.match(up.stderr(), /stopping/)
  const refreshed = await textstream(['refresh', 'logs', '-o', 'out'], { cwd: dir.path })
  assert.equal(refreshed.code, 0, refreshed.stderr)
  const counted = await textstream(['query', '--json', 'select count(*) as n from documents'], { cwd: dir.path })
  assert.deepEqual(JSON.parse(counted.stdout), [{ n: names.length }])
})

test('takes texts that are added while it runs', async () => {
  await using dir = await tempDir()
  const own = join(dir.path, 'texts')
  mkdirSync(own)
  await using up = await startUp(['-d', own, '--rate', '0'], dir.path)
  await until(
    () => healthOf(up),
    ({ produce }) => produce.state === 'done',
  )
  writeFileSync(join(own, 'late.md'), 'late')
  await until(
    () => json<DocumentPage>(up, '/documents'),
    ({ total }) => total === 1,
  )
})

test('shows a log that others write, and lets them write', async () => {
  await using dir = await tempDir()
  const write = (uri: string) =>
    textstream(['produce', '-', '-l', 'logs', '--agent', 'A', '--uri', uri], { cwd: dir.path, input: 'text' })
  await write('/before.md')
  await using up = await startUp(['--from', 'logs'], dir.path)
  assert.equal((await write('/after.md')).code, 0)
  const { documents } = await until(
    () => json<DocumentPage>(up, '/documents'),
    ({ total }) => total === 2,
  )
  assert.deepEqual(documents.map(({ uri, state }) => `${uri} ${state}`).toSorted(), [
    '/after.md complete',
    '/before.md complete',
  ])
})

const onSpark = ['--from', 'kafka://127.0.0.1:9/chunks', '--hive-table', 't']

const wrong: Record<string, [args: string[], code: number, says: RegExp]> = {
  'listening to all without a token': [['--host', '0.0.0.0'], 2, /give a token with --token or TEXTSTREAM_TOKEN/],
  'a folder that is not there': [['-d', 'absent'], 2, /"absent" is no folder/],
  'two places at once': [['--from', 'a', '--log', 'b'], 2, /leave one away/],
  'Spark without Kafka': [['--engine', 'spark'], 2, /Spark reads topics of Kafka, not a log: give --from kafka/],
  'Spark on a log': [['--from', 'logs', '--hive-table', 't'], 2, /Spark reads topics of Kafka, not "logs"/],
  'Spark and a folder': [[...onSpark, '--warehouse', 'w'], 2, /--warehouse is a folder that the embedded engine fills/],
  'Spark and no Spark': [[...onSpark, '--engine', 'embedded'], 2, /leave --engine embedded away/],
  'a log that is not there': [['--from', 'absent'], 1, /absent/],
}

for (const [name, [args, code, says]] of Object.entries(wrong)) {
  test(`ends clearly for ${name}`, async () => {
    await using dir = await tempDir()
    const ran = await textstream(['up', '--port', '0', ...args], { cwd: dir.path, env: { TEXTSTREAM_CONFIG: '' } })
    assert.deepEqual([ran.code, says.test(ran.stderr)], [code, true], ran.stderr)
  })
}

test('a second one beside the same log is refused', async () => {
  await using dir = await tempDir()
  await using _ = await startUp([], dir.path)
  const ran = await textstream(['up', '--port', '0'], { cwd: dir.path })
  assert.equal(ran.code, 1)
  assert.match(ran.stderr, /held by pid \d+/)
})

test('top shows agents, documents and rates, and nothing that a terminal would obey', async () => {
  await using dir = await tempDir()
  await using up = await startUp([], dir.path)
  const lines = [
    {
      chunk: 'a \x1b[31mred\x07 text',
      destination_uri: '/top.md',
      agent_id: 'Agent_\x1b]0;x\x07',
      response_id: 'r',
      seq: 0,
    },
  ]
  const headers = { 'content-type': 'application/x-ndjson' }
  const body = lines.map(line => JSON.stringify(line)).join('\n')
  await fetch(`${up.url}/records`, { method: 'POST', headers, body })
  await until(
    () => healthOf(up),
    ({ log }) => log.records === 1,
  )
  const ran = await textstream(['top', up.url, '--once'], { cwd: dir.path })
  assert.equal(ran.code, 0, ran.stderr)
  assert.match(ran.stdout, /\/top\.md/)
  assert.doesNotMatch(ran.stdout, /[\x00-\x09\x0b-\x1f\x7f]/)
  const asJson = await textstream(['top', up.url, '--once', '--json'], { cwd: dir.path })
  const { lanes } = JSON.parse(asJson.stdout) as { lanes: { uri: string }[] }
  assert.deepEqual(
    lanes.map(({ uri }) => uri),
    ['/top.md'],
  )
  const away = await textstream(['top', 'localhost:9'], { cwd: dir.path })
  assert.equal(away.code, 4)
})

test('a text that is not UTF-8 is said, and all others are captured', async () => {
  await using dir = await tempDir()
  const own = join(dir.path, 'texts')
  mkdirSync(own)
  writeFileSync(join(own, 'bad.bin'), Buffer.of(0xff, 0xfe))
  writeFileSync(join(own, 'good.md'), 'good')
  await using up = await startUp(['-d', own, '--rate', '0'], dir.path)
  const health = await until(
    () => healthOf(up),
    ({ produce }) => produce.state === 'done',
  )
  assert.deepEqual([health.status, health.produce.error?.includes('not UTF-8')], ['ok', true])
  await until(
    () => json<DocumentPage>(up, '/documents'),
    ({ total }) => total === 1,
  )
})

test('shows a topic of Kafka, and takes records for it', { skip: await kafkaSkip() }, async () => {
  await using broker = await someBroker()
  await using dir = await tempDir()
  const address = await newTopic(broker)
  await using up = await startUp(['--from', kafkaName(address)], dir.path)
  const record = (uri: string, seq: number) =>
    JSON.stringify({ chunk: `${seq} `, destination_uri: uri, agent_id: 'A', response_id: uri, seq })
  const uris = ['/a.md', '/b.md', '/c.md', '/d.md']
  const shown = nothingShown()
  const following = followInto(shown, `${up.url}/documents/live?uri=/a.md`, ({ text }) => text === '0 1 2 ')
  for (let seq = 0; seq < 3; seq++)
    await fetch(`${up.url}/records`, { method: 'POST', body: uris.map(uri => record(uri, seq)).join('\n') })
  await following
  for (const uri of uris) assert.equal(await (await fetch(`${up.url}/documents/text?uri=${uri}`)).text(), '0 1 2 ')
  const { consume } = await until(
    () => healthOf(up),
    ({ consume }) => consume.rows === 12,
  )
  assert.equal(consume.lagUnit, 'records')
})
