import assert from 'node:assert/strict'
import { mkdir, readdir, rm, symlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { foldersFrom } from '../../src/stack/folders.ts'
import { identify, isPaused } from '../../src/stack/process.ts'
import { freePortOffset, kafkaSkip, smallJava } from './kafka-broker.ts'
import { execute, type How, type Ran, root, type TempDir, tempDir, textstream } from './textstream.ts'

const skip = await kafkaSkip()
const cache = join(foldersFrom(process.env).cache, '..')

interface Line {
  readonly daemon: string
  readonly state: string
  readonly pid: number | null
  readonly ports: Readonly<Record<string, number>>
  readonly why: string | null
}

const linesOf = ({ stdout }: Ran): Line[] =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line))

describe('the real Kafka, from the command line', { skip }, () => {
  let dir: TempDir
  let environment: NodeJS.ProcessEnv
  let offset: number

  const stack = (...args: string[]) => textstream(['stack', ...args], { env: environment })
  const statusOf = async (part: string) => linesOf(await stack('status', part, '--json'))[0]

  before(async () => {
    dir = await tempDir()
    offset = await freePortOffset(9092, 9093, 9308)
    environment = {
      TEXTSTREAM_STATE: dir.path,
      TEXTSTREAM_CACHE: cache,
      TEXTSTREAM_PORT_OFFSET: String(offset),
      TEXTSTREAM_JAVA_OPTIONS: smallJava.join(' '),
    }
  })

  after(async () => {
    await stack('down')
    await dir[Symbol.asyncDispose]()
  })

  test('two ups at once end with one broker that is ready', async () => {
    const both = await Promise.all([stack('up', 'kafka', '--json'), stack('up', 'kafka', '--json')])
    for (const { code, stderr } of both) assert.equal(code, 0, stderr)
    const [[one], [other]] = both.map(linesOf)
    assert.deepEqual([one.state, one.ports], ['ready', { broker: 9092 + offset, controller: 9093 + offset }])
    assert.equal(other.pid, one.pid)
  })

  test('a topic is made, and left as it is by bin/create_kafka_topic.sh of the old README', async () => {
    const port = String(9092 + offset)
    const made = await stack('topic', '-k', port, '--partitions', '3')
    assert.match(made.stderr, new RegExp(`^kafka://localhost:${port}/chunks: made\n`))
    const env = { ...environment, TEXTSTREAM_KAFKA_BROKER_PORT: port }
    const again = await execute(join(root, 'bin/create_kafka_topic.sh'), [], { env })
    assert.match(again.stderr, /there already, and left as it is/)
    assert.deepEqual([made.code, again.code], [0, 0])
  })

  test('doctor warns of its replication factor', async () => {
    const { code, stdout } = await textstream(['doctor'], { env: environment })
    assert.equal(code, 0, stdout)
    assert.match(
      stdout,
      /^warn +kafka +topic "chunks" has replication factor 1: .*kill -9 and a power cut.*not a lost disk/m,
    )
    assert.match(stdout, /^ok +kafka +up, pid \d+$/m)
  })

  test('the log is shown', async () => {
    const { code, stdout } = await stack('logs', 'kafka', '-n', '1000')
    assert.equal(code, 0)
    assert.match(stdout, /Kafka Server started/)
  })

  test('after kill -9 it has died; up, offline and without Maven, brings it and its topic back', async () => {
    const { pid } = await statusOf('kafka')
    process.kill(pid!, 'SIGKILL')
    const status = await stack('status', 'kafka', '--json')
    const [{ state, why }] = linesOf(status)
    assert.deepEqual([status.code, state, why], [3, 'died', `pid ${pid} is gone, and the stack did not end it`])
    const path = join(dir.path, 'path')
    await withoutMaven(path)
    const up = await textstream(['stack', 'up', 'kafka'], { env: { ...environment, PATH: path } })
    assert.equal(up.code, 0, up.stderr)
    assert.match((await stack('topic', '-k', String(9092 + offset))).stderr, /there already/)
  })

  test('while it is paused it is not ready, and it ends all the same', async () => {
    const { pid } = await statusOf('kafka')
    process.kill(pid!, 'SIGSTOP')
    await stopped(pid!)
    assert.equal((await statusOf('kafka')).state, 'unready')
    const down = await stack('down')
    assert.equal(down.code, 0, down.stderr)
    assert.equal((await statusOf('kafka')).state, 'down')
    assert.equal(await identify(pid!), undefined)
  })

  test('a foreign process on its port is named, and nothing is started', async t => {
    const foreign = createServer().listen(9093 + offset, '127.0.0.1')
    t.after(() => foreign.close())
    const { code, stdout, stderr } = await stack('up', 'kafka')
    assert.deepEqual({ code, stdout }, { code: 1, stdout: '' })
    assert.match(
      stderr,
      new RegExp(`^textstream: port ${9093 + offset} of "kafka" is taken by pid ${process.pid} `, 'm'),
    )
    assert.equal((await statusOf('kafka')).state, 'down')
  })
})

