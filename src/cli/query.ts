import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { Command, InvalidArgumentError, Option } from 'commander'
import { openHive, openWarehouse } from '../pipeline.ts'
import { StreamError } from '../std/error.ts'
import { writeNewFile } from '../warehouse/new-file.ts'
import type { QueryResult, Warehouse } from '../warehouse/warehouse.ts'
import { oneOrMore } from './numbers.ts'
import { type FormatName, formatNames, formats, type Target, type TextFormat } from './query-formats.ts'
import { overviewOf, overviewText } from './query-overview.ts'
import { exit, say } from './run.ts'
import { untilSeenEnough } from './signals.ts'
import { amount } from './words.ts'

const examples = `Examples:
  textstream query "select cluster, label, count(*) from chunks_clustered group by all"
  textstream query "select * from responses where agent_id = $agent" --param agent=Agent_Ada
  textstream query "select * from documents" --format csv -o documents.csv
  textstream query - < report.sql                            the statement from standard input
  textstream query                                           which tables, views and columns there are
  textstream query --hive "select cluster, count(*) from chunks_clustered group by cluster"
`

const notes = `
Reads only: no file, no network, one statement. It sees what was committed when it starts, also while a consumer writes.
csv is RFC 4180: null is an empty field, an empty text is "". json and ndjson keep whole numbers exact at any length;
bytes are base64 there. Tables are for people: long texts and numbers are shortened.
With --hive it is HiveServer2 that answers, in Hive's SQL: that of TEXTSTREAM_HIVE, else the stack's, else the one at
port 10000 here. TEXTSTREAM_HIVE_USER and TEXTSTREAM_HIVE_PASSWORD_FILE say who asks, if it wants to know.
Exit: 0 done, 1 failed, 2 usage, 4 HiveServer2 cannot be reached, 130 interrupted.`

/** A statement on standard input. */
const sqlCharactersMax = 1024 * 1024
/** If DuckDB has not given up by then, the process does. */
const giveUpMs = 900

interface Flags {
  readonly warehouse: string
  readonly hive: boolean
  readonly hivePort?: string
  readonly format: FormatName
  readonly json: boolean
  readonly output?: string
  readonly param: Readonly<Record<string, string>>
  readonly limit: number
}

const usage = (message: string) => new StreamError('query/usage', message)

const paramOf = (text: string, before: Readonly<Record<string, string>>): Readonly<Record<string, string>> => {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('it must be NAME=VALUE.')
  const name = text.slice(0, at).replace(/^\$/, '')
  if (Object.hasOwn(before, name)) throw new InvalidArgumentError(`"${name}" is there twice.`)
  return Object.fromEntries([...Object.entries(before), [name, text.slice(at + 1)]])
}

const readAll = async (input: NodeJS.ReadStream): Promise<string> => {
  let text = ''
  for await (const piece of input.setEncoding('utf8')) {
    text += piece
    if (text.length > sqlCharactersMax) throw usage(`the statement is longer than ${sqlCharactersMax} characters`)
  }
  return text
}

/** As the signal itself would have done: an orderly exit waits for DuckDB. */
const giveUpLater = (signal: AbortSignal) => {
  const end = () => process.kill(process.pid, process.exitCode === exit.terminated ? 'SIGTERM' : 'SIGINT')
  signal.addEventListener('abort', () => setTimeout(end, giveUpMs).unref())
}

type Write = (text: string) => Promise<void>

const writeTo =
  (stream: NodeJS.WritableStream): Write =>
  async text => {
    if (text !== '' && !stream.write(text)) await once(stream, 'drain')
  }

/** Writes what there is, and gives how many rows that were. */
const pour = async (result: QueryResult, format: TextFormat, target: Target, limit: number, write: Write) => {
  const form = formats[format](result.columns, target)
  let count = 0
  for await (const rows of result.rows) {
    const wanted = rows.slice(0, limit - count)
    count += wanted.length
    await write(form.rows(wanted))
    if (count >= limit) break
  }
  await write(form.end())
  return count
}

