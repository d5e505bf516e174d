import type { SparkClustering } from '../../cluster/spark.ts'
import type { HiveTables } from '../../warehouse/hive.ts'
import type { SparkSession } from '../../wire/spark-connect/spark.ts'
import type { TableFiles } from '../../wire/table-files.ts'
import type { Settings } from '../settings.ts'
import type { Places } from './places.ts'

/** The topic as Spark sees it. */
export interface KafkaOfSpark {
  /** `host:port`, several with commas between. */
  readonly brokers: string
  readonly topic: string
  /** Of the client that Spark reads with: how to log in. */
  readonly options: Readonly<Record<string, string>>
}

/** What a batch is done with. The session, and what was opened with it, is replaced when Spark was gone. */
export interface Tools {
  readonly spark: SparkSession
  readonly files: TableFiles
  readonly tables: HiveTables
  readonly clustering: SparkClustering
  readonly places: Places
  readonly kafka: KafkaOfSpark
  readonly settings: Settings
}