const stopped = async (pid: number) => {
  while (!(await isPaused({ pid, start: '' }))) {}
}

/** The programs that the command needs, and Java; no Maven. */
const withoutMaven = async (path: string) => {
  await mkdir(path)
  const folders = (process.env.PATH ?? '').split(':')
  for (const name of ['sh', 'readlink', 'dirname', 'mkdir', 'java', 'sync']) {
    for (const folder of folders) {
      const there = await readdir(folder).catch(() => [] as string[])
      if (!there.includes(name)) continue
      await symlink(join(folder, name), join(path, name))
      break
    }
  }
}

const inEmpty = async (args: string[], more: How['env'] = {}) => {
  await using dir = await tempDir()
  const env = { TEXTSTREAM_STATE: join(dir.path, 'state'), TEXTSTREAM_CACHE: join(dir.path, 'cache'), ...more }
  return textstream(args, { env })
}

test('without a JDK, up says which command installs one, and starts nothing', async () => {
  await using dir = await tempDir()
  await withoutMaven(join(dir.path, 'path'))
  await rm(join(dir.path, 'path/java'), { force: true })
  const { code, stdout, stderr } = await inEmpty(['stack', 'up', 'kafka'], { PATH: join(dir.path, 'path') })
  assert.deepEqual({ code, stdout }, { code: 1, stdout: '' })
  assert.match(
    stderr,
    /^textstream: Java 17 or newer is needed, and there is no "java" on the PATH; install it: .*openjdk/,
  )
})

const refused: Record<string, [args: string[], code: number, stderr: RegExp]> = {
  'an unknown part': [['stack', 'up', 'kafak'], 2, /"kafak" is no part of the stack; there are kafka, kafka-exporter/],
  'up without a part': [['stack', 'up'], 2, /missing required argument 'part'\nsee: textstream stack up --help/],
  'an unknown thing to do': [['stack', 'pu'], 2, /unknown command 'pu'/],
  'an offset that is none': [['stack', 'up', 'kafka', '--port-offset', '-1'], 2, /it must be a number from 0 to/],
  'logs of what never ran': [
    ['stack', 'logs', 'kafka'],
    1,
    /"kafka" has no logs yet; start it: textstream stack up kafka/,
  ],
  'a broker that is not there': [['stack', 'topic', '-k', '1'], 4, /localhost:1/],
}

for (const [what, [args, code, stderr]] of Object.entries(refused)) {
  test(`stack refuses ${what}`, async () => {
    const ran = await inEmpty(args)
    assert.equal(ran.code, code, ran.stderr)
    assert.match(ran.stderr, stderr)
    assert.equal(ran.stdout, '')
  })
}

test('a variable stands in for an option of a command within a command', async () => {
  const { code, stderr } = await inEmpty(['stack', 'up', 'kafka'], { TEXTSTREAM_PORT_OFFSET: 'x' })
  assert.equal(code, 2)
  assert.match(stderr, /^it comes from TEXTSTREAM_PORT_OFFSET, of the environment or the configuration file$/m)
})

test('status and down do nothing where nothing was started', async () => {
  const status = await inEmpty(['stack', 'status'])
  assert.deepEqual([status.code, status.stderr], [0, ''])
  assert.match(status.stdout, /^PART +DAEMON +STATE +PID +PORTS +SINCE\nkafka +kafka +down +- +9092, 9093 +-\n/)
  assert.deepEqual(await inEmpty(['stack', 'down']), { code: 0, stdout: '', stderr: '' })
})

test('doctor finds nothing broken where nothing was started, and prints JSON if asked to', async () => {
  const { code, stdout } = await inEmpty(['doctor', '--json'])
  const checks = stdout
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line))
  assert.equal(code, 0)
  assert.deepEqual(Object.keys(checks[0]), ['check', 'verdict', 'says'])
  const names = checks.map(({ check }) => check)
  for (const name of ['node', 'java', 'maven', 'disk', 'memory', 'ports', 'jars', 'kafka'])
    assert.ok(names.includes(name), name)
})
