import assert from 'node:assert/strict'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { hadoop } from '../../src/stack/parts/hadoop.ts'
import { exists, placeOf } from '../../src/stack/place.ts'
import { type Identity, isAlive } from '../../src/stack/process.ts'
import { recorded } from '../../src/stack/record.ts'
import { hadoopOrSkip } from '../hadoop.ts'
import { textOnHdfs } from '../hdfs-folder.ts'
import { type Cluster, type Streaming, startHadoop, stream } from './hadoop-cluster.ts'
import { tempDir, textstream } from './textstream.ts'

const { skip } = await hadoopOrSkip()

/** All of it on a busy machine. */
const timeout = 600_000
const pollMs = 100
const lines = Array.from({ length: 1_000 }, (_, n) => `${n}`.padStart(4, '0').concat('\n')).join('')

interface Status {
  readonly daemon: string
  readonly state: string
  readonly why: string | null
}

/** A job whose mappers wait until they are let through, and then hand on what they read. */
interface Waiting extends Streaming {
  readonly output: string
  /** Resolves once a mapper waits, with what YARN runs then. */
  running(): Promise<readonly Identity[]>
  letThrough(): Promise<void>
}

describe('the real Hadoop, from the stack', { skip, timeout }, () => {
  let cluster: Cluster

  before(
    async () => {
      cluster = await startHadoop()
    },
    { timeout },
  )

  after(() => cluster?.[Symbol.asyncDispose](), { timeout })

  const command = (...args: string[]) => textstream(args, { env: { TEXTSTREAM_STATE: cluster.state } })

  const states = async (): Promise<string[]> => {
    const { stdout } = await command('stack', 'status', 'hadoop', '--json')
    const all: Status[] = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    return all.map(({ daemon, state }) => `${daemon} ${state}`)
  }

  const waitingJob = async (t: TestContext, output: string): Promise<Waiting> => {
    const [begun, gate, mapper] = ['begun', 'gate', 'sh'].map(end => join(cluster.state, `${output.slice(1)}.${end}`))
    await writeFile(mapper, `#!/bin/sh\n: > '${begun}'\nuntil [ -e '${gate}' ]; do sleep 0.2; done\nexec cat\n`)
    await chmod(mapper, 0o755)
    await cluster.hdfs.write('/lines', [Buffer.from(lines)], { overwrite: true })
    const job = await stream(cluster, { input: '/lines', output, mapper, reducer: '/bin/cat' })
    t.after(job.abandon)
    return {
      ...job,
      output,
      letThrough: () => writeFile(gate, ''),
      running: async () => {
        while (!(await exists(begun))) await sleep(pollMs)
        return cluster.containers()
      },
    }
  }

  const assertEndedWell = async (job: Waiting) => {
    await job.letThrough()
    const { code, stderr } = await job.ended
    assert.equal(code, 0, stderr)
    assert.equal((await textOnHdfs(cluster.hdfs, `${job.output}/part-00000`)).replaceAll('\t', ''), lines)
  }

  test('all of it is ready, and only the shuffle listens for other machines', async () => {
    assert.deepEqual(
      await states(),
      hadoop.daemons.map(({ name }) => `${name} ready`),
    )
    if (process.platform !== 'linux') return
    const open = new Set((await Promise.all(['tcp', 'tcp6'].map(openPorts))).flat())
    const ours = Object.entries(hadoop.ports).filter(([, port]) => open.has(port + cluster.portOffset))
    assert.deepEqual(
      ours.map(([name]) => name),
      ['shuffle'],
    )
  })

  test('each daemon has its log', async () => {
    const { stdout } = await command('stack', 'logs', 'hadoop', '-n', '1000')
    for (const said of ['NameNode', 'DataNode', 'ResourceManager', 'NodeManager', 'JobHistoryServer'])
      assert.match(stdout, new RegExp(`STARTUP_MSG: Starting ${said}`))
  })

  const killAll = async (...daemons: string[]) => {
    for (const daemon of daemons) await cluster.kill(daemon)
    const killed = await states()
    for (const daemon of daemons) assert.ok(killed.includes(`${daemon} died`), daemon)
    return killed
  }

  test('what was written is there after kill -9 of the NameNode and the DataNode', { timeout }, async () => {
    await cluster.hdfs.write('/kept', [Buffer.from(lines)])
    await killAll('namenode', 'datanode')
    await cluster.start()
    assert.equal(await textOnHdfs(cluster.hdfs, '/kept'), lines)
  })

  test('a job goes on when the ResourceManager is killed and started again', { timeout }, async t => {
    const job = await waitingJob(t, '/killed')
    await job.running()
    const others = await killAll('resourcemanager', 'history')
    assert.ok(others.includes('nodemanager unready'))
    await cluster.start()
    await assertEndedWell(job)
  })

  test('a killed NodeManager leaves containers running; up ends them, and their work is done again', {
    timeout,
  }, async t => {
    const job = await waitingJob(t, '/left')
    const left = await job.running()
    await cluster.kill('nodemanager')
    assert.deepEqual(await aliveOf(left), left)
    await cluster.start()
    assert.deepEqual(await aliveOf(left), [])
    await assertEndedWell(job)
  })

  test('doctor says what one copy of a file survives', async () => {
    const { code, stdout } = await command('doctor')
    assert.equal(code, 0, stdout)
    assert.match(stdout, /^warn +hadoop +HDFS keeps one copy of each file.*kill -9, but not a lost disk/m)
    assert.match(stdout, /^ok +nodemanager +up, pid \d+$/m)
  })

  test('down ends what YARN runs too, and the next up has the files, but not the job', { timeout }, async t => {
    const job = await waitingJob(t, '/ended')
    const left = await job.running()
    await cluster.stop()
    assert.deepEqual(await aliveOf(left), [])
    assert.deepEqual(
      await states(),
      hadoop.daemons.map(({ name }) => `${name} down`),
    )
    assert.equal(await exists(join(placeOf(cluster.folders, 'hadoop').data, 'resourcemanager')), false)
    await cluster.start()
    assert.equal(await textOnHdfs(cluster.hdfs, '/lines'), lines)
    const { ports } = (await recorded(placeOf(cluster.folders, 'hadoop'), 'resourcemanager'))!
    const apps = await fetch(`http://127.0.0.1:${ports['resourcemanager-http']}/ws/v1/cluster/apps`)
    assert.deepEqual(await apps.json(), { apps: {} })
  })

  test('--wipe removes all of it', { timeout }, async () => {
    const { code } = await command('stack', 'down', 'hadoop', '--wipe')
    assert.deepEqual([code, await exists(placeOf(cluster.folders, 'hadoop').root)], [0, false])
  })
})

test('a state folder that YARN could not work in is refused, and nothing is started', { skip }, async () => {
  await using dir = await tempDir()
  const state = join(dir.path, 'a b')
  const { code, stderr } = await textstream(['stack', 'up', 'hadoop'], { env: { TEXTSTREAM_STATE: state } })
  assert.equal(code, 2, stderr)
  assert.match(stderr, /a b\/stack\/hadoop": the engines cannot take " " in a path; set TEXTSTREAM_STATE/)
})

const aliveOf = async (all: readonly Identity[]): Promise<Identity[]> => {
  const alive = await Promise.all(all.map(isAlive))
  return all.filter((_, at) => alive[at])
}

const listening = '0A'
const loopbackInHex = /^(?:0000000000000000FFFF0000)?0100007F$/

/** proc(5): ports on which something listens for other machines, too. */
const openPorts = async (table: string): Promise<number[]> => {
  const rows = (await readFile(`/proc/net/${table}`, 'latin1')).split('\n').map(line => line.trim().split(/\s+/))
  const open = rows.filter(fields => fields[3] === listening && !loopbackInHex.test(fields[1].split(':')[0]))
  return open.map(fields => Number.parseInt(fields[1].split(':')[1], 16))
}
