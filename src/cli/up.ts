import { stat } from 'node:fs/promises'
import { Command } from 'commander'
import { StreamError } from '../std/error.ts'
import type { HiveWanted } from '../web/consumer.ts'
import { addClusterOptions, clusterSettingsOf } from './cluster-flags.ts'
import { addSparkOptions, type SparkFlags } from './consume-spark.ts'
import { type LogLevel, loggerOf, logLevel } from './log-level.ts'
import { portNumber, wholeNumber } from './numbers.ts'
import { hintsFor } from './produce-hints.ts'
import { exit, say } from './run.ts'
import { untilSignal } from './signals.ts'
import { hiveOf } from './up-spark.ts'
import { version } from './version.ts'

const examples = `Examples:
  textstream up -d books/                              captures the texts of books/, and shows them: http://localhost:4000
  textstream up -d books/ --rate 0 -c 1024             as fast as it can, instead of as an LLM writes
  textstream up                                        takes what agents post, and shows it
  textstream up --from logs/                           shows a log that others write
  textstream up --from kafka://localhost:9092/chunks   the same of a topic of Kafka
  textstream up --from kafka://localhost:9092/chunks --engine spark      by Spark, into a table of Hive
  curl -X POST localhost:4000/records --data-binary @records.ndjson
  date | curl -X POST -T - -H 'content-type: text/plain' 'localhost:4000/records?agent=Agent_Ada&uri=/now.md'
`

const notes = `
Only this machine can reach it, unless --host says otherwise; then everybody needs the token.
Run it again to go on where it was: nothing is lost, nothing is captured twice.
Exit: 130 or 143 after Ctrl-C or a signal (all is durable then), 1 failed, 2 usage.`

const rateMax = 1_000_000

interface Flags extends SparkFlags {
  readonly dataDir?: string
  readonly chunkSize: number
  readonly rate: number
  readonly from?: string
  readonly log?: string
  readonly port: number
  readonly host: string
  readonly token?: string
  readonly logLevel: LogLevel
  readonly json: boolean
}

const logDefault = 'logs'
const warehouseDefault = 'warehouse'
const usage = (message: string) => new StreamError('up/usage', message)

const refuseMixed = ({ from, log, dataDir }: Flags) => {
  if (from !== undefined && log !== undefined)
    throw usage(
      '--from and --log at the same time: --from reads a topic that is there, --log is written; leave one away',
    )
  if (from !== undefined && dataDir !== undefined)
    throw usage('--from and --data-dir at the same time: capture with textstream produce, or into --log')
}

const refuseNoFolder = async (dir: string | undefined) => {
  if (dir === undefined || (await stat(dir).catch(() => undefined))?.isDirectory()) return
  throw usage(`"${dir}" is no folder; name the one that holds the texts with --data-dir`)
}

const announce = (url: string, flags: Flags, hive: HiveWanted | undefined) => {
  const { json, dataDir, chunkSize, rate, from, log = logDefault } = flags
  const tables = hive?.table ?? flags.warehouse ?? warehouseDefault
  const place = hive === undefined ? { warehouse: tables } : { hiveTable: tables }
  if (json) process.stdout.write(`${JSON.stringify({ url, docs: `${url}/docs`, from: from ?? log, ...place })}\n`)
  else process.stdout.write(`${url}\n`)
  const pace = rate === 0 ? 'as fast as they can be read' : `at ${rate} a second each; --rate 0: as fast as possible`
  if (dataDir !== undefined) say(`capturing the texts of "${dataDir}" in chunks of ${chunkSize} characters, ${pace}`)
  const where = hive === undefined ? `tables in ${tables}` : `filling table ${tables} of Hive by Spark`
  say(`reading ${from ?? log}, ${where}; agents write to ${url}/records, described at ${url}/docs`)
}

const optionsOf = (flags: Flags, hive: HiveWanted | undefined) => {
  const { dataDir: dir, chunkSize, rate, from, log = logDefault, port, host, token } = flags
  const texts = dir === undefined ? undefined : { dir, chunkSize, rate }
  const warehouse = flags.warehouse ?? warehouseDefault
  const place = { from: from ?? log, keepsWriter: from === undefined, warehouse, hive }
  const reach = { port, host, token: token || undefined }
  return {
    texts,
    ...place,
    ...reach,
    hints: hintsFor(process.env),
    settings: clusterSettingsOf(flags),
    version: version(),
    say,
  }
}

const act = async (flags: Flags) => {
  refuseMixed(flags)
  const hive = hiveOf(flags, flags.from)
  await refuseNoFolder(flags.dataDir)
  const stop = untilSignal('textstream: stopping; what was read is made durable and committed (once more: stop now)')
  const { up } = await import('../web/up.ts')
  await using running = await up({ ...optionsOf(flags, hive), logger: await loggerOf(flags.logLevel) })
  announce(running.url, flags, hive)
  const stopped = new Promise<void>(resolve => stop.signal.addEventListener('abort', () => resolve()))
  await Promise.race([stopped, running.failed])
  process.exitCode = stop.code() ?? exit.done
}

export const command = (): Command => {
  const up = new Command('up')
    .description('Runs source, producer, log, consumer, API and page in one process, and shows what agents write.')
    .addHelpText('before', `${examples}\n`)
    .option('-d, --data-dir <dir>', 'texts to capture; those that are added later, too')
    .option('-c, --chunk-size <n>', 'characters per chunk of these texts', wholeNumber(1, 1024 * 1024), 24)
    .option('--rate <r>', 'their chunks per second, each; 0: as fast as possible', wholeNumber(0, rateMax), 40)
    .option('-l, --log <dir>', `the log that is written and read (default: "${logDefault}")`)
    .option('--from <topic>', 'reads a log or kafka://host:port/topic that others write, instead')
    .option('--warehouse <dir>', `the tables (default: "${warehouseDefault}")`)
    .option('-p, --port <port>', 'where to listen; 0: any free one', portNumber, 4000)
    .option('--host <host>', 'the address to listen at; others than this machine need a token', '127.0.0.1')
    .option('--token <token>', 'what everybody has to know; better as TEXTSTREAM_TOKEN')
  addSparkOptions(up)
  return addClusterOptions(up)
    .addOption(logLevel())
    .option('--json', 'says where it listens as one line of JSON on standard output', false)
    .addHelpText('after', notes)
    .allowExcessArguments(false)
    .action(act)
}
