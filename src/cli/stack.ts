import { Command } from 'commander'
import { foldersFrom } from '../stack/folders.ts'
import { parts } from '../stack/parts.ts'
import type { Stack } from '../stack/stack.ts'
import type { DaemonStatus } from '../stack/status.ts'
import { partitions, replication, topicDefault } from './kafka-flags.ts'
import { portMax, wholeNumber } from './numbers.ts'
import { exit, say } from './run.ts'
import { untilSeenEnough } from './signals.ts'
import { printStatus, tellEvents } from './stack-words.ts'

const examples = `Examples:
  textstream stack up kafka                      a real broker on 127.0.0.1:9092; returns when it is ready
  textstream stack up kafka-exporter             and its state for Prometheus on 127.0.0.1:9308
  textstream stack up hadoop                     HDFS, YARN and MapReduce, on 127.0.0.1:9820, 9870, 8088, 8042, 19888
  textstream stack up hadoop hive spark          tables in HDFS, for JDBC and for Spark Connect
  textstream stack up prometheus                 asks all of textstream for its numbers, on 127.0.0.1:9090
  textstream stack status
  textstream stack logs kafka -f
  textstream stack down                          ends all that it started; data is kept
  textstream stack topic chunks --partitions 8   makes a topic
  textstream stack table chunks_clustered        makes a table of Hive, and those beside it
  textstream stack exporter -k host:9092         the state of any other cluster, in the foreground
`

const portOffsetMax = 50_000
const linesMax = 1_000

const numberUpTo = (max: number) => wholeNumber(0, max, 'a number')

const words = (text: string) => text.split(/\s+/).filter(word => word !== '')

export const stackHere = (): Stack => ({
  parts,
  folders: foldersFrom(process.env),
  environment: process.env,
  tell: tellEvents,
})

interface UpFlags {
  readonly portOffset: number
  readonly fresh?: boolean
  readonly javaOptions?: readonly string[]
  readonly json?: boolean
}

const up = async (names: string[], { portOffset, fresh, javaOptions = [], json }: UpFlags) => {
  const { up } = await import('../stack/up.ts')
  const { status } = await import('../stack/status.ts')
  const stack = stackHere()
  await up(stack, names, { portOffset, fresh: fresh === true, javaOptions })
  printStatus(await status(stack, names), json === true)
}

const down = async (names: string[], { wipe, json }: { wipe?: boolean; json?: boolean }) => {
  const { down } = await import('../stack/down.ts')
  const { status } = await import('../stack/status.ts')
  const stack = stackHere()
  await down(stack, names, { wipe: wipe === true })
  if (json === true) printStatus(await status(stack, names), true)
}

const isBroken = ({ state }: DaemonStatus) => state === 'died' || state === 'unready'

const showStatus = async (names: string[], { json }: { json?: boolean }) => {
  const { status } = await import('../stack/status.ts')
  const states = await status(stackHere(), names)
  printStatus(states, json === true)
  if (states.some(isBroken)) process.exitCode = exit.findings
}

const showLogs = async (name: string, { follow, lines }: { follow?: boolean; lines: number }) => {
  const { logs } = await import('../stack/logs.ts')
  const shown = logs(stackHere(), name, { lines, ...(follow === true && { signal: untilSeenEnough() }) })
  for await (const line of shown) process.stdout.write(`${line}\n`)
}

interface ExporterFlags {
  readonly kafkaBrokerPort: string
  readonly port: number
  readonly host: string
}

const serveExporter = async ({ kafkaBrokerPort, port, host }: ExporterFlags) => {
  const { startExporter } = await import('../stack/kafka/exporter.ts')
  const { kafkaAddressOf } = await import('../topic/kafka-address.ts')
  const { kafkaSecurity } = await import('../topic/kafka-security.ts')
  const cluster = { brokers: kafkaAddressOf(kafkaBrokerPort, 'none').brokers, security: kafkaSecurity(process.env) }
  const server = await startExporter({ cluster, port, host, tell: say })
  say(`serving ${server.listeningOrigin}/metrics; stop it with ctrl-c`)
  untilSeenEnough().addEventListener('abort', () => server.close())
}

interface TopicFlags {
  readonly kafkaBrokerPort: string
  readonly partitions: number
  readonly replication: number
}

