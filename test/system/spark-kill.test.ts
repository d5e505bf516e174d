import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { type KafkaAddress, kafkaName } from '../../src/topic/kafka-address.ts'
import { answer, record } from '../consumed.ts'
import { sparkSkip } from '../spark.ts'
import { kafkaSkip, sharedBroker } from './kafka-broker.ts'
import { fill, newTopic } from './kafka-topics.ts'
import { SparkTable } from './spark-table.ts'

const skip = sparkSkip || (await kafkaSkip())
const isLong = process.env.TEXTSTREAM_LONG !== undefined

const broker = await sharedBroker(skip)

const pieces = 12
const answers = 8
const end = { reason: 'stop', chunks: pieces, bytes: 1, sha256: '0'.repeat(64) }

const texts = (n: number) => Array.from({ length: pieces }, (_, seq) => `the tide of answer ${n}, "piece" ${seq}\n`)

/** Answers side by side, with what is hard among them: openings, closing records, repeats, and rubbish. */
const lines = (): string[] => {
  const all = Array.from({ length: answers }, (_, n) => answer(`r${n}`, texts(n)))
  const woven = Array.from({ length: pieces }, (_, seq) => all.map(of => of[seq])).flat()
  const again = woven.filter((_, at) => at % 11 === 5)
  const closing = all.map((_, n) =>
    record({ chunk: '', destination_uri: `/r${n}.md`, response_id: `r${n}`, seq: pieces, end }),
  )
  return [...woven.slice(0, 60), ...again, 'rubbish\n', ...woven.slice(60), ...closing, ...again]
}

/** Runs it until it ends; true if it was killed. */
const runAndKill = async (address: KafkaAddress, table: SparkTable, step: number): Promise<boolean> => {
  const program = join(import.meta.dirname, 'spark-killed.ts')
  const args = ['--disable-warning=ExperimentalWarning', program, kafkaName(address), table.name, '30', String(step)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const [code, signal] = await once(child, 'exit')
  assert.ok(signal === 'SIGKILL' || code === 0, `it ended with ${code ?? signal}`)
  return signal === 'SIGKILL'
}

test('killed again and again, wherever it changes a file, it leaves every record in the table once', {
  skip,
  timeout: 900_000,
}, async () => {
  await using table = new SparkTable('killed')
  const address = await newTopic(broker, 1)
  await fill(address, lines())
  const steps = isLong ? 60 : 16
  let kills = 0
  for (let step = 1; step <= steps; step++) {
    if (!(await runAndKill(address, table, step))) break
    kills++
  }
  await table.consume(address, { limits: { batchRecordsMax: 30, mergeBatches: 2, mergeFilesMin: 2 } })
  const expected = Array.from({ length: answers }, (_, n) =>
    texts(n).map((chunk, seq) => `r${n} ${seq} ${chunk}`),
  ).flat()
  assert.deepEqual(await table.shown(), expected.sort())
  assert.equal((await table.rows('endings')).length, answers)
  assert.equal((await table.rows('rejected')).length, 1)
  assert.ok(kills >= 10, `it was killed ${kills} times`)
  const files = await table.files()
  assert.ok(
    files.some(name => name.startsWith('merged-')),
    `${files}`,
  )
})

test('a second consumer of a table is refused, and says who has it', { skip, timeout: 120_000 }, async () => {
  await using table = new SparkTable('two')
  const address = await newTopic(broker, 1)
  await fill(address, lines())
  const stop = new AbortController()
  const first = table.consume(address, { follow: true, signal: stop.signal })
  try {
    while ((await table.rows().catch(() => [])).length === 0) await new Promise(resolve => setTimeout(resolve, 100))
    await assert.rejects(table.consume(address), { code: 'table/locked', message: /held by pid \d+/ })
  } finally {
    stop.abort()
    await first
  }
})
