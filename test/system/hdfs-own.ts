import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type Hdfs, webhdfs } from '../../src/wire/webhdfs.ts'
import type { TestHadoop } from '../hadoop.ts'

const startMsMax = 60_000

/** An HDFS of one NameNode and one DataNode, for tests that hurt it. */
export interface OwnHdfs extends AsyncDisposable {
  readonly hdfs: Hdfs
  /** For a `textstream` that shall use it. */
  readonly environment: Readonly<Record<string, string>>
  stopDataNode(): Promise<void>
  startDataNode(): Promise<void>
  stopNameNode(): Promise<void>
  startNameNode(): Promise<void>
  admin(...args: string[]): void
}

const freePorts = async (count: number): Promise<number[]> => {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map(server => once(server, 'listening')))
  const ports = servers.map(server => (server.address() as { port: number }).port)
  for (const server of servers) server.close()
  return ports
}

const write = (path: string, settings: Readonly<Record<string, string>>) => {
  const properties = Object.entries(settings).map(
    ([name, value]) => `<property><name>${name}</name><value>${value}</value></property>`,
  )
  writeFileSync(path, `<configuration>${properties.join('\n')}</configuration>\n`)
}

const configure = (root: string, [rpc, http, data, dataHttp, dataIpc]: readonly number[]) => {
  const at = (port: number) => `127.0.0.1:${port}`
  write(join(root, 'core-site.xml'), { 'fs.defaultFS': `hdfs://${at(rpc)}`, 'hadoop.tmp.dir': join(root, 'data') })
  write(join(root, 'hdfs-site.xml'), {
    'dfs.replication': '1',
    'dfs.blocksize': '8m',
    'dfs.namenode.fs-limits.min-block-size': '0',
    'dfs.namenode.http-address': at(http),
    'dfs.datanode.address': at(data),
    'dfs.datanode.http.address': at(dataHttp),
    'dfs.datanode.ipc.address': at(dataIpc),
    'dfs.datanode.hostname': '127.0.0.1',
    'dfs.namenode.datanode.registration.ip-hostname-check': 'false',
    'dfs.namenode.safemode.extension': '0',
    'dfs.namenode.safemode.min.datanodes': '1',
    'dfs.heartbeat.interval': '1',
    'dfs.client.block.write.locateFollowingBlock.initial.delay.ms': '10',
  })
}

const stop = async (child: ChildProcess | undefined) => {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}

const isTrue = async (url: string, pattern: RegExp) => {
  const answer = await fetch(url).catch(() => undefined)
  return answer?.ok === true && pattern.test(await answer.text())
}

const until = async (what: string, isSo: () => Promise<boolean>) => {
  for (const began = performance.now(); !(await isSo()); await wait(100))
    if (performance.now() - began > startMsMax) throw new Error(`${what} is not ready within ${startMsMax} ms`)
}

const server = 'org.apache.hadoop.hdfs.server'

export const startOwnHdfs = async ({ java, javaOptions, lib }: TestHadoop): Promise<OwnHdfs> => {
  const root = mkdtempSync(join(tmpdir(), 'textstream-hdfs-'))
  const ports = await freePorts(5)
  configure(root, ports)
  mkdirSync(join(root, 'data'))
  const env = { ...process.env, HADOOP_CONF_DIR: root }
  const archived = javaOptions.filter(option => option.startsWith('-X'))
  const options = [...archived, '-cp', `${lib}/*:${root}`]
  const jmx = `http://127.0.0.1:${ports[1]}/jmx?qry=Hadoop:service=NameNode,name=FSNamesystemState`
  const daemons: Record<string, ChildProcess | undefined> = {}
  const start = (name: string, main: string) => {
    const log = openSync(join(root, `${name}.log`), 'a')
    daemons[name] = spawn(java, [...options, main], { env, stdio: ['ignore', log, log] })
  }
  const own: OwnHdfs = {
    hdfs: webhdfs({
      name: `hdfs://127.0.0.1:${ports[0]}`,
      nameNodes: [`http://127.0.0.1:${ports[1]}`],
      user: userInfo().username,
    }),
    environment: { HADOOP_CONF_DIR: root },
    stopDataNode: () => stop(daemons.datanode),
    startDataNode: async () => {
      start('datanode', `${server}.datanode.DataNode`)
      await until('the DataNode', () => isTrue(`http://127.0.0.1:${ports[3]}/jmx`, /./))
    },
    stopNameNode: () => stop(daemons.namenode),
    startNameNode: async () => {
      start('namenode', `${server}.namenode.NameNode`)
      await until('the NameNode', () => isTrue(jmx, /FSNamesystemState/))
    },
    admin: (...args) => {
      const ran = spawnSync(java, [...options, 'org.apache.hadoop.hdfs.tools.DFSAdmin', ...args], { env })
      if (ran.status !== 0) throw new Error(`dfsadmin ${args.join(' ')}: ${ran.stderr}`)
    },
    async [Symbol.asyncDispose]() {
      await this.hdfs[Symbol.asyncDispose]()
      await Promise.all(Object.values(daemons).map(stop))
      rmSync(root, { recursive: true, force: true })
    },
  }
  const format = spawnSync(java, [...options, `${server}.namenode.NameNode`, '-format', '-nonInteractive'], { env })
  if (format.status !== 0) throw new Error(`format: ${format.stderr}`)
  await Promise.all([own.startNameNode(), own.startDataNode()])
  await until('the first heartbeat', () => isTrue(jmx, /"NumLiveDataNodes" : 1/))
  return own
}
