import { type Command, Option } from 'commander'
import type { Progress } from '../consume/consume.ts'
import { consumeIntoHive } from '../pipeline.ts'
import { StreamError } from '../std/error.ts'
import { isKafkaAddress, parseKafkaAddress } from '../topic/kafka-address.ts'
import { type ClusterFlags, clusterSettingsOf } from './cluster-flags.ts'
import { say } from './run.ts'

export interface SparkFlags extends ClusterFlags {
  readonly engine?: 'embedded' | 'spark'
  readonly warehouse?: string
  readonly logsDir?: string
  readonly features?: 'text' | 'classic'
  readonly schemaFile?: string
  readonly spark?: string
  readonly sparkKafka?: string
  readonly hivePort?: string
  readonly hiveTable?: string
}

const tableDefault = 'chunks_clustered'

export const addSparkOptions = (command: Command): Command =>
  command
    .addOption(new Option('--engine <name>', 'embedded, or spark: into a table of Hive').choices(['embedded', 'spark']))
    .option('--hive-table <name>', `the table, name or db.name: implies --engine spark (default: "${tableDefault}")`)
    .option('--spark <address>', 'Spark Connect, as sc://host:port (default: that of the stack)')
    .option('--spark-kafka <brokers>', 'the brokers as Spark reaches them, if that is otherwise than here')

const usage = (message: string) => new StreamError('consume/usage', message)

/** Whether Spark is to do it: it was said so, or a table of Hive was named, which nothing else can fill. */
export const wantsSpark = ({ engine, hivePort, hiveTable, schemaFile }: SparkFlags): boolean => {
  const hive = hiveTable ?? hivePort
  if (engine === 'embedded' && hive !== undefined)
    throw usage('a table of Hive is filled by --engine spark: leave --engine embedded away')
  if (engine !== undefined) return engine === 'spark'
  if (hive !== undefined) return true
  if (schemaFile !== undefined) throw usage('--schema-file is for Spark: give --engine spark, too')
  return false
}

/** Where the table is that Spark fills, and from what; refuses what goes only with tables in a folder. */
export const sparkPlaces = (flags: SparkFlags, from: string): { from: string; dir: string } => {
  const { warehouse, features } = flags
  if (warehouse !== undefined)
    throw usage('--warehouse is a folder that the embedded engine fills: name the table with --hive-table instead')
  if (features === 'text') throw usage('Spark computes --features classic: leave --features text away')
  if (!isKafkaAddress(from)) throw usage(`Spark reads topics of Kafka, not "${from}": give -k PORT or --from kafka://…`)
  return { from, dir: tableOf(flags) }
}

const tableOf = ({ hiveTable }: SparkFlags): string => hiveTable ?? tableDefault

interface How {
  readonly from: string
  readonly progress: Progress
  readonly follow: boolean
  readonly signal: AbortSignal
}

export const consumeOnSpark = async (flags: SparkFlags, { from, ...how }: How): Promise<void> => {
  if (flags.logsDir !== undefined)
    say(`textstream: nothing is written to --logs-dir: the Parquet files lie where table "${tableOf(flags)}" has them`)
  const { spark, sparkKafka, schemaFile } = flags
  await consumeIntoHive({
    ...how,
    from: parseKafkaAddress(from),
    table: tableOf(flags),
    spark,
    sparkKafka,
    schemaFile,
    settings: { features: 'classic', ...clusterSettingsOf(flags) },
  })
}
