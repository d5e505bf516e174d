import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { down } from '../../src/stack/down.ts'
import { type Folders, foldersFrom } from '../../src/stack/folders.ts'
import { containers } from '../../src/stack/hadoop/containers.ts'
import { type HadoopHere, hadoopHere } from '../../src/stack/hadoop/here.ts'
import { hadoop } from '../../src/stack/parts/hadoop.ts'
import { partsOf } from '../../src/stack/parts.ts'
import { placeOf } from '../../src/stack/place.ts'
import { loopback } from '../../src/stack/port.ts'
import type { Identity } from '../../src/stack/process.ts'
import { recorded } from '../../src/stack/record.ts'
import type { Stack } from '../../src/stack/stack.ts'
import { up } from '../../src/stack/up.ts'
import { type Hdfs, webhdfs } from '../../src/wire/webhdfs.ts'
import { freePortOffset } from './kafka-broker.ts'
import { killed, reapAfterwards } from './reaper.ts'

/** A real cluster of one's own, that may be hurt. */
export interface Cluster extends AsyncDisposable {
  /** `TEXTSTREAM_STATE` of its stack. */
  readonly state: string
  readonly folders: Folders
  readonly portOffset: number
  readonly hdfs: Hdfs
  here(): Promise<HadoopHere>
  /** SIGKILL; resolves once it is gone. */
  kill(daemon: string): Promise<void>
  /** What its NodeManager runs. */
  containers(): Promise<readonly Identity[]>
  /** On the same ports and data; resolves once all is ready. */
  start(): Promise<void>
  /** Ends it in order. */
  stop(): Promise<void>
}

/** Starts a cluster on free ports, with data of its own that is gone afterwards. Takes ten seconds or more. */
export const startHadoop = async (): Promise<Cluster> => {
  const state = await mkdtemp(join(tmpdir(), 'textstream-hadoop-'))
  reapAfterwards(state)
  const folders = foldersFrom({ ...process.env, TEXTSTREAM_STATE: state })
  const stack: Stack = { parts: partsOf(hadoop), folders, environment: process.env, tell: () => {} }
  const portOffset = await freePortOffset(...Object.values(hadoop.ports))
  const port = (name: string) => hadoop.ports[name] + portOffset
  const place = placeOf(folders, 'hadoop')

  const start = () => up(stack, ['hadoop'], { portOffset, fresh: false, javaOptions: [] })
  const kill = async (daemon: string) => killed((await recorded(place, daemon))!)
  const stop = () => down(stack, ['hadoop'], { wipe: false })

  await start()
  const hdfs = webhdfs({
    name: `hdfs://${loopback}:${port('namenode')}`,
    nameNodes: [`http://${loopback}:${port('namenode-http')}`],
    user: userInfo().username,
  })
  return {
    state,
    folders,
    portOffset,
    hdfs,
    here: async () => (await hadoopHere(folders, process.env))!,
    kill,
    containers: () => containers(join(place.data, 'nodemanager')),
    start,
    stop,
    [Symbol.asyncDispose]: async () => {
      await hdfs[Symbol.asyncDispose]()
      await stop()
      await rm(state, { recursive: true, force: true })
    },
  }
}

export interface Streaming {
  /** How it ended, and what the client said. */
  readonly ended: Promise<{ readonly code: number | null; readonly stderr: string }>
  /** Ends the client, not the job. */
  abandon(): void
}

/** Runs a job of Hadoop's own Streaming, with small programs. */
export const stream = async (cluster: Cluster, flags: Readonly<Record<string, string>>): Promise<Streaming> => {
  const { java, javaOptions, conf } = await cluster.here()
  const args = Object.entries(flags).flatMap(([name, value]) => [`-${name}`, value])
  const child = spawn(java, [...javaOptions, 'org.apache.hadoop.streaming.HadoopStreaming', ...args], {
    env: { ...process.env, HADOOP_CONF_DIR: conf },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', data => {
    stderr += data
  })
  return {
    ended: once(child, 'close').then(([code]) => ({ code, stderr })),
    abandon: () => child.kill('SIGKILL'),
  }
}
