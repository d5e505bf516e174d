import { availableParallelism } from 'node:os'
import { Command, InvalidArgumentError, Option } from 'commander'
import { openRunner, openTopic } from '../pipeline.ts'
import type { Receipt } from '../refresh/refresh.ts'
import { systemClock } from '../std/clock.ts'
import { harmless } from '../std/terminal.ts'
import { isKafkaAddress } from '../topic/kafka-address.ts'
import { exit, say } from './run.ts'
import { version } from './version.ts'
import { amount } from './words.ts'

const threadsMax = 4
const progressMsMin = 100
/** So many documents and lines of each kind are named; the listings beside the documents have them all. */
const shownMax = 5

const examples = `Examples:
  textstream refresh logs/                         documents into ./refresh, with _receipt.json
  textstream refresh logs_*.txt archive.ndjson.zst -o rebuilt/
  textstream refresh kafka://localhost:9092/chunks -o rebuilt/
  zcat old.log.gz | textstream refresh - -o rebuilt/ --json
`

const count = (text: string): number => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('it must be a whole number, 0 or more.')
  return Number(text)
}

interface Flags {
  readonly out: string
  readonly runner: 'inline' | 'local'
  readonly attempts: boolean
  readonly malformedMax: number
  readonly allowIncomplete: boolean
  readonly threads: number
  readonly json: boolean
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

const summary = ({ counters: c }: Receipt, out: string, seconds: number): string[] => {
  const states = (['complete', 'open', 'incomplete', 'unsequenced'] as const)
    .filter(state => c[state] > 0)
    .map(state => `${c[state].toLocaleString('en')} ${state}`)
  const oddities = (['repeats', 'conflicts', 'gaps', 'out_of_order', 'superseded'] as const)
    .filter(name => c[name] > 0)
    .map(name => `${c[name].toLocaleString('en')} ${name.replaceAll('_', ' ')}`)
  return [
    `${amount(c.documents, 'document')} (${states.join(', ') || 'none'}) in ${out}, ${amount(c.bytes, 'byte')}, from ${amount(c.lines, 'line')} in ${seconds.toFixed(2)} s`,
    ...(oddities.length > 0 ? [`noticed: ${oddities.join(', ')}; _documents.ndjson says where`] : []),
    ...(c.malformed > 0 ? [`${amount(c.malformed, 'malformed line')}, kept with reasons in _malformed.ndjson`] : []),
    ...(c.open_lines > 0 ? [`${amount(c.open_lines, 'last line')} not yet whole: somebody is still writing`] : []),
  ]
}

/** What a person may have to do something about: the first of each kind, by name. */
const notable = async ({ counters: c }: Receipt, out: string): Promise<string[]> => {
  if (c.open + c.incomplete + c.malformed === 0) return []
  const { documentsIn, malformedIn } = await import('../refresh/notable.ts')
  const open = documentsIn(out, 'open', shownMax).map(({ uri }) => `  open: ${harmless(uri)}, no closing record yet`)
  const incomplete = documentsIn(out, 'incomplete', shownMax).map(
    ({ uri, faults, missing }) =>
      `  incomplete: ${harmless(uri)}: ${faults?.join(', ')}${missing > 0 ? ` (${missing} records missing)` : ''}`,
  )
  const malformed = malformedIn(out, shownMax).map(
    ({ input, offset, reason }) =>
      `  malformed: ${harmless(input)} at ${isKafkaAddress(input) ? 'offset' : 'byte'} ${offset}: ${harmless(reason)}`,
  )
  return [...incomplete, ...open, ...malformed]
}

const exitFor = ({ counters }: Receipt, { malformedMax, allowIncomplete }: Flags): number => {
  const tooMuchMalformed = counters.malformed > malformedMax
  return tooMuchMalformed || (counters.incomplete > 0 && !allowIncomplete) ? exit.findings : exit.done
}

const act = async (inputs: string[], flags: Flags) => {
  const { refresh } = await import('../refresh/refresh.ts')
  const began = performance.now()
  const receipt = await refresh(await openRunner(flags.runner), {
    inputs: inputs.filter(input => !isKafkaAddress(input)),
    topics: await Promise.all(inputs.filter(isKafkaAddress).map(openTopic)),
    out: flags.out,
    attempts: flags.attempts,
    threads: flags.threads,
    version: version(),
    clock: systemClock,
    ...(process.stderr.isTTY ? { progress: progressBar() } : {}),
  })
  for (const line of summary(receipt, flags.out, (performance.now() - began) / 1000)) say(line)
  for (const line of await notable(receipt, flags.out)) say(line)
  if (flags.json) process.stdout.write(`${JSON.stringify(receipt)}\n`)
  process.exitCode = exitFor(receipt, flags)
}

const runners = ['inline', 'local'] as const

const runnerOf = (name: string): string => {
  const here = runners.join(', ')
  if (name === 'hadoop') throw new InvalidArgumentError(`It comes in a later release; this one has ${here}.`)
  if ((runners as readonly string[]).includes(name)) return name
  throw new InvalidArgumentError(`Allowed choices are ${here}.`)
}

const runnerOption = (): Option =>
  new Option('-r, --runner <name>', 'local: all cores; inline: one thread, plain, easy to debug')
    .choices(runners)
    .argParser(runnerOf)
    .default('local')

export const command = (): Command =>
  new Command('refresh')
    .description('Rebuild every document from logs, byte for byte, with a receipt.')
    .addHelpText('before', examples)
    .argument(
      '<input...>',
      'log files, folders, globs, kafka://host:port/topic, or - for standard input; .gz and .zst too',
    )
    .option('-o, --out <folder>', 'where the documents go; absent, empty, or an earlier refresh', 'refresh')
    .addOption(runnerOption())
    .option('--attempts', 'write superseded answers too, below _attempts/', false)
    .option('--malformed-max <lines>', 'exit 0 although so many lines are malformed', count, 0)
    .option('--allow-incomplete', 'exit 0 although documents are incomplete', false)
    .addOption(
      new Option('--threads <n>', 'how many threads the local runner uses')
        .argParser(count)
        .default(Math.min(threadsMax, availableParallelism()), `one per core, at most ${threadsMax}`),
    )
    .option('--json', 'the receipt on standard output', false)
    .addHelpText(
      'after',
      '\nExit: 0 done, 1 failed, 2 usage, 3 a line was malformed or a document incomplete, 4 Kafka cannot be reached.',
    )
    .action(act)
