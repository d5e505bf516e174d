import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { hadoopOrSkip } from '../hadoop.ts'
import { hdfsFolder } from '../hdfs-folder.ts'
import { execute, plainEnvironment, root, tempDir } from './textstream.ts'

const { skip, hadoop } = await hadoopOrSkip()

const script = (name: string) => join(root, name)

const oldConsumer =
  'bin/start_consumer.sh --schema-file schemas/chunks.json --kafka-broker-port 9092 --topic chunks --logs-dir logs/consumer --hive-port 10000 --hive-table chunks_clustered'

test('old README: bin/start_consumer.sh says which engine it misses, and touches nothing', async () => {
  await using dir = await tempDir()
  const [name, ...args] = oldConsumer.split(' ')
  await cp(join(root, 'schemas'), join(dir.path, 'schemas'), { recursive: true })
  const env = { TEXTSTREAM_STATE: dir.path }
  const { code, stdout, stderr } = await execute(script(name), args, { cwd: dir.path, env })
  assert.deepEqual({ stdout, left: await readdir(dir.path) }, { stdout: '', left: ['schemas'] }, stderr)
  // Somebody may have a broker there.
  assert.match(stderr, /localhost:9092|no Spark/)
  assert.ok(code === 4 || code === 1, stderr)
})

test('old README: bin/create_hive_table.sh without a Spark says how to get one, and touches nothing', async () => {
  await using dir = await tempDir()
  const env = { TEXTSTREAM_STATE: dir.path }
  const { code, stdout, stderr } = await execute(script('bin/create_hive_table.sh'), [], { cwd: dir.path, env })
  assert.deepEqual({ code, stdout, left: await readdir(dir.path) }, { code: 4, stdout: '', left: [] }, stderr)
  assert.match(stderr, /no Spark.*textstream stack up hive spark/)
})

const oldLine = (chunk: string, time: string) =>
  `${JSON.stringify({ chunk, agent_id: 'Agent_Melissa', destination_uri: '/alone.md', event_time: time })}\n`

for (const name of ['bin/refresh-local.sh', 'src/mapreduce/refresh-local.sh']) {
  test(`old README: ${name} rebuilds logs_text_stream.txt into ./refresh`, async () => {
    await using dir = await tempDir()
    const log = oldLine('world"\n', '2025-03-01T10:00:01.000002') + oldLine('"hello ', '2025-03-01T10:00:01')
    await writeFile(join(dir.path, 'logs_text_stream.txt'), log)
    const { code, stderr } = await execute(script(name), [], { cwd: dir.path })
    assert.equal(code, 0, stderr)
    assert.equal(await readFile(join(dir.path, 'refresh/alone.md.txt'), 'utf8'), '"hello world"\n')
  })
}

const oldLog = '/user/hive/logs_text_stream.txt'

for (const name of ['bin/refresh-hadoop.sh', 'src/mapreduce/refresh-hadoop.sh']) {
  test(`old README: ${name} without a Hadoop says how to get one, and touches nothing`, async () => {
    await using dir = await tempDir()
    const env = { TEXTSTREAM_STATE: dir.path }
    const { code, stderr } = await execute(script(name), [], { cwd: dir.path, env })
    assert.deepEqual({ code, left: await readdir(dir.path) }, { code: 2, left: [] }, stderr)
    assert.match(stderr, /no HDFS is known.*textstream stack up hadoop/)
  })
}

test('old README: src/mapreduce/refresh-hadoop.sh rebuilds the log on HDFS into ./refresh', { skip }, async t => {
  await using dir = await tempDir()
  const { hdfs } = await hdfsFolder(t, hadoop!)
  const log = oldLine('world"\n', '2025-03-01T10:00:01.000002') + oldLine('"hello ', '2025-03-01T10:00:01')
  await hdfs.write(oldLog, [Buffer.from(log)], { overwrite: true })
  const env = { TEXTSTREAM_STATE: hadoop!.state }
  const { code, stderr } = await execute(script('src/mapreduce/refresh-hadoop.sh'), [], { cwd: dir.path, env })
  await hdfs.remove(oldLog)
  assert.equal(code, 0, stderr)
  assert.equal(await readFile(join(dir.path, 'refresh/alone.md.txt'), 'utf8'), '"hello world"\n')
})

/** The old README's ports are fixed ones; a test takes any free one. */
const startSource = async (cwd: string) => {
  const args = ['-c', '1024', '-d', './data', '-p', '0', '--json']
  const child = spawn(script('bin/start_stream_source.sh'), args, { cwd, env: plainEnvironment() })
  const [line] = await once(child.stdout, 'data')
  const stop = async () => {
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    return (await exited)[0]
  }
  return { port: new URL(JSON.parse(String(line)).url).port, stop }
}

test('old README: the source and the producer scripts carry texts into ./logs/producer', async () => {
  await using dir = await tempDir()
  await mkdir(join(dir.path, 'data'))
  await writeFile(join(dir.path, 'data/a.txt'), '\ufeff"a"\r\n')
  const source = await startSource(dir.path)
  const produced = await execute(script('bin/start_producer.sh'), ['-s', source.port, '-l', './logs/producer'], {
    cwd: dir.path,
  })
  assert.equal(await source.stop(), 143)
  assert.equal(produced.code, 0, produced.stderr)
  const refreshed = await execute(script('bin/refresh-local.sh'), ['logs/producer'], { cwd: dir.path })
  assert.equal(refreshed.code, 0, refreshed.stderr)
  const [name] = (await readdir(join(dir.path, 'refresh'))).filter(file => file.endsWith('.md.txt'))
  assert.equal(await readFile(join(dir.path, 'refresh', name), 'utf8'), '\ufeff"a"\r\n')
})
