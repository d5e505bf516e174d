/**
 * The flow, top to bottom. The only file that names adapters: every room above talks to ports.
 * Adapters are loaded late, so that a command pays only for what it uses.
 */

import type { Clustering } from './cluster/cluster.ts'
import type { HadoopWishes } from './refresh/hadoop/setting.ts'
import type { HadoopRunner } from './refresh/hadoop.ts'
import type { Runner } from './refresh/runner.ts'
import type { Source } from './source/source.ts'
import { isKafkaAddress, type KafkaAddress, parseKafkaAddress } from './topic/kafka-address.ts'
import type { Topic } from './topic/topic.ts'
import type { Warehouse } from './warehouse/warehouse.ts'
import type { Hdfs } from './wire/hdfs.ts'
import { parseHdfsAddress } from './wire/hdfs-address.ts'

/** A folder's path, or a source's port, host:port or URL → the source. */
export const openFolder = async (dir: string, chunkSize: number, warn?: (message: string) => void): Promise<Source> => {
  const { folder } = await import('./source/folder.ts')
  return folder(dir, { chunkSize, ...(warn !== undefined && { warn }) })
}

export const openHttp = async (url: string): Promise<Source> => {
  const { http } = await import('./source/http.ts')
  return http(url)
}

export const openLog = async (dir: string): Promise<Topic> => {
  const { fileTopic } = await import('./topic/file.ts')
  return fileTopic(dir)
}

/** Brokers are told who we are by the environment, never by arguments: TEXTSTREAM_KAFKA_…. */
export const openKafka = async (address: KafkaAddress): Promise<Topic> => {
  const { kafkaTopic } = await import('./topic/kafka.ts')
  const { kafkaSecurity } = await import('./topic/kafka-security.ts')
  return kafkaTopic(address, { security: kafkaSecurity(process.env) })
}

/** A log's folder, or `kafka://host:port/topic` → the topic. */
export const openTopic = (address: string): Promise<Topic> =>
  isKafkaAddress(address) ? openKafka(parseKafkaAddress(address)) : openLog(address)

/** Makes a topic of a Kafka cluster; false if it was there. */
export const createKafka = async (
  address: KafkaAddress,
  wanted: { readonly partitions: number; readonly replication: number },
): Promise<boolean> => {
  const { createKafkaTopic } = await import('./topic/kafka-create.ts')
  const { kafkaSecurity } = await import('./topic/kafka-security.ts')
  return createKafkaTopic(address, wanted, kafkaSecurity(process.env))
}

export const openClustering = async (): Promise<Clustering> => (await import('./cluster/embedded.ts')).embedded

export const openWarehouse = async (dir: string): Promise<Warehouse> => {
  const { duckdbWarehouse } = await import('./warehouse/duckdb.ts')
  return duckdbWarehouse(dir)
}

export const openRunner = async (name: 'inline' | 'local'): Promise<Runner> => {
  if (name === 'inline') return (await import('./refresh/inline.ts')).inline
  return (await import('./refresh/local.ts')).local
}

const hdfsSurroundings = async () => {
  const { foldersFrom } = await import('./stack/folders.ts')
  const { placeOf } = await import('./stack/place.ts')
  return { env: process.env, stackConf: placeOf(foldersFrom(process.env), 'hadoop').conf }
}

interface OnHdfs {
  readonly hdfs: Hdfs
  readonly path: string
}

/** `hdfs://host:port/path`, or `hdfs:///path` on whichever file system the environment means, else the stack's. */
export const openHdfs = async (address: string): Promise<OnHdfs> => {
  const { authority, path } = parseHdfsAddress(address)
  const { hdfsEndpoints } = await import('./wire/hdfs-endpoints.ts')
  const { webhdfs } = await import('./wire/webhdfs.ts')
  return { hdfs: webhdfs(await hdfsEndpoints(authority, await hdfsSurroundings())), path }
}

/** The same for an address that others wrote: only if its file system is one that the environment or the stack names. */
export const openKnownHdfs = async (address: string): Promise<OnHdfs | undefined> => {
  const { authority, path } = parseHdfsAddress(address)
  const { knownHdfsEndpoints } = await import('./wire/hdfs-endpoints.ts')
  const { webhdfs } = await import('./wire/webhdfs.ts')
  const endpoints = authority && (await knownHdfsEndpoints(authority, await hdfsSurroundings()))
  return endpoints ? { hdfs: webhdfs(endpoints), path } : undefined
}

/** The Hadoop of TEXTSTREAM_HADOOP, HADOOP_HOME, HADOOP_CONF_DIR or the PATH, else the stack's. */
export const openHadoop = async (wishes: HadoopWishes): Promise<HadoopRunner> => {
  const { hadoop } = await import('./refresh/hadoop.ts')
  const { hadoopSetting } = await import('./refresh/hadoop/setting.ts')
  const { bundledTask } = await import('./refresh/hadoop/bundle.ts')
  const { streamingJar } = await import('./stack/streaming-jar.ts')
  const { foldersFrom } = await import('./stack/folders.ts')
  const { hadoopHere } = await import('./stack/hadoop/here.ts')
  const folders = foldersFrom(process.env)
  const { hdfs } = await openHdfs('hdfs:///')
  const around = {
    env: process.env,
    stack: await hadoopHere(folders, process.env),
    hdfs,
    task: () => bundledTask(folders.cache),
    jar: () => streamingJar({ cache: folders.cache, environment: process.env, onWait: wishes.onWait ?? (() => {}) }),
  }
  return hadoop(hadoopSetting(wishes, around))
}
