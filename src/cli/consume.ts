import { Command, Option } from 'commander'
import type { Progress } from '../consume/consume.ts'
import { openClustering, openTopic, openWarehouse } from '../pipeline.ts'
import { reasonOf, StreamError } from '../std/error.ts'
import { isKafkaAddress, kafkaName } from '../topic/kafka-address.ts'
import type { Topic } from '../topic/topic.ts'
import { addClusterOptions, clusterSettingsOf } from './cluster-flags.ts'
import { addSparkOptions, consumeOnSpark, type SparkFlags, sparkPlaces, wantsSpark } from './consume-spark.ts'
import { type KafkaFlags, kafkaOf, topicDefault } from './kafka-flags.ts'
import { addMetricsPort, type MetricsPort, serveMetricsOf } from './metrics-port.ts'
import { wholeNumber } from './numbers.ts'
import { exit, say } from './run.ts'
import { untilSignal } from './signals.ts'
import { amount } from './words.ts'

const examples = `Examples:
  textstream consume --from logs/                            into ./warehouse, and on as the log grows, until Ctrl-C
  textstream consume --from logs/ --once                     ends where the log ends
  textstream consume --from logs/ --warehouse w4 --clusters 4 --seed 7
  textstream consume --from kafka://localhost:9092/chunks    from a topic of Kafka
  textstream consume -k 9092 --hive-table chunks_clustered   into a table of Hive, by Spark
  textstream query "select cluster, label, count(*) from chunks_clustered group by all"

Run it again to go on where it was: nothing is lost, nothing is counted twice.
`

const linesMax = 2 ** 31 - 1
const redrawMs = 500

interface Flags extends SparkFlags, KafkaFlags {
  readonly from?: string
  readonly once: boolean
  readonly malformedMax: number
  readonly metricsPort?: MetricsPort
  readonly json: boolean
}

const usage = (message: string) => new StreamError('consume/usage', message)

/** `-k` and `-t` are the old names of `--from kafka://…`. */
const fromOf = (flags: Flags): string => {
  const { from, kafkaBrokerPort } = flags
  if (from !== undefined && kafkaBrokerPort !== undefined)
    throw usage('--from and --kafka-broker-port at the same time: leave one away')
  if (from !== undefined) return from
  const address = kafkaOf(flags, 'consume')
  if (address !== undefined) return kafkaName(address)
  throw usage('nothing to read: give the log, as in --from logs/ or --from kafka://localhost/chunks')
}

const placesOf = (flags: Flags) => {
  const from = fromOf(flags)
  if (flags.warehouse !== undefined && flags.logsDir !== undefined)
    throw usage('--warehouse and --logs-dir are two names of the same: leave one away')
  return { from, dir: flags.warehouse ?? flags.logsDir ?? 'warehouse' }
}

