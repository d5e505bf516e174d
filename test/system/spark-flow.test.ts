import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { kafkaName } from '../../src/topic/kafka-address.ts'
import { hadoopOrSkip } from '../hadoop.ts'
import { askHive, hiveAddress, hiveSkip } from '../hive.ts'
import { sparkAddress, sparkSkip } from '../spark.ts'
import { kafkaSkip, sharedBroker } from './kafka-broker.ts'
import { fill, newTopic } from './kafka-topics.ts'
import { serve } from './served.ts'
import { SparkTable } from './spark-table.ts'
import { bin, execute, plainEnvironment, root, tempDir, textstream } from './textstream.ts'

const skip = sparkSkip || hiveSkip || (await kafkaSkip())
const broker = await sharedBroker(skip)

const nasty = [
  `he said "no"; '); DROP TABLE chunks_clustered; -- `,
  'line one\nline two\r\n\ttab\u0085\u2028 and \\n, \\u0041, \\\\ and \\',
  '😀👩‍👩‍👧 日本 größer \ufeff \u{10ffff} \ufffd',
  'a NUL \0 in the middle, and $' + '{x} `ls` <script>',
].join('\n')

const commandMsMax = 100_000

/** A table on HDFS is reached through the stack that has it. */
const environment = async () => (await hadoopOrSkip()).hadoop?.environment ?? {}

const consume = async (table: SparkTable, topic: string, ...more: string[]) =>
  textstream(
    ['consume', '-k', broker.address, '-t', topic, '--hive-table', table.name, '--spark', sparkAddress, ...more],
    { env: await environment(), runMsMax: commandMsMax },
  )

/** What HiveServer2 reads, put together again by answer; a chunk in hex, as its protocol ends a text at a NUL. */
const rebuiltByHive = async (table: string): Promise<string[]> => {
  const rows = await askHive(
    hiveAddress,
    `SELECT response_id, seq, hex(chunk) AS chunk FROM ${table} ORDER BY response_id, seq`,
  )
  const texts = new Map<unknown, string>()
  for (const { response_id, chunk } of rows) texts.set(response_id, (texts.get(response_id) ?? '') + chunk)
  return [...texts.values()].sort()
}

test('what a source streams is read back from Hive, byte for byte, each chunk once', {
  skip,
  timeout: 240_000,
}, async () => {
  await using dir = await tempDir()
  await using table = new SparkTable('flow')
  const texts = join(dir.path, 'texts')
  await cp(join(root, 'examples/texts'), texts, { recursive: true })
  await writeFile(join(texts, 'nasty.txt'), nasty)
  const address = await newTopic(broker, 2)
  await using source = await serve(texts, '-c', '50')
  const produced = await textstream(['produce', '-s', source.port, '-k', broker.address, '-t', address.topic])
  assert.equal(produced.code, 0, produced.stderr)

  const { code, stdout, stderr } = await consume(table, address.topic, '--once', '--json')
  assert.equal(code, 0, stderr)
  const report = JSON.parse(stdout)
  assert.equal(report.lag, 0)
  const names = await readdir(texts)
  const originals = await Promise.all(names.map(name => readFile(join(texts, name), 'hex')))
  const expected = originals.filter(text => text !== '').map(text => text.toUpperCase())
  assert.deepEqual(await rebuiltByHive(table.name), expected.sort())
  const [{ n }] = await askHive(hiveAddress, `SELECT count(*) AS n FROM ${table.name} WHERE cluster BETWEEN 0 AND 4`)
  assert.equal(Number(n), report.rows)

  const again = await consume(table, address.topic, '--once', '--json')
  assert.deepEqual([again.code, JSON.parse(again.stdout).records], [0, 0])
})

test('an old table of five STRING columns is written as it is, and lines that are no records are told of', {
  skip,
  timeout: 240_000,
}, async () => {
  await using table = new SparkTable('old')
  const columns = 'agent_id STRING, destination_uri STRING, event_time STRING, chunk STRING, `cluster` STRING'
  await askHive(hiveAddress, `CREATE TABLE ${table.name} (${columns}) STORED AS PARQUET`)
  const address = await newTopic(broker, 1)
  const line = (chunk: string, seq: number) =>
    JSON.stringify({
      chunk,
      agent_id: 'Agent_Melissa',
      destination_uri: '/alone.md',
      event_time: '2024-11-23T08:37:04.123456',
      response_id: 'r',
      seq,
    })
  const lines = [line('one "two" ', 0), line("it's; 3", 1), line('one "two" ', 0), line('another', 1), 'rubbish']
  const written = lines.map(one => `${one}\n`)
  await fill(address, written)
  const { code, stdout, stderr } = await consume(table, address.topic, '--once', '--json')
  assert.equal(code, 3, stderr)
  const { malformed, repeats, conflicts } = JSON.parse(stdout)
  assert.deepEqual({ malformed, repeats, conflicts }, { malformed: 1, repeats: 1, conflicts: 1 })
  const rows = await askHive(
    hiveAddress,
    `SELECT agent_id, destination_uri, event_time, chunk FROM ${table.name} ORDER BY chunk`,
  )
  const row = (chunk: string) => ({
    agent_id: 'Agent_Melissa',
    destination_uri: '/alone.md',
    event_time: '2024-11-23T08:37:04.123456',
    chunk,
  })
  assert.deepEqual(rows, [row("it's; 3"), row('one "two" ')])
})

