import { pipeline } from 'node:stream/promises'
import { Command } from 'commander'
import { openTopic } from '../pipeline.ts'
import { harmless } from '../std/terminal.ts'
import { isKafkaAddress } from '../topic/kafka-address.ts'
import { writeOut } from './output.ts'
import { exit, say } from './run.ts'
import { untilSeenEnough } from './signals.ts'

const examples = `Examples:
  textstream cat /alone.md --from logs/            one document, as a refresh would write it
  textstream cat /alone.md --from logs/ --follow   and what is written to it from now on, until it ends
`

interface Flags {
  readonly from: string
  readonly follow: boolean
  readonly allowIncomplete: boolean
  readonly json: boolean
}

const show = async (uri: string, { from, allowIncomplete, json }: Flags) => {
  const { readDocument } = await import('../refresh/cat.ts')
  const topics = isKafkaAddress(from) ? [await openTopic(from)] : []
  using document = await readDocument(topics.length > 0 ? [] : [from], uri, topics)
  const { state, faults, conflicts } = document.row
  if (json) process.stdout.write(`${JSON.stringify(document.row)}\n`)
  else await pipeline(document.open(), process.stdout, { end: false })
  if (state === 'open') say(`"${harmless(uri)}" is open: it has no closing record yet`)
  if (conflicts > 0)
    say(`"${harmless(uri)}" has ${conflicts} conflicts: records of one seq with different texts; the first stays`)
  if (state !== 'incomplete') return
  say(`"${harmless(uri)}" is incomplete: ${faults?.join(', ')}`)
  if (!allowIncomplete) process.exitCode = exit.findings
}

const follow = async (uri: string, from: string) => {
  const { followDocument } = await import('../refresh/follow.ts')
  const signal = untilSeenEnough()
  for await (const followed of followDocument(await openTopic(from), uri, signal)) {
    if ('notice' in followed) say(followed.notice)
    else await writeOut(followed.text)
  }
}

const act = (uri: string, flags: Flags) => (flags.follow ? follow(uri, flags.from) : show(uri, flags))

export const command = (): Command =>
  new Command('cat')
    .description('Write one document of a log to standard output.')
    .addHelpText('before', examples)
    .argument('<uri>', 'its destination_uri, e.g. /alone.md')
    .requiredOption(
      '--from <log>',
      'the folder that produce writes, or kafka://host:port/topic; without --follow also a file, a glob, or packed',
    )
    .option('-f, --follow', 'go on with what is written, until the document ends or Ctrl-C', false)
    .option('--allow-incomplete', 'exit 0 although the document is incomplete', false)
    .option('--json', 'what a refresh says of the document instead of its text', false)
    .addHelpText(
      'after',
      '\nExit: 0 done, 1 no such document, 2 usage, 3 the document is incomplete, 4 Kafka cannot be reached, 130 interrupted.',
    )
    .action(act)
