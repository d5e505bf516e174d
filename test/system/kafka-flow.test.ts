import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openTopic } from '../../src/pipeline.ts'
import { type KafkaAddress, kafkaName } from '../../src/topic/kafka-address.ts'
import { kafkaSkip, sharedBroker } from './kafka-broker.ts'
import { deleteTopic, linesIn, newTopic, sendForeign } from './kafka-topics.ts'
import { freePort, runPage } from './pages.ts'
import { serve } from './served.ts'
import { bin, execute, plainEnvironment, type Ran, root, type TempDir, tempDir, textstream } from './textstream.ts'

const skip = await kafkaSkip()
const broker = await sharedBroker(skip)

const isLong = process.env.TEXTSTREAM_LONG !== undefined

const done = ({ code, stdout, stderr }: Ran): string => {
  assert.equal(code, 0, stderr)
  return stdout
}

const samples = async ({ path }: TempDir) => {
  await cp(join(root, 'examples/texts'), join(path, 'texts'), { recursive: true })
  return join(path, 'texts')
}

const documentsIn = async (dir: string): Promise<Map<string, string>> => {
  const rows = (await readFile(join(dir, '_documents.ndjson'), 'utf8')).trimEnd().split('\n')
  const documents = rows.map(row => JSON.parse(row)).filter(({ state }) => state === 'complete')
  return new Map(
    await Promise.all(
      documents.map(async ({ source, file }) => [source.file, await readFile(join(dir, file), 'hex')] as const),
    ),
  )
}

const originalsIn = async (dir: string): Promise<Map<string, string>> => {
  const names = (await readdir(dir)).sort()
  return new Map(await Promise.all(names.map(async name => [name, await readFile(join(dir, name), 'hex')] as const)))
}

const sortedMap = (map: Map<string, string>) => new Map([...map].sort(([a], [b]) => (a < b ? -1 : 1)))

/** What a refresh of this place makes is what the source has, document by document. */
const assertRebuilt = async (place: string, texts: string, cwd: string, out: string) => {
  done(await textstream(['refresh', place, '-o', out], { cwd }))
  assert.deepEqual(sortedMap(await documentsIn(join(cwd, out))), sortedMap(await originalsIn(texts)))
}

test('old README: producer into Kafka and a log, consumer from Kafka, and what came of it', { skip }, async () => {
  await using dir = await tempDir()
  const cwd = dir.path
  const texts = await samples(dir)
  await using source = await serve(texts)
  const address = await newTopic(broker)
  const { port } = broker
  const producer = ['-s', source.port, '-k', String(port), '-t', address.topic, '-l', './logs/producer']
  done(await execute(join(root, 'bin/start_producer.sh'), producer, { cwd }))
  await assertRebuilt('logs/producer', texts, cwd, 'of-log')
  await assertRebuilt(kafkaName(address), texts, cwd, 'of-kafka')
  const listing = (out: string) => readFile(join(cwd, out, '_documents.ndjson'), 'utf8')
  assert.equal(await listing('of-kafka'), await listing('of-log'))

  const consumer = ['--kafka-broker-port', String(port), '--topic', address.topic, '--logs-dir', 'parquet/', '--once']
  done(await execute(join(root, 'bin/start_consumer.sh'), consumer, { cwd }))
  const sql = 'SELECT count(*)::INT AS n, count(DISTINCT destination_uri)::INT AS d FROM chunks_clustered'
  const [{ n, d }] = JSON.parse(done(await textstream(['query', sql, '--warehouse', 'parquet', '--json'], { cwd })))
  const chunks = [...(await linesIn(await openTopic(kafkaName(address))))].filter(line => !line.includes('"end":'))
  assert.deepEqual([n, d], [chunks.length, new Set(chunks.map(line => JSON.parse(line).destination_uri)).size])

  const again = done(await execute(join(root, 'bin/start_producer.sh'), [...producer, '--json'], { cwd }))
  assert.ok(JSON.parse(again).deliveries.every(({ state }: { state: string }) => state === 'already captured'))
  done(await textstream(['verify', 'of-kafka', '--against', texts, '--log', kafkaName(address)], { cwd }))
})

