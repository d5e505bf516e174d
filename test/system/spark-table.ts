import { randomUUID } from 'node:crypto'
import { userInfo } from 'node:os'
import { sparkClustering } from '../../src/cluster/spark.ts'
import { newProgress, type Progress } from '../../src/consume/consume.ts'
import { consumeBySpark, type SparkConsumeOptions } from '../../src/consume/spark/consume.ts'
import { kafkaTopic } from '../../src/topic/kafka.ts'
import { brokersText, type KafkaAddress } from '../../src/topic/kafka-address.ts'
import { KafkaBorders } from '../../src/topic/kafka-borders.ts'
import { openHiveTables } from '../../src/warehouse/hive.ts'
import { besideOf, type HiveName } from '../../src/warehouse/hive-name.ts'
import { isHdfsAddress } from '../../src/wire/hdfs-address.ts'
import { hdfsFiles } from '../../src/wire/hdfs-files.ts'
import { localFiles } from '../../src/wire/local-files.ts'
import type { TableFiles } from '../../src/wire/table-files.ts'
import { webhdfs } from '../../src/wire/webhdfs.ts'
import { hadoopOrSkip } from '../hadoop.ts'
import { client, quick, type Session, sparkAddress } from '../spark.ts'

const { collect, lit, openSpark, runSql, sql } = client

/** Where the tables of the test's metastore are: here, or on the HDFS of the test's stack. */
export const filesOfTests = async (location: string): Promise<TableFiles> => {
  if (!isHdfsAddress(location)) return localFiles()
  const { hadoop } = await hadoopOrSkip()
  if (hadoop === undefined) throw new Error(`"${location}" is on HDFS: set TEXTSTREAM_TEST_HADOOP`)
  const name = `hdfs://127.0.0.1:${hadoop.ports.namenode}`
  return hdfsFiles(webhdfs({ name, nameNodes: [hadoop.webHdfs], user: userInfo().username }))
}

type Row = Awaited<ReturnType<typeof collect>>[number]

export type TableKind = 'chunks' | 'openings' | 'endings' | 'rejected' | 'clusters'

/** A table of Hive that no other test knows, gone with its files afterwards. */
export class SparkTable implements AsyncDisposable {
  readonly name: string
  readonly #path: HiveName
  readonly #address: string
  #spark: Session | undefined

  constructor(prefix = 'test', name = `${prefix}_${randomUUID().slice(0, 8)}`, address = sparkAddress) {
    this.name = name
    this.#address = address
    this.#path = ['default', this.name]
  }

  nameOf(kind: TableKind): string {
    return kind === 'chunks' ? this.name : besideOf(this.#path, kind).join('.')
  }

  async spark(): Promise<Session> {
    this.#spark ??= await this.#open()
    return this.#spark
  }

  async consume(address: KafkaAddress, more: Partial<SparkConsumeOptions> = {}): Promise<Progress> {
    const progress = newProgress()
    await using borders = new KafkaBorders(address)
    await borders.ask()
    await consumeBySpark({
      open: () => this.#open(),
      tablesIn: spark => openHiveTables(spark, this.#path),
      clusteringIn: sparkClustering,
      filesAt: filesOfTests,
      topic: kafkaTopic(address),
      borders,
      kafka: { brokers: brokersText(address), topic: address.topic, options: {} },
      table: this.name,
      settings: { features: 'classic' },
      progress,
      ...more,
    })
    return progress
  }

  async rows(kind: TableKind = 'chunks'): Promise<Row[]> {
    const spark = await this.spark()
    return collect(spark, sql('SELECT * FROM IDENTIFIER(:name)', { name: lit.string(this.nameOf(kind)) }))
  }

  /** Each row as `response_id seq chunk`, sorted. */
  async shown(): Promise<string[]> {
    const rows = await this.rows()
    return rows.map(({ response_id, seq, chunk }) => `${response_id} ${seq} ${chunk}`).sort()
  }

  /** Names of the files that readers see. */
  async files(): Promise<string[]> {
    const rows = await this.ask(
      "SELECT DISTINCT regexp_extract(input_file_name(), '[^/]+$', 0) AS name FROM IDENTIFIER(:name)",
    )
    return rows.map(({ name }) => String(name)).sort()
  }

  async ask(query: string): Promise<Row[]> {
    return collect(await this.spark(), sql(query, { name: lit.string(this.name) }))
  }

  #open(): Promise<Session> {
    return openSpark(this.#address, { settings: { ...quick, 'spark.sql.session.timeZone': 'UTC' } })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const spark = await this.spark()
    for (const kind of ['chunks', 'openings', 'endings', 'rejected', 'clusters'] as const) {
      const name = { name: lit.string(this.nameOf(kind)) }
      const purge = "ALTER TABLE IDENTIFIER(:name) SET TBLPROPERTIES ('external.table.purge'='true')"
      await runSql(spark, purge, name).catch(() => {})
      await runSql(spark, 'DROP TABLE IF EXISTS IDENTIFIER(:name)', name)
    }
    await spark[Symbol.asyncDispose]()
  }
}