const intoFile = (result: QueryResult, format: FormatName, output: string, limit: number): Promise<number> => {
  if (format === 'parquet') return result.toParquet(output)
  return writeNewFile(output, async partial => {
    const stream = createWriteStream(partial, { flags: 'wx' })
    const failed = once(stream, 'error').then(([error]) => Promise.reject(error))
    const written = pour(result, format, { isTerminal: false }, limit, writeTo(stream))
    const count = await Promise.race([written, failed])
    stream.end()
    await Promise.race([once(stream, 'close'), failed])
    return count
  })
}

const onScreen = async (result: QueryResult, format: TextFormat, limit: number): Promise<number> => {
  const { stdout } = process
  const target = { isTerminal: stdout.isTTY === true, ...(stdout.isTTY && { columns: stdout.columns }) }
  return await pour(result, format, target, limit, writeTo(stdout))
}

const refuseMismatch = ({ format, output, limit, json }: Flags, formatIsGiven: boolean) => {
  if (json && formatIsGiven && format !== 'json') throw usage(`--json and --format ${format}: leave one away`)
  if (format !== 'parquet') return
  if (output === undefined) throw usage('Parquet needs a file: name it with -o FILE.parquet')
  if (Number.isFinite(limit)) throw usage('--limit does not go with Parquet: write "limit" into the statement')
}

const ask = async (warehouse: Pick<Warehouse, 'query'>, sql: string, flags: Flags, signal: AbortSignal) => {
  const { output, limit, param } = flags
  const format = flags.json ? 'json' : flags.format
  await using result = await warehouse.query(sql, { params: param, signal })
  if (output !== undefined) {
    const count = await intoFile(result, format, output, limit)
    return say(`${amount(count, 'row')} in "${output}"`)
  }
  const count = await onScreen(result, format as TextFormat, limit)
  if (format === 'table') say(amount(count, 'row'))
}

const showOverview = async (warehouse: Warehouse, { json, format }: Flags, signal: AbortSignal) => {
  const tables = await overviewOf(warehouse, { signal })
  process.stdout.write(overviewText(tables, json || format === 'json', process.stdout.columns ?? 80))
}

/** A variable that says where Hive is does not say that it is asked. */
const wantsHive = ({ hive }: Flags, command: Command) => hive || command.getOptionValueSource('hivePort') === 'cli'

const act = async (given: string | undefined, flags: Flags, command: Command) => {
  refuseMismatch(flags, command.getOptionValueSource('format') !== 'default')
  const sql = given === '-' ? await readAll(process.stdin) : given
  const signal = untilSeenEnough()
  giveUpLater(signal)
  try {
    if (wantsHive(flags, command)) await ask(await openHive(flags.hivePort), sql ?? 'show tables', flags, signal)
    else if (sql === undefined) await showOverview(await openWarehouse(flags.warehouse), flags, signal)
    else await ask(await openWarehouse(flags.warehouse), sql, flags, signal)
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

export const command = (): Command =>
  new Command('query')
    .description('Asks the warehouse in SQL (that of DuckDB).')
    .addHelpText('before', `${examples}\n`)
    .argument('[sql]', 'one statement; "-" reads it from standard input')
    .option('--warehouse <dir>', 'what consume filled', 'warehouse')
    .addOption(
      // TEXTSTREAM_HIVE says where it is.
      new Option('--hive', 'asks tables of Hive instead, through HiveServer2, in the SQL of Hive')
        .env('TEXTSTREAM_QUERY_HIVE')
        .default(false),
    )
    .option('--hive-port <port>', 'its port, host:port, or jdbc:hive2://host:port/database; implies --hive')
    .addOption(new Option('--format <format>', 'of the result').choices(formatNames).default('table'))
    .option('--json', 'the same as --format json', false)
    .option('-o, --output <file>', 'into a file that is not there yet')
    .option('--param <name=value>', 'what $name in the statement stands for; may be given often', paramOf, {})
    .option('--limit <rows>', 'ends after so many', oneOrMore, Number.POSITIVE_INFINITY)
    .addHelpText('after', notes)
    .action(act)
