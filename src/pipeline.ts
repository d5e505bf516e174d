/**
 * The flow, top to bottom. The only file that names adapters: every room above talks to ports.
 * Adapters are loaded late, so that a command pays only for what it uses.
 */

import { join } from 'node:path'
import type { Clustering } from './cluster/cluster.ts'
import type { SparkConsumeOptions } from './consume/spark/consume.ts'
import type { HadoopWishes } from './refresh/hadoop/setting.ts'
import type { HadoopRunner } from './refresh/hadoop.ts'
import type { Runner } from './refresh/runner.ts'
import type { Source } from './source/source.ts'
import { brokersText, isKafkaAddress, type KafkaAddress, parseKafkaAddress } from './topic/kafka-address.ts'
import type { Topic } from './topic/topic.ts'
import type { HiveTables } from './warehouse/hive.ts'
import type { HiveFiles, HiveFolders, HivePlace } from './warehouse/hive-files.ts'
import type { HdfsFolders } from './warehouse/hive-listing.ts'
import type { Warehouse } from './warehouse/warehouse.ts'
import type { Hdfs } from './wire/hdfs.ts'
import { isHdfsAddress, parseHdfsAddress } from './wire/hdfs-address.ts'
import type { TableFiles } from './wire/table-files.ts'
import type { HdfsLimits } from './wire/webhdfs-limits.ts'

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

const hdfsAt = async (address: string, limits: Partial<HdfsLimits>): Promise<OnHdfs> => {
  const { authority, path } = parseHdfsAddress(address)
  const { hdfsEndpoints } = await import('./wire/hdfs-endpoints.ts')
  const { webhdfs } = await import('./wire/webhdfs.ts')
  return { hdfs: webhdfs(await hdfsEndpoints(authority, await hdfsSurroundings()), limits), path }
}

/** `hdfs://host:port/path`, or `hdfs:///path` on whichever file system the environment means, else the stack's. */
export const openHdfs = (address: string): Promise<OnHdfs> => hdfsAt(address, {})

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

/** Where Spark Connect is: `given`, else the stack's. */
const sparkAddressOf = async (given: string | undefined): Promise<string> => {
  if (given !== undefined) return given
  const { sparkHere } = await import('./stack/spark/here.ts')
  const { foldersFrom } = await import('./stack/folders.ts')
  const { noSpark } = await import('./consume/spark/outage.ts')
  const here = await sparkHere(foldersFrom(process.env))
  if (here === undefined) throw noSpark()
  return here
}

/** Tables of Hive, asked through HiveServer2: `given`, else that of TEXTSTREAM_HIVE, else the stack's, else the one at its usual port. */
export const openHive = async (given: string | undefined): Promise<Pick<Warehouse, 'name' | 'query'>> => {
  const { hiveHere } = await import('./stack/hive/here.ts')
  const { foldersFrom } = await import('./stack/folders.ts')
  const { parseHiveAddress } = await import('./warehouse/hive-address.ts')
  const { hiveLogin } = await import('./warehouse/hive-login.ts')
  const { queryHive } = await import('./warehouse/hive-query.ts')
  const named = given ?? (process.env.TEXTSTREAM_HIVE || undefined)
  const address = parseHiveAddress(named ?? (await hiveHere(foldersFrom(process.env))) ?? '10000')
  const login = hiveLogin(process.env)
  return { name: address.name, query: (sql, options) => queryHive(address, login, sql, options) }
}

/** A folder of this machine, or HDFS, by what a table's location says. */
const openTableFiles = async (location: string): Promise<TableFiles> => {
  if (!isHdfsAddress(location)) return (await import('./wire/local-files.ts')).localFiles()
  const { hdfsFiles } = await import('./wire/hdfs-files.ts')
  return hdfsFiles((await openHdfs(location)).hdfs)
}

/** Copies of tables on HDFS are made by `up`, for somebody who waits: who cannot be reached is soon given up. */
const impatient = { connectMsMax: 4_000, answerMsMax: 10_000, idleMsMax: 10_000, againMsMax: 4_000 }

const openHiveMirror = async (name: string, locations: readonly (readonly [table: string, location: string])[]) => {
  const { hiveMirror } = await import('./warehouse/hive-mirror.ts')
  const { ownFolder } = await import('./std/folders.ts')
  const { hdfs } = await hdfsAt(locations[0][1], impatient)
  const folders = Object.fromEntries(locations.map(([table, location]) => [table, parseHdfsAddress(location).path]))
  const root = join(ownFolder('state', process.env), 'mirrors')
  return hiveMirror({ name, hdfs, folders: folders as HdfsFolders, root })
}

