import { Command } from 'commander'
import { openLog, openWarehouse } from '../pipeline.ts'
import { consumerStates } from './log-consumers.ts'
import { infoJson, infoLines, infoOf } from './log-info.ts'
import { type PruneFlags, prune, warning } from './log-prune.ts'
import { momentOf } from './moment.ts'
import { exit, say } from './run.ts'

const examples = `Examples:
  textstream log logs/                                     its segments, and how far its consumers are
  textstream log prune logs/ --before 30d --dry-run        what would go
  textstream log prune logs/ --before 2026-11-01           frees disk: only what every consumer has passed
`

const pruneExamples = `Examples:
  textstream log prune logs/ --before 2026-11-01           what was last written to before that day (UTC)
  textstream log prune logs/ --before 30d --dry-run        shows it, and does nothing
  textstream log prune logs/ --before 12h --forget old/    the warehouse "old" is not waited for any more
  textstream log prune logs/ --before 7d --even-unread     of a log that nobody consumes
`

const states = (dir: string) =>
  consumerStates(
    dir,
    async path => (await openWarehouse(path)).committed(),
    async () => (await openLog(dir)).end(),
  )

const tell = (line: string) => process.stdout.write(`${line}\n`)
const warn = (text: string) => {
  for (const line of text.split('\n')) say(`textstream: ${line}`)
}

const showInfo = async (dir: string, { json }: { readonly json: boolean }) => {
  const info = await infoOf(dir, () => states(dir))
  for (const line of json ? [JSON.stringify(infoJson(info))] : infoLines(info)) tell(line)
}

const gather = (path: string, before: readonly string[] = []) => [...before, path]

const actPrune = async (dir: string, flags: PruneFlags) => {
  if (!(await prune(dir, await states(dir), flags, { tell, warn }))) process.exitCode = exit.failed
}

const info = () =>
  new Command('info')
    .description('Shows its segments, first and last times, and how far its consumers are.')
    .argument('<dir>', 'the log')
    .option('--json', 'one JSON object', false)
    .action(showInfo)

const pruneCommand = () =>
  new Command('prune')
    .description('Removes the oldest segments that every consumer has passed. The newest one always stays.')
    .addHelpText('before', pruneExamples)
    .argument('<dir>', 'the log; producers and readers may go on meanwhile')
    .requiredOption('--before <when>', 'only what was last written to before this date (UTC) or age (30d, 12h)', text =>
      momentOf(text),
    )
    .option('--dry-run', 'shows what would be removed, and removes nothing', false)
    .option('--forget <warehouse>', 'this consumer is not waited for any more (again for each)', gather)
    .option('--even-unread', 'goes by the date alone if no consumer of the log is known', false)
    .option('--json', 'one JSON object', false)
    .addHelpText('after', `\nNote: ${warning}`)
    .addHelpText('after', '\nExit: 0 done, 1 failed, or a consumer that cannot be asked held everything back, 2 usage.')
    .action(actPrune)

export const command = (): Command =>
  new Command('log')
    .description('Shows what a log holds and who reads it, and frees disk.')
    .addHelpText('before', examples)
    .helpCommand(false)
    .addCommand(info(), { isDefault: true })
    .addCommand(pruneCommand())
