import { StreamError } from '../std/error.ts'
import { isKafkaAddress } from '../topic/kafka-address.ts'
import type { HiveWanted } from '../web/consumer.ts'
import { type SparkFlags, sparkPlaces, wantsSpark } from './consume-spark.ts'

const usage = (message: string) => new StreamError('up/usage', message)

/** The table of Hive that is filled and shown, if Spark is to do it; refuses what goes only with tables in a folder. */
export const hiveOf = (flags: SparkFlags, from: string | undefined): HiveWanted | undefined => {
  if (!wantsSpark(flags)) return undefined
  if (from === undefined || !isKafkaAddress(from))
    throw usage(`Spark reads topics of Kafka, not ${from === undefined ? 'a log' : `"${from}"`}: give --from kafka://…`)
  const { spark, sparkKafka } = flags
  return { table: sparkPlaces(flags, from).dir, spark, sparkKafka }
}