/**
 * Tables of Hive, read as the files that they are, on this machine or on HDFS; none if they lie in other places, or are
 * of the old five columns.
 */
export const openHiveFiles = async (tables: HiveTables): Promise<HiveFiles | undefined> => {
  const { chunks, openings, endings, rejected, clusters, isLegacy } = tables
  const of = Object.entries({ chunks_clustered: chunks, openings, endings, rejected, clusters })
  const locations = of.map(([table, { location }]) => [table, location] as const)
  const areAll = (is: (location: string) => boolean) => !isLegacy && locations.every(([, location]) => is(location))
  const isBeside = (location: string) =>
    isHdfsAddress(location) && parseHdfsAddress(location).authority === parseHdfsAddress(chunks.location).authority
  const name = chunks.path.join('.')
  if (areAll(location => /^file:|^\//.test(location))) {
    const { hiveFiles } = await import('./warehouse/hive-files.ts')
    const { pathOf } = (await import('./wire/local-files.ts')).localFiles()
    return hiveFiles(name, Object.fromEntries(locations.map(([table, at]) => [table, pathOf(at)])) as HiveFolders)
  }
  return isHdfsAddress(chunks.location) && areAll(isBeside) ? openHiveMirror(name, locations) : undefined
}

/** The tables in a place that `openHiveFiles` lent. */
export const openHivePlace = async (place: HivePlace): Promise<Pick<Warehouse, 'query'>> =>
  (await import('./warehouse/hive-files.ts')).hiveAt(place)

/** Makes the tables that `consumeIntoHive` fills, where they are not there yet. Gives where the rows lie. */
export const createHiveTables = async (table: string, spark: string | undefined): Promise<string> => {
  const { assertBuilt } = await import('./wire/spark-connect/built.ts')
  assertBuilt()
  const { openSpark, sparkSecurity } = await import('./wire/spark-connect/spark.ts')
  const { openHiveTables, parseHiveName, sparkSettings } = await import('./warehouse/hive.ts')
  const name = parseHiveName(table)
  const security = sparkSecurity(process.env)
  await using session = await openSpark(await sparkAddressOf(spark), { security, settings: sparkSettings })
  return (await openHiveTables(session, name)).chunks.location
}

export interface HiveWishes extends Pick<SparkConsumeOptions, 'settings' | 'progress' | 'follow' | 'signal'> {
  readonly from: KafkaAddress
  /** `sc://host:port`; absent: the stack's. */
  readonly spark?: string | undefined
  /** The brokers as Spark reaches them, if that is otherwise than here. */
  readonly sparkKafka?: string | undefined
  /** `name` or `db.name`. */
  readonly table: string
  /** Path of a schema file. */
  readonly schemaFile?: string | undefined
  /** Is told where the tables lie, whenever they are opened. */
  readonly onTables?: (tables: HiveTables) => void
}

/** Fills a table of Hive from a topic of Kafka, by Spark. */
export const consumeIntoHive = async (wishes: HiveWishes): Promise<void> => {
  const { assertBuilt } = await import('./wire/spark-connect/built.ts')
  assertBuilt()
  const { openSpark, sparkSecurity } = await import('./wire/spark-connect/spark.ts')
  const { openHiveTables, parseHiveName, sparkSettings } = await import('./warehouse/hive.ts')
  const { readSchemaFile } = await import('./warehouse/schema-file.ts')
  const { sparkClustering } = await import('./cluster/spark.ts')
  const { KafkaBorders } = await import('./topic/kafka-borders.ts')
  const { kafkaSecurity } = await import('./topic/kafka-security.ts')
  const { kafkaOptions } = await import('./consume/spark/kafka-options.ts')
  const { consumeBySpark } = await import('./consume/spark/consume.ts')
  const { from, table, schemaFile } = wishes
  const name = parseHiveName(table)
  const extra = schemaFile === undefined ? [] : (await readSchemaFile(schemaFile)).extra
  const address = await sparkAddressOf(wishes.spark)
  const login = kafkaSecurity(process.env)
  await using borders = new KafkaBorders(from, login)
  await borders.ask()
  await consumeBySpark({
    ...wishes,
    open: () => openSpark(address, { security: sparkSecurity(process.env), settings: sparkSettings }),
    tablesIn: async spark => {
      const tables = await openHiveTables(spark, name, extra)
      wishes.onTables?.(tables)
      return tables
    },
    clusteringIn: sparkClustering,
    filesAt: openTableFiles,
    topic: await openKafka(from),
    borders,
    kafka: { brokers: wishes.sparkKafka ?? brokersText(from), topic: from.topic, options: kafkaOptions(login) },
  })
}
