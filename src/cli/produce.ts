import { Command, InvalidArgumentError, Option } from 'commander'
import { StreamError } from '../std/error.ts'
import { partitions, replication, topicDefault } from './kafka-flags.ts'
import { addMetricsPort, serveMetricsOf } from './metrics-port.ts'
import { wholeNumber } from './numbers.ts'
import type { ProduceFlags } from './produce-flags.ts'

const examples = `Examples:
  textstream produce -s 8000 -l logs/                          every text of the source at port 8000, into the log
  textstream produce -s http://host:8000 -l logs/ --seed 7     the same names for agents and documents every time
  textstream produce -s 8000 -k 9092 -t chunks --create-topic  into a topic of the Kafka broker at localhost:9092
  textstream produce -s 8000 -k 9092 -t chunks -l logs/        into both: each gets what it lacks
  my-agent | textstream produce - -l logs/ --agent Agent_Ada --uri /notes.md
  textstream produce - -l logs/ --format ndjson < records.ndjson

Run it again to go on where it was cut off: what the log or the topic holds already is not captured twice.
`

const streamsMaxOfAll = 1024

const notEmpty = (text: string): string => {
  if (text === '') throw new InvalidArgumentError('it must not be empty.')
  return text
}

const usage = (message: string) => new StreamError('produce/usage', message)

const refuseMixed = (input: string | undefined, flags: ProduceFlags) => {
  if (input !== undefined && input !== '-')
    throw usage(`"${input}" cannot be produced: give "-" for standard input, or a source with --stream-source-port`)
  if (input === '-' && flags.streamSourcePort !== undefined)
    throw usage('standard input ("-") and --stream-source-port at the same time: run two commands')
  if (input === undefined && flags.streamSourcePort === undefined)
    throw usage('nothing to capture: give --stream-source-port PORT (or a URL), or "-" for standard input')
  if (input === undefined && (flags.agent ?? flags.uri ?? flags.format) !== undefined)
    throw usage('--agent, --uri and --format are for standard input ("-"); texts of a source get names of their own')
}

const forInput = ['agent', 'uri', 'format'] as const
const forSource = ['streamSourcePort'] as const

/** The environment is for every run: what is there for the other kind of run is left alone. */
const withoutForeign = (input: string | undefined, flags: ProduceFlags, command: Command): ProduceFlags => {
  const foreign = (input === '-' ? forSource : forInput).filter(name => command.getOptionValueSource(name) === 'env')
  return { ...flags, ...Object.fromEntries(foreign.map(name => [name, undefined])) }
}

const act = async (input: string | undefined, given: ProduceFlags, command: Command) => {
  const flags = withoutForeign(input, given, command)
  refuseMixed(input, flags)
  await using _ = await serveMetricsOf('produce', flags.metricsPort)
  const topic = await (await import('./produce-topic.ts')).openTarget(flags)
  if (input === '-') await (await import('./produce-input.ts')).produceInput(topic, flags)
  else await (await import('./produce-source.ts')).produceSource(topic, flags)
}

export const command = (): Command =>
  addMetricsPort(
    new Command('produce')
      .description('Captures every text of a source at once, or standard input, into a durable log.')
      .argument('[input]', '"-" captures standard input, as text or as NDJSON records')
      .option('-s, --stream-source-port <port>', 'the source: a port, host:port or URL')
      .option('-l, --logs-dir <dir>', 'the log that is written', notEmpty)
      .option('-k, --kafka-broker-port <port>', 'a Kafka broker: port, or host:port; several with commas between')
      .option('-t, --topic <name>', `the topic at that broker (default: "${topicDefault}")`)
      .option('--create-topic', 'makes the topic, if it is not there', false)
      .option('--partitions <n>', 'of a topic that is made', partitions, 4)
      .option('--replication <n>', 'brokers that keep each record of a topic that is made', replication, 1)
      .option('--agent <name>', 'who writes standard input (default: a drawn name)', notEmpty)
      .option('--uri <uri>', 'the document that standard input goes into (default: a drawn name)', notEmpty)
      .addOption(new Option('--format <format>', 'of standard input; the first line tells').choices(['text', 'ndjson']))
      .option('--seed <text>', 'makes drawn names the same for the same texts and the same log')
      .option('--again', 'captures what the log holds already anew, into new documents', false)
      .option('--concurrency <streams>', 'streams that are read at the same time', wholeNumber(1, streamsMaxOfAll), 64)
      .option('--json', 'the report as JSON on standard output', false),
    'produce',
  )
    .addHelpText('before', `${examples}\n`)
    .action(act)
