import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { stagingFolderOf } from '../../src/refresh/hadoop/staging.ts'
import { findOnHdfs } from '../../src/refresh/hdfs-inputs.ts'
import { isAlive } from '../../src/wire/alive.ts'
import { hadoopOrSkip, type TestHadoop } from '../hadoop.ts'
import { type HdfsFolder, hdfsFolder } from '../hdfs-folder.ts'
import { broken, killedOnce, oddNode, waiting } from './hadoop-node.ts'
import { startOwnHdfs } from './hdfs-own.ts'
import { leftByInline } from './on-hadoop.ts'
import { bin, execute, plainEnvironment, type Ran, tempDir } from './textstream.ts'

const found = await hadoopOrSkip()
const { skip } = found
const cluster = found.hadoop as TestHadoop
const environment = () => ({ TEXTSTREAM_STATE: cluster.state })

const record = (fields: object) => `${JSON.stringify(fields)}\n`

const logOf = (documents: number, word = 'a') =>
  Array.from({ length: documents * 3 }, (_, n) => {
    const [document, seq] = [n % documents, Math.floor(n / documents)]
    const text = `${word} ${document} ${seq} ${'x'.repeat(300)}\n`
    return record({ chunk: text, destination_uri: `/d/${document}`, response_id: 'r', seq })
  }).join('')

interface Setup {
  readonly folder: HdfsFolder
  readonly from: string
  readonly to: string
  /** `textstream refresh -r hadoop FROM -o TO`, and what else. */
  run(...flags: readonly string[]): Promise<Ran>
}

/** A log on HDFS, and where its documents shall go. */
const setUp = async (t: TestContext, documents = 100): Promise<Setup> => {
  const folder = await hdfsFolder(t, cluster)
  await folder.write('log.ndjson', logOf(documents))
  const from = `${folder.hdfs.name}${folder.path}/log.ndjson`
  const to = `${folder.hdfs.name}${folder.path}/out`
  const args = ['refresh', '-r', 'hadoop', from, '-o', to]
  return {
    folder,
    from,
    to,
    run: (...flags) => execute(bin, [...args, ...flags], { env: environment(), runMsMax: 120_000 }),
  }
}