test('the old consumer’s script takes the flags that it took, and a schema file’s own fields become columns', {
  skip,
  timeout: 240_000,
}, async () => {
  await using dir = await tempDir()
  await using table = new SparkTable('script')
  const names = ['agent_id', 'destination_uri', 'chunk', 'event_time', 'mood']
  const fields = [...names.map(name => ({ name, type: 'string' })), { name: 'tokens', type: 'int' }]
  await writeFile(join(dir.path, 'schema.json'), JSON.stringify({ fields }))
  const address = await newTopic(broker, 1)
  const record = { destination_uri: '/a.md', mood: 'it’s "fine"', tokens: 7, other: [1.0] }
  const records = [{ chunk: 'a' }, { chunk: 'b', tokens: 'none' }, { chunk: 'c', mood: { so: 'so' } }]
  const written = records.map(more => `${JSON.stringify({ ...record, ...more })}\n`)
  await fill(address, written)
  const from = ['--kafka-broker-port', broker.address, '--topic', address.topic]
  const args = [
    '--schema-file',
    'schema.json',
    ...from,
    '--logs-dir',
    'logs',
    '--hive-port',
    '1',
    '--hive-table',
    table.name,
  ]
  const env = { ...(await environment()), TEXTSTREAM_SPARK: sparkAddress }
  const how = { cwd: dir.path, env, runMsMax: commandMsMax }
  const { code, stderr } = await execute(join(root, 'bin/start_consumer.sh'), [...args, '--once'], how)
  assert.equal(code, 0, stderr)
  assert.match(stderr, /nothing is written to --logs-dir/)
  const rows = (await table.rows()).map(({ chunk, mood, tokens, extra }) => [chunk, mood, tokens, extra]).sort()
  assert.deepEqual(rows, [
    ['a', 'it’s "fine"', 7, '{"mood":"it’s \\"fine\\"","tokens":7,"other":[1]}'],
    ['b', 'it’s "fine"', null, '{"mood":"it’s \\"fine\\"","tokens":"none","other":[1]}'],
    ['c', '{"so":"so"}', 7, '{"mood":{"so":"so"},"tokens":7,"other":[1]}'],
  ])
})

test('it follows a topic until it is interrupted, and has committed all that it read', {
  skip,
  timeout: 240_000,
}, async () => {
  await using table = new SparkTable('follow')
  const address = await newTopic(broker, 1)
  const args = [
    'consume',
    '--from',
    kafkaName(address),
    '--engine',
    'spark',
    '--hive-table',
    table.name,
    '--spark',
    sparkAddress,
    '--json',
  ]
  const child = spawn(bin, args, { env: { ...plainEnvironment(), ...(await environment()) } })
  let stdout = ''
  child.stdout.on('data', data => (stdout += data))
  const produce = (text: string) =>
    textstream(['produce', '-', '-k', broker.address, '-t', address.topic, '--uri', '/a.md'], { input: text })
  const count = async () => (await table.rows().catch(() => [])).length
  await produce('the first text')
  while ((await count()) < 1) await sleep(200)
  await produce('the second text')
  while ((await count()) < 2) await sleep(200)
  child.kill('SIGINT')
  const [code] = await once(child, 'close')
  const { rows, lag } = JSON.parse(stdout)
  assert.deepEqual([code, rows, lag], [130, 2, 0])
})

const refused: readonly (readonly [args: readonly string[], why: RegExp, code: number])[] = [
  [['--from', 'logs/', '--engine', 'spark'], /Spark reads topics of Kafka, not "logs\/"/, 2],
  [['-k', '9092', '--engine', 'spark', '--warehouse', 'w'], /--warehouse is a folder/, 2],
  [['-k', '9092', '--engine', 'spark', '--features', 'text'], /Spark computes --features classic/, 2],
  [['-k', '9092', '--engine', 'embedded', '--hive-table', 't'], /leave --engine embedded away/, 2],
  [['-k', '9092', '--schema-file', 's.json'], /--schema-file is for Spark/, 2],
]

test('what goes not together is refused before anything is touched', async () => {
  for (const [args, why, code] of refused) {
    const ran = await textstream(['consume', ...args])
    assert.match(ran.stderr, why)
    assert.equal(ran.code, code)
  }
})