const makeTopic = async (name: string, { kafkaBrokerPort, partitions, replication }: TopicFlags) => {
  const { kafkaAddressOf, kafkaName } = await import('../topic/kafka-address.ts')
  const { createKafka } = await import('../pipeline.ts')
  const address = kafkaAddressOf(kafkaBrokerPort, name)
  const made = await createKafka(address, { partitions, replication })
  say(`${kafkaName(address)}: ${made ? 'made' : 'there already, and left as it is'}`)
}

const portsOf = (ports: Readonly<Record<string, number>>) => Object.values(ports).join(', ')

const partsHelp = () => {
  const lines = [...parts.values()].map(({ name, is, ports }) => `  ${name.padEnd(16)} ${is} (${portsOf(ports)})\n`)
  return `\nParts, and the ports that they take on 127.0.0.1:\n${lines.join('')}`
}

const exits =
  '\nExit: 0 done, 1 failed, 2 usage, 3 a daemon died or is not ready, 4 Maven Central, PyPI or a broker cannot be reached.'

const addUp = (stack: Command) =>
  stack
    .command('up')
    .description('Start parts and what they need, and wait until they are ready. What runs already is left alone.')
    .argument('<part...>', 'parts to start')
    .option('--port-offset <n>', 'add this to every port', numberUpTo(portOffsetMax), 0)
    .option('--fresh', 'remove the data of these parts first', false)
    .option('--java-options <options>', 'more options for each JVM, such as "-Xmx512m"', words)
    .option('--json', 'one JSON object per daemon', false)
    .addHelpText('after', partsHelp)
    .action(up)

const addDown = (stack: Command) =>
  stack
    .command('down')
    .description('End parts and those that need them; without a name all. Ends only what the stack started.')
    .argument('[part...]', 'parts to end')
    .option('--wipe', 'remove their data, configuration and logs too', false)
    .option('--json', 'one JSON object per daemon', false)
    .action(down)

const makeTable = async (name: string, { spark }: { spark?: string }) => {
  const { createHiveTables } = await import('../pipeline.ts')
  say(`table "${name}" of Hive: its rows lie in ${await createHiveTables(name, spark)}`)
}

const addOthers = (stack: Command) => {
  stack
    .command('status')
    .description('Which daemons are up, and whether they are ready.')
    .argument('[part...]', 'only these')
    .option('--json', 'one JSON object per daemon', false)
    .action(showStatus)
  stack
    .command('logs')
    .description('What the daemons of a part log.')
    .argument('<part>')
    .option('-f, --follow', 'go on as they write', false)
    .option('-n, --lines <n>', 'lines of each daemon to begin with', numberUpTo(linesMax), 50)
    .action(showLogs)
}

const broker = ['-k, --kafka-broker-port <port>', 'port, or host:port, of a broker', '9092'] as const

const addKafka = (stack: Command) => {
  stack
    .command('table')
    .description('Make the tables of Hive that "consume --engine spark" fills; what is there is kept.')
    .argument('[name]', 'name, or database.name', 'chunks_clustered')
    .option('--spark <address>', "a server of Spark Connect, sc://host:port; else the stack's")
    .action(makeTable)
  stack
    .command('topic')
    .description('Make a topic in Kafka; one that is there is left as it is.')
    .argument('[name]', 'name of the topic', topicDefault)
    .option(...broker)
    .option('--partitions <n>', 'partitions', partitions, 4)
    .option('--replication <n>', 'brokers that keep each record', replication, 1)
    .action(makeTopic)
  stack
    .command('exporter')
    .description("Serve a Kafka cluster's state for Prometheus, under kafka_exporter's names, in the foreground.")
    .option(...broker)
    .option('-p, --port <port>', 'port to serve on; 0 takes any that is free', numberUpTo(portMax), 9308)
    .option(
      '--host <host>',
      'address to serve at; whoever reaches it can read what topics and groups there are',
      '127.0.0.1',
    )
    .action(serveExporter)
}

export const command = (): Command => {
  const stack = new Command('stack')
    .description('Start and end real engines on this machine, without Docker.')
    .helpCommand(false)
    .addHelpText('before', examples)
    .addHelpText('after', () => `${partsHelp()}${exits}`)
  addUp(stack)
  addDown(stack)
  addOthers(stack)
  addKafka(stack)
  return stack
}