test('tap and cat read a topic', { skip }, async () => {
  const address = await newTopic(broker)
  const input = 'one\ntwo\n'
  const to = ['-k', broker.address, '-t', address.topic, '--uri', '/a.md', '--agent', 'Agent_Ada']
  done(await textstream(['produce', '-', ...to], { input }))
  const from = ['--from', kafkaName(address)]
  assert.equal(done(await textstream(['cat', '/a.md', ...from])), input)
  assert.equal(done(await textstream(['cat', '/a.md', ...from, '--follow'])), input)
  const tapped = done(await textstream(['tap', ...from, '--once', '--json']))
    .trimEnd()
    .split('\n')
  assert.deepEqual(
    tapped.map(line => JSON.parse(line).seq),
    [0, 1],
  )
})

test('what is not ours in a topic is set aside with its partition, its offset and the reason', { skip }, async () => {
  await using dir = await tempDir()
  const cwd = dir.path
  const address = await newTopic(broker, 2)
  const old = { agent_id: 'Agent_Melissa', destination_uri: '/alone.md', event_time: '2025-03-01T10:00:01' }
  await sendForeign(address, [
    { partition: 0, value: JSON.stringify({ chunk: '"a" ', ...old }) },
    { partition: 0, value: null, key: '/alone.md' },
    { partition: 1, value: 'no JSON' },
    { partition: 1, value: JSON.stringify({ chunk: 'b', ...old, event_time: '2025-03-01T10:00:02' }, null, 2) },
    { partition: 0, value: '{"chunk":"x\ny","destination_uri":"/alone.md"}' },
    { partition: 1, value: '' },
    { partition: 1, value: '{"chunk":"c"}' },
  ])
  const refreshed = await textstream(['refresh', kafkaName(address), '-o', 'out'], { cwd })
  assert.equal(refreshed.code, 3, refreshed.stderr)
  assert.equal(await readFile(join(cwd, 'out/alone.md.txt'), 'utf8'), '"a" b')
  const malformed = (await readFile(join(cwd, 'out/_malformed.ndjson'), 'utf8')).trimEnd().split('\n')
  const name = kafkaName(address)
  assert.deepEqual(
    malformed.map(line => JSON.parse(line)).map(({ input, offset, bytes }) => [input, offset, atob(bytes)]),
    [
      [`${name}/0`, 1, 'null'],
      [`${name}/0`, 2, '{"chunk":"x\ry","destination_uri":"/alone.md"}'],
      [`${name}/1`, 0, 'no JSON'],
      [`${name}/1`, 3, '{"chunk":"c"}'],
    ],
  )
  assert.match(refreshed.stderr, new RegExp(`malformed: ${name}/0 at offset 1: `))
  const consumed = await textstream(['consume', '--from', name, '--once', '--json'], { cwd })
  assert.equal(consumed.code, 3, consumed.stderr)
  const { rows, malformed: rejected } = JSON.parse(consumed.stdout)
  assert.deepEqual([rows, rejected], [2, 4])
  const sql = 'SELECT partition, topic_offset FROM rejected ORDER BY ALL'
  const told = JSON.parse(done(await textstream(['query', sql, '--json'], { cwd })))
  assert.deepEqual(
    told.map((row: { partition: string; topic_offset: number }) => [row.partition, Number(row.topic_offset)]),
    [
      ['0', 1],
      ['0', 2],
      ['1', 0],
      ['1', 3],
    ],
  )
})

const faults: Readonly<
  Record<string, (address: KafkaAddress) => readonly [args: string[], code: number, message: RegExp]>
> = {
  'a topic that is not there': ({ brokers: [{ port }] }) => [
    ['refresh', `kafka://127.0.0.1:${port}/absent`],
    1,
    /read topic "absent" at 127\.0\.0\.1:\d+: there is no such topic; .*--create-topic/,
  ],
  'a broker that is not there': () => [
    ['tap', '--from', 'kafka://127.0.0.1:1/chunks'],
    4,
    /read topic "chunks" at 127\.0\.0\.1:1: connect ECONNREFUSED 127\.0\.0\.1:1; is the broker up\? try: textstream stack up kafka/,
  ],
  'more replicas than brokers': ({ brokers: [{ port }] }) => [
    ['produce', '-', '-k', String(port), '-t', 'too-many', '--create-topic', '--replication', '7'],
    2,
    /4 partitions on 7 brokers each cannot be had/,
  ],
}

for (const [what, make] of Object.entries(faults)) {
  test(`${what}: the exit code and the message say so, and nothing is left`, { skip }, async () => {
    await using dir = await tempDir()
    const address = await newTopic(broker)
    const [args, code, message] = make(address)
    const ran = await textstream(args, { cwd: dir.path })
    assert.deepEqual([ran.code, await readdir(dir.path)], [code, []], ran.stderr)
    assert.match(ran.stderr, message)
    await deleteTopic(address)
  })
}

