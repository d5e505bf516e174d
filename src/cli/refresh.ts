import { availableParallelism } from 'node:os'
import { Command, InvalidArgumentError, Option } from 'commander'
import { openHadoop, openHdfs, openRunner, openTopic } from '../pipeline.ts'
import type { RefreshOptions } from '../refresh/refresh.ts'
import type { Runner } from '../refresh/runner.ts'
import { systemClock } from '../std/clock.ts'
import { StreamError } from '../std/error.ts'
import { isKafkaAddress } from '../topic/kafka-address.ts'
import { isHdfsAddress } from '../wire/hdfs-address.ts'
import { addHadoopOptions, type HadoopFlags, wishesOf } from './refresh-hadoop.ts'
import { type ReportFlags, report } from './refresh-report.ts'
import { say } from './run.ts'
import { untilSignal } from './signals.ts'
import { version } from './version.ts'

const threadsMax = 4
const progressMsMin = 100

const examples = `Examples:
  textstream refresh logs/                         documents into ./refresh, with _receipt.json
  textstream refresh logs_*.txt archive.ndjson.zst -o rebuilt/
  textstream refresh kafka://localhost:9092/chunks -o rebuilt/
  textstream refresh -r hadoop hdfs:///user/you/logs/ -o hdfs:///user/you/rebuilt/
  zcat old.log.gz | textstream refresh - -o rebuilt/ --json
`

const count = (text: string): number => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('it must be a whole number, 0 or more.')
  return Number(text)
}

interface Flags extends HadoopFlags, ReportFlags {
  readonly runner: 'inline' | 'local' | 'hadoop'
  readonly attempts: boolean
  readonly threads: number
  readonly metricsFile?: string
}

/** A bar that is drawn synchronously: the runners keep the thread, so nothing else would get through. */
const progressBar = () => {
  let drawnAt = 0
  return (doneBytes: number, allBytes: number) => {
    const now = performance.now()
    if (now - drawnAt < progressMsMin && doneBytes < allBytes) return
    drawnAt = now
    const share = allBytes === 0 ? 1 : doneBytes / allBytes
    const bar = '#'.repeat(Math.round(share * 30)).padEnd(30, '.')
    process.stderr.write(`\r${bar} ${Math.round(share * 100)} % of ${(allBytes / 1e6).toFixed(0)} MB\x1b[K`)
    if (doneBytes >= allBytes) process.stderr.write('\r\x1b[K')
  }
}

const optionsOf = async (inputs: readonly string[], flags: Flags): Promise<RefreshOptions> => ({
  inputs: inputs.filter(input => !isKafkaAddress(input) && !isHdfsAddress(input)),
  topics: await Promise.all(inputs.filter(isKafkaAddress).map(openTopic)),
  hdfs: await Promise.all(inputs.filter(isHdfsAddress).map(openHdfs)),
  out: isHdfsAddress(flags.out) ? await openHdfs(flags.out) : flags.out,
  attempts: flags.attempts,
  threads: flags.threads,
  version: version(),
  clock: systemClock,
  ...(process.stderr.isTTY && flags.runner !== 'hadoop' ? { progress: progressBar() } : {}),
})

const run = async (runner: Runner, inputs: string[], flags: Flags, more?: () => string | undefined) => {
  const { refresh } = await import('../refresh/refresh.ts')
  const began = performance.now()
  const options = await optionsOf(inputs, flags)
  const receipt = await refresh(runner, options).finally(() => writeMetricsOf(flags))
  await report(receipt, options.out, flags, (performance.now() - began) / 1000, more?.())
}

const writeMetricsOf = async ({ metricsFile }: Flags) => {
  if (metricsFile !== undefined) await (await import('../metrics/file.ts')).writeMetrics(metricsFile)
}

const actOnHadoop = async (inputs: string[], flags: Flags) => {
  const stop = untilSignal('textstream: stopping; the job is killed, and what it left is removed (once more: stop now)')
  const wishes = wishesOf(flags, stop.signal)
  try {
    const runner = await openHadoop(wishes)
    if (flags.dryRun) process.stdout.write(await runner.dryRun(await optionsOf(inputs, flags)))
    else await run(runner, inputs, flags, wishes.cost)
  } catch (thrown) {
    if (stop.code() === undefined) throw thrown
    if (thrown instanceof StreamError) say(`textstream: ${thrown.message}`)
    process.exitCode = stop.code()
  }
}

const act = async (inputs: string[], flags: Flags) => {
  if (flags.dryRun && flags.runner !== 'hadoop')
    throw new StreamError('refresh/usage', '--dry-run prints the command of a job on Hadoop; give it with -r hadoop')
  if (flags.runner === 'hadoop') await actOnHadoop(inputs, flags)
  else await run(await openRunner(flags.runner), inputs, flags)
}

const runners = ['inline', 'local', 'hadoop'] as const

const runnerOption = (): Option =>
  new Option(
    '-r, --runner <name>',
    'local: all cores; inline: one thread, plain, easy to debug; hadoop: MapReduce on a cluster',
  )
    .choices(runners)
    .default('local')

export const command = (): Command =>
  addHadoopOptions(
    new Command('refresh')
      .description('Rebuild every document from logs, byte for byte, with a receipt.')
      .addHelpText('before', examples)
      .argument(
        '<input...>',
        'log files, folders, globs, here or at hdfs://host:port/path; kafka://host:port/topic; - for standard input; .gz and .zst too',
      )
      .option(
        '-o, --out <folder>',
        'where the documents go: absent, empty, or an earlier refresh; with hadoop also hdfs://host:port/path',
        'refresh',
      )
      .addOption(runnerOption())
      .option('--attempts', 'write superseded answers too, below _attempts/', false)
      .option('--malformed-max <lines>', 'exit 0 although so many lines are malformed', count, 0)
      .option('--allow-incomplete', 'exit 0 although documents are incomplete', false)
      .addOption(
        new Option('--threads <n>', 'how many threads the local runner uses')
          .argParser(count)
          .default(Math.min(threadsMax, availableParallelism()), `one per core, at most ${threadsMax}`),
      )
      .option('--metrics-file <file>', "what it did, in numbers, for Prometheus' node_exporter (*.prom)")
      .option('--json', 'the receipt on standard output', false),
  )
    .addHelpText(
      'after',
      '\nExit: 0 done, 1 failed, 2 usage, 3 a line was malformed or a document incomplete, 4 Kafka or Hadoop cannot be reached.',
    )
    .action(act)