const settingsOf = (flags: Flags) => ({
  ...clusterSettingsOf(flags),
  ...(flags.features !== undefined && { features: flags.features }),
})

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`

/** How far behind in words: a log counts bytes, Kafka records. */
const behindIn = (from: string) => (lag: number) =>
  `${isKafkaAddress(from) ? amount(lag, 'record') : megabytes(lag)} behind`

/** A line that is drawn again and again on a terminal; elsewhere nothing. Ends without a trace. */
const showProgress = (progress: Progress, lag: () => Promise<string>): Disposable => {
  if (!process.stderr.isTTY) return { [Symbol.dispose]: () => {} }
  let [rows, at] = [0, performance.now()]
  const draw = async () => {
    const [behind, now] = [await lag(), performance.now()]
    const rate = Math.round(((progress.rows - rows) * 1000) / (now - at))
    ;[rows, at] = [progress.rows, now]
    const model = progress.model === 0 ? 'no model yet' : `model ${progress.model}`
    const line = `${amount(progress.rows, 'row')}, ${rate.toLocaleString('en')}/s, ${behind}, ${model}`
    process.stderr.write(`\r${line}\x1b[K`)
  }
  const timer = setInterval(() => draw().catch(() => {}), redrawMs)
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer)
      process.stderr.write('\r\x1b[K')
    },
  }
}

const summary = (progress: Progress, dir: string, behind: string | undefined, seconds: number): string[] => {
  const { rows, records, malformed, repeats, conflicts, model } = progress
  const clusters = model === 0 ? 'too little text for clusters yet' : `model ${model}`
  const oddities = [
    ...(repeats > 0 ? [amount(repeats, 'repeat')] : []),
    ...(conflicts > 0 ? [`${amount(conflicts, 'conflict')}, kept in the table rejected`] : []),
    ...(malformed > 0 ? [`${amount(malformed, 'malformed line')}, kept in the table rejected`] : []),
  ]
  return [
    `${amount(rows, 'row')} from ${amount(records, 'line')} into ${dir}, in ${seconds.toFixed(2)} s; ${clusters}; ${behind ?? 'at its end'}`,
    ...(oddities.length > 0 ? [`noticed: ${oddities.join('; ')}`] : []),
  ]
}

/** So that `log prune` knows whom to ask; a log that cannot be written to is read all the same. */
const noteAt = async (logs: string, dir: string) => {
  const { resolve } = await import('node:path')
  const { noteConsumer } = await import('../topic/consumers.ts')
  const why = await noteConsumer(logs, { warehouse: resolve(dir) }).then(
    noted => (noted.noted ? undefined : noted.reason),
    reasonOf,
  )
  if (why !== undefined) say(`textstream: warning: log prune will not know of this consumer: ${why}`)
}

interface How {
  readonly progress: Progress
  readonly follow: boolean
  readonly signal: AbortSignal
}

/** Fills a folder, in this process. */
const consumeHere = async (topic: Topic, from: string, dir: string, flags: Flags, how: How) => {
  const [{ consume }, { recipeOf }] = [await import('../consume/consume.ts'), await import('../cluster/recipes.ts')]
  const [warehouse, clustering] = [await openWarehouse(dir), await openClustering()]
  if (!isKafkaAddress(from)) await noteAt(from, dir)
  await consume(topic, warehouse, { ...how, clustering, recipeOf, settings: settingsOf(flags) })
}

const act = async (flags: Flags) => {
  const isSpark = wantsSpark(flags)
  const { from, dir } = isSpark ? sparkPlaces(flags, fromOf(flags)) : placesOf(flags)
  const { lagOf, newProgress } = await import('../consume/consume.ts')
  const topic = await openTopic(from)
  const progress = newProgress()
  const inWords = behindIn(from)
  const lag = async () => lagOf(await topic.end(), progress.position)
  await topic.end()
  await using _ = await serveMetricsOf('consume', flags.metricsPort)
  const stop = untilSignal()
  const began = performance.now()
  {
    using _ = showProgress(progress, async () => inWords(await lag()))
    const how = { progress, follow: !flags.once, signal: stop.signal }
    if (isSpark) await consumeOnSpark(flags, { from, ...how })
    else await consumeHere(topic, from, dir, flags, how)
  }
  const seconds = (performance.now() - began) / 1000
  const behind = await lag()
  for (const line of summary(progress, dir, behind === 0 ? undefined : inWords(behind), seconds)) say(line)
  if (flags.json) process.stdout.write(`${JSON.stringify({ ...progress, lag: behind, seconds })}\n`)
  process.exitCode = stop.code() ?? (progress.malformed > flags.malformedMax ? exit.findings : exit.done)
}

export const command = (): Command => {
  const consume = new Command('consume')
    .description('Reads a log as it grows, clusters its text, and keeps tables of it that can be queried.')
    .addHelpText('before', `${examples}\n`)
    .option('--from <log>', 'the folder of a log, or kafka://host:port/topic')
    .option('--warehouse <dir>', 'the tables (default: "warehouse")')
    .option('--once', 'ends at the end of the log, as it is at the start', false)
  addClusterOptions(consume)
    .addOption(
      new Option(
        '--features <recipe>',
        'text: windows of words, TF-IDF, latent dimensions; classic: as the old system',
      ).choices(['text', 'classic']),
    )
    .option('--malformed-max <lines>', 'exit 0 although so many lines are malformed', wholeNumber(0, linesMax), 0)
    .option('--json', 'the report as JSON on standard output', false)
  addMetricsPort(consume, 'consume').option('-l, --logs-dir <dir>', "the old consumer's name for --warehouse")
  addSparkOptions(consume).option(
    '-s, --schema-file <file>',
    'fields of records, as JSON; those that are not known become columns of the table',
  )
  return consume
    .option('-k, --kafka-broker-port <port>', 'a Kafka broker, port or host:port: the same as --from kafka://…')
    .option('-t, --topic <name>', `the topic at that broker (default: "${topicDefault}")`)
    .option('--hive-port <port>', "the old consumer's option: implies --engine spark; the table is found by Spark")
    .addHelpText(
      'after',
      '\nExit: 0 done, 1 failed, 2 usage, 3 a line was malformed, 4 Kafka or Spark cannot be reached, 130 and 143 interrupted (all is committed).',
    )
    .action(act)
}