/** What a broker without TLS and logins, asked with either, makes of it. */
const logins: readonly (readonly [what: string, environment: Record<string, string>, message: RegExp])[] = [
  ['TLS', { TEXTSTREAM_KAFKA_TLS: '1' }, /TLS|closed|disconnected/],
  [
    'a login',
    { TEXTSTREAM_KAFKA_SASL_USERNAME: 'ada', TEXTSTREAM_KAFKA_SASL_PASSWORD: 'hunter2' },
    /login|SASL|closed/,
  ],
]

for (const [what, env, message] of logins) {
  test(`a broker that knows no ${what}: an error that names it, and no password`, { skip }, async () => {
    const address = await newTopic(broker)
    const { code, stderr } = await textstream(['tap', '--once', '--from', kafkaName(address)], { env })
    assert.ok(code === 1 || code === 4, stderr)
    assert.match(stderr, message)
    assert.ok(!stderr.includes('hunter2'))
  })
}

/** Many texts that take a while, so that a producer can be killed in the middle of them. */
const manyTexts = async ({ path }: TempDir) => {
  const texts = join(path, 'texts')
  await mkdir(texts)
  for (let i = 0; i < 40; i++) {
    const words = Array.from({ length: 1500 }, (_, n) => `${i}.${n}${n % 13 === 0 ? '\n' : ' '}`)
    await writeFile(join(texts, `${i}.txt`), words.join(''))
  }
  return texts
}

const killsOf = (count: number) => Array.from({ length: count }, (_, i) => 250 + Math.round((i * 1500) / count))

const killAfter = async (args: readonly string[], cwd: string, ms: number) => {
  const child = spawn(bin, args, { cwd, env: plainEnvironment(), stdio: 'ignore' })
  const closed = once(child, 'close')
  await Promise.race([sleep(ms), closed])
  child.kill('SIGKILL')
  await closed
}

test('a consumer that is killed again and again, while a producer writes, has each chunk once', { skip }, async () => {
  await using dir = await tempDir()
  const cwd = dir.path
  await using source = await serve(await manyTexts(dir), '-c', '5', '--rate', '700')
  const address = await newTopic(broker)
  const producing = textstream(['produce', '-s', source.port, '-k', broker.address, '-t', address.topic], { cwd })
  const args = ['consume', '--from', kafkaName(address)]
  for (const ms of killsOf(isLong ? 60 : 4)) await killAfter(args, cwd, 600 + ms / 2)
  done(await producing)
  done(await textstream([...args, '--once'], { cwd }))
  const sql = 'SELECT count(*)::INT AS n, count(DISTINCT (response_id, seq))::INT AS d FROM chunks_clustered'
  const told = JSON.parse(done(await textstream(['query', sql, '--json'], { cwd })))
  const chunks = (await linesIn(await openTopic(kafkaName(address)))).filter(line => !line.includes('"end":'))
  assert.deepEqual(told, [{ n: chunks.length, d: chunks.length }])
})

const targets = {
  'Kafka alone': (address: KafkaAddress) => ['-k', broker.address, '-t', address.topic],
  'Kafka and a log': (address: KafkaAddress) => ['-k', broker.address, '-t', address.topic, '-l', 'logs'],
}

for (const [what, flagsOf] of Object.entries(targets)) {
  test(`a producer into ${what} that is killed again and again loses and repeats no chunk`, { skip }, async () => {
    await using dir = await tempDir()
    const cwd = dir.path
    const texts = await manyTexts(dir)
    await using source = await serve(texts, '-c', '5', '--rate', isLong ? '100' : '500')
    const address = await newTopic(broker)
    const args = ['produce', '-s', source.port, ...flagsOf(address)]
    for (const ms of killsOf(isLong ? 80 : 6)) await killAfter(args, cwd, ms)
    done(await textstream(args, { cwd }))
    await assertRebuilt(kafkaName(address), texts, cwd, 'of-kafka')
    if (what === 'Kafka and a log') await assertRebuilt('logs', texts, cwd, 'of-log')
  })
}

test('the page about Kafka says what works', { skip }, async t => {
  const port = await freePort()
  const { topic } = await newTopic(broker)
  const moved = (shell: string) =>
    shell.replaceAll('8000', String(port)).replaceAll('9092', String(broker.port)).replaceAll('chunks', topic)
  await runPage(t, 'docs/kafka.md', 1, moved)
})