const start = ({ from, to }: Setup, ...flags: readonly string[]) => {
  const args = ['refresh', '-r', 'hadoop', from, '-o', to, ...flags]
  const child = spawn(bin, args, {
    env: { ...plainEnvironment(), ...environment() },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', data => (stderr += data))
  const ended = once(child, 'close')
  return { child, ended: async () => ({ code: (await ended)[0] as number | null, stderr }), said: () => stderr }
}

/** Of runs that are over: others may be at work on the same cluster. */
const stagingLeft = async ({ hdfs }: HdfsFolder): Promise<string[]> => {
  const folder = stagingFolderOf(userInfo().username)
  const left: string[] = []
  if ((await hdfs.status(folder)) === undefined) return left
  for await (const { name } of hdfs.list(folder)) {
    const pid = /-(\d+)-[0-9a-f]{12}$/.exec(name)?.[1]
    if (pid !== undefined && !isAlive(Number(pid))) left.push(name)
  }
  return left
}

const applicationIn = (stderr: string) => /application_\d+_\d+/.exec(stderr)?.[0] ?? 'none'

const stateOf = async (application: string): Promise<string> => {
  const answer = await fetch(`${cluster.resourceManager}/ws/v1/cluster/apps/${application}`)
  return ((await answer.json()) as { app: { state: string } }).app.state
}

/** Every file of an output but the receipt, by name. */
const textsIn = async ({ folder }: Setup): Promise<Map<string, string>> => {
  const names = (await folder.names('out')).filter(name => name !== '_receipt.json')
  return new Map(await Promise.all(names.map(async name => [name, await folder.read(`out/${name}`)] as const)))
}

const asInline = async ({ folder, from }: Setup): Promise<Map<string, string>> => {
  const path = from.slice(folder.hdfs.name.length)
  const { files } = await leftByInline(await findOnHdfs([{ hdfs: folder.hdfs, path }]), false)
  return new Map(
    [...files].map(([name, bytes]) => [name, bytes.toString()] as const).sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}

/** Nothing but the log, and nothing that belonged to the run. */
const assertNothingLeft = async ({ folder }: Setup) => {
  assert.deepEqual(
    { names: await folder.names(), staging: await stagingLeft(folder) },
    { names: ['log.ndjson'], staging: [] },
  )
}

test('a map and a reduce that are killed in the middle are tried again: the same bytes', { skip }, async t => {
  const setup = await setUp(t)
  const expected = await asInline(setup)
  const node = oddNode(t, killedOnce)
  const { code, stderr } = await setup.run('--hadoop-node', node.path, '--reducers', '2')
  assert.equal(code, 0, stderr)
  assert.ok(node.has('killed-map') && node.has('killed-reduce'))
  assert.match(stderr, /attempt_\S+ failed\n[\s\S]*2 tries failed/)
  assert.deepEqual(await textsIn(setup), expected)
})

test('a small job whose map is killed gets a second try of its own', { skip }, async t => {
  const setup = await setUp(t)
  const expected = await asInline(setup)
  const node = oddNode(t, killedOnce)
  const { code, stderr } = await setup.run('--hadoop-node', node.path)
  assert.equal(code, 0, stderr)
  assert.ok(node.has('killed-map'))
  assert.deepEqual(await textsIn(setup), expected)
  assert.deepEqual(await stagingLeft(setup.folder), [])
})

test('a job that fails says why in our words, and where its log is; nothing is published or left', {
  skip,
}, async t => {
  const setup = await setUp(t)
  const node = oddNode(t, broken)
  const { code, stderr } = await setup.run('--hadoop-node', node.path)
  assert.equal(code, 1)
  assert.match(
    stderr,
    /the job on Hadoop failed: it is "broken" on purpose \(attempt_\S+; log: http:\S+; or: yarn logs -applicationId \S+\); nothing was published/,
  )
  assert.doesNotMatch(stderr, /at org\.apache|Exception/)
  await assertNothingLeft(setup)
})

test('a node of the cluster without Node: the error names it, and the flag', { skip }, async t => {
  const setup = await setUp(t)
  const once = ['--jobconf', 'mapreduce.map.maxattempts=1', '--jobconf', 'mapreduce.job.ubertask.enable=false']
  const { code, stderr } = await setup.run('--hadoop-node', '/no/such/node', ...once)
  assert.equal(code, 1)
  assert.match(stderr, /there is no "\/no\/such\/node" on .*--hadoop-node PATH/)
  await assertNothingLeft(setup)
})

test('Ctrl-C kills the job on YARN, and leaves nothing', { skip }, async t => {
  const setup = await setUp(t)
  const node = oddNode(t, waiting('map'))
  const running = start(setup, '--hadoop-node', node.path)
  await node.seen('waits')
  running.child.kill('SIGINT')
  const { code, stderr } = await running.ended()
  assert.equal(code, 130, stderr)
  const application = applicationIn(stderr)
  assert.equal(await stateOf(application), 'KILLED')
  await assertNothingLeft(setup)
  const own = `/tmp/hadoop-yarn/staging/${userInfo().username}/.staging/${application.replace('application', 'job')}`
  assert.equal(await setup.folder.hdfs.status(own), undefined)
  assert.deepEqual(node.running(), [])
})

test('killed with kill -9, the next refresh ends its job and removes what it left', { skip }, async t => {
  const setup = await setUp(t)
  const node = oddNode(t, waiting('reduce'))
  const first = start(setup, '--hadoop-node', node.path)
  await node.seen('waits')
  first.child.kill('SIGKILL')
  const { stderr } = await first.ended()
  assert.ok((await setup.folder.names()).some(name => name.startsWith('.out.run-')))
  const expected = await asInline(setup)
  const second = await setup.run()
  assert.equal(second.code, 0, second.stderr)
  assert.equal(await stateOf(applicationIn(stderr)), 'KILLED')
  assert.deepEqual(await textsIn(setup), expected)
  assert.deepEqual(await stagingLeft(setup.folder), [])
  assert.deepEqual(
    (await setup.folder.names()).filter(name => name.startsWith('.')),
    [],
  )
  assert.deepEqual(node.running(), [])
})

test('an input that is replaced while the job runs: an error, and nothing is published', { skip }, async t => {
  const setup = await setUp(t)
  const node = oddNode(t, waiting('reduce'))
  const running = start(setup, '--hadoop-node', node.path)
  await node.seen('waits')
  await setup.folder.write('log.ndjson', logOf(100, 'b'))
  node.make('go')
  const { code, stderr } = await running.ended()
  assert.equal(code, 1)
  assert.match(stderr, /log\.ndjson": it was replaced while it was read.*nothing was published/)
  await assertNothingLeft(setup)
})

test('an output that cannot be written, as a quota is reached: HDFS is full, and nothing is published', {
  skip,
}, async t => {
  const setup = await setUp(t)
  const { folder } = setup
  const quota = (count: string) =>
    fetch(
      `${cluster.webHdfs}/webhdfs/v1${folder.path}?op=SETQUOTA&namespacequota=${count}&user.name=${userInfo().username}`,
      {
        method: 'PUT',
      },
    )
  assert.ok((await quota('30')).ok)
  const { code, stderr } = await setup.run('--jobconf', 'mapreduce.reduce.maxattempts=1', '--reducers', '2')
  assert.equal(code, 1)
  assert.match(stderr, /HDFS is full: .*quota.*free some space/i)
  await assertNothingLeft(setup)
})

test('an HDFS that is read-only: it says so, and nothing is written', { skip }, async () => {
  await using own = await startOwnHdfs(cluster)
  await own.hdfs.write('/log.ndjson', [Buffer.from(logOf(1))])
  own.admin('-safemode', 'enter')
  const env = { ...environment(), ...own.environment }
  const args = ['refresh', '-r', 'hadoop', 'hdfs:///log.ndjson', '-o', 'hdfs:///out']
  const { code, stderr } = await execute(bin, args, { env })
  assert.equal(code, 1, stderr)
  assert.match(stderr, /SafeModeException.*read-only until somebody says: hdfs dfsadmin -safemode leave/)
  const names: string[] = []
  for await (const { name } of own.hdfs.list('/')) names.push(name)
  assert.deepEqual(names, ['log.ndjson'])
})

test('a dry run prints a script that a shell runs, and touches nothing', { skip }, async t => {
  await using dir = await tempDir()
  const setup = await setUp(t)
  const expected = await asInline(setup)
  const more = join(dir.path, "it's more.ndjson")
  writeFileSync(more, record({ chunk: 'more', destination_uri: '/more' }))
  const printed = await setup.run(more, '--dry-run', '--jobconf', "a.b=it's $HOME")
  assert.equal(printed.code, 0, printed.stderr)
  await assertNothingLeft(setup)
  const env = { PATH: `${bin.slice(0, bin.lastIndexOf('/'))}:${process.env.PATH}`, ...environment() }
  const made = /^mkdir (\S+-([0-9a-f]+))$/m.exec(printed.stdout)!
  t.after(() => rmSync(made[1], { recursive: true, force: true }))
  const shell = await execute('/bin/sh', ['-e'], { cwd: dir.path, env, input: printed.stdout, runMsMax: 120_000 })
  assert.equal(shell.code, 0, shell.stderr)
  await setup.folder.hdfs.remove(`${stagingFolderOf(userInfo().username)}/by-hand-${made[2]}`)
  const [run] = (await setup.folder.names()).filter(name => name.startsWith('.out.run-'))
  const documents = [...expected, ['more.txt', 'more'] as const].filter(([name]) => name.endsWith('.txt'))
  for (const [name, text] of documents) assert.equal(await setup.folder.read(`${run}${name}`), text)
})

test('nobody at the ResourceManager: exit 4, and what to do; nothing is touched', { skip }, async t => {
  await using dir = await tempDir()
  const setup = await setUp(t, 1)
  cpSync(cluster.conf, dir.path, { recursive: true })
  const site = join(dir.path, 'yarn-site.xml')
  const port = String(cluster.ports['resourcemanager-http'])
  writeFileSync(site, readFileSync(site, 'utf8').replaceAll(`:${port}<`, ':1<'))
  const env = { ...environment(), HADOOP_CONF_DIR: dir.path }
  const { code, stderr } = await execute(bin, ['refresh', '-r', 'hadoop', setup.from, '-o', setup.to], { env })
  assert.equal(code, 4, stderr)
  assert.match(stderr, /ask YARN at "http:\/\/127\.0\.0\.1:1".*textstream stack up hadoop/)
  await assertNothingLeft(setup)
})

test('what is refused before anything is done: exit 2', { skip }, async t => {
  const setup = await setUp(t, 1)
  await setup.folder.write('old.ndjson.zst', 'x')
  await setup.folder.write('foreign/mine.txt', 'mine')
  const before = await setup.folder.names()
  const at = (name: string) => `${setup.folder.hdfs.name}${setup.folder.path}/${name}`
  const refused: readonly (readonly [string[], RegExp])[] = [
    [['-r', 'hadoop', at('old.ndjson.zst'), '-o', setup.to], /packed with zstd.*-r local/],
    [['-r', 'hadoop', setup.from, '-o', at('foreign')], /holds files that no refresh wrote/],
    [['-r', 'hadoop', at('absent'), '-o', setup.to], /no such file or folder/],
    [['-r', 'hadoop', setup.from, '-o', setup.to, '--jobconf', 'stream.map.input=x'], /refresh sets it itself/],
    [['-r', 'local', setup.from, '-o', setup.to], /only -r hadoop does/],
    [['-r', 'local', setup.from, '--dry-run'], /give it with -r hadoop/],
  ]
  for (const [args, says] of refused) {
    const { code, stderr } = await execute(bin, ['refresh', ...args], { env: environment() })
    assert.equal(code, 2, stderr)
    assert.match(stderr, says)
  }
  assert.deepEqual(await setup.folder.names(), before)
})
