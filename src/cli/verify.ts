import { Command } from 'commander'
import type { Verdict } from '../refresh/verify.ts'
import type { Finding } from '../refresh/verify-report.ts'
import { harmless } from '../std/terminal.ts'
import { isKafkaAddress } from '../topic/kafka-address.ts'
import { exit, say } from './run.ts'
import { amount } from './words.ts'

const shownMax = 20

const examples = `Examples:
  textstream verify refresh/                                  files against receipt, receipt against log
  textstream verify refresh/ --against texts/                 and every document against its original
  textstream verify refresh/ --log /archive/logs/ --json      where the log lies elsewhere by now
  textstream verify refresh/ --log kafka://localhost:9092/chunks   what was read of a topic, against the topic
`

interface Flags {
  readonly against?: string
  readonly log?: string[]
  readonly json: boolean
}

const extraNote = ({ files: { extra } }: Verdict) => {
  if (extra === null) return '; too many to look for other files'
  return extra.count > 0 ? `; ${amount(extra.count, 'other file')} there: ${some(extra.names)}` : ''
}

const filesLine = (verdict: Verdict) => {
  const { ok, documents, bytes } = verdict.files
  const is = ok ? 'as the receipt says' : 'NOT as the receipt says'
  return `files      ${is}: ${amount(documents, 'document')}, ${amount(bytes, 'byte')}${extraNote(verdict)}`
}

const some = (names: readonly string[]) => names.slice(0, 3).map(quoted).join(', ') + (names.length > 3 ? ', …' : '')

const quoted = (name: string) => `"${harmless(name)}"`

const logLine = ({ log }: Verdict) => {
  const missing = log.not_checked.count
  const absent =
    missing === 0 ? '' : `; ${amount(missing, 'input')} not checked, not here: ${some(log.not_checked.names)}`
  if (log.checked === 0 && log.ok)
    return `log        not checked${missing > 0 ? `, not here: ${some(log.not_checked.names)}` : ''}`
  return `log        ${log.ok ? 'as it was read' : 'NOT as it was read'}: ${amount(log.checked, 'input')}${absent}`
}

const originalsLine = ({ originals }: Verdict) => {
  if (originals === null) return 'originals  not checked; give --against DIR'
  const { ok, same, count } = originals
  return `originals  ${ok ? 'the same, byte for byte' : 'NOT the same'}: ${amount(same, 'document')}, ${amount(count, 'original')}`
}

const findingLine = ({ name, problem }: Finding) => `  ${quoted(name)} ${harmless(problem)}`

const verdictLine = ({ verdict, findings_count }: Verdict) =>
  verdict === 'proven' ? 'proven' : `differs: ${amount(findings_count, 'finding')}`

const linesOf = (verdict: Verdict): string[] => {
  const shown = verdict.findings.slice(0, shownMax).map(findingLine)
  const more = verdict.findings_count - shown.length
  return [
    filesLine(verdict),
    logLine(verdict),
    originalsLine(verdict),
    ...shown,
    ...(more > 0
      ? [
          `  and ${more.toLocaleString('en')} more${verdict.findings_count <= verdict.findings.length ? '; --json lists them' : ''}`,
        ]
      : []),
    verdictLine(verdict),
  ]
}

/** Only who is named here is asked, never whom the receipt names. */
const checkedTopics = async (out: string, addresses: readonly string[]) => {
  if (addresses.length === 0) return undefined
  const { openTopic } = await import('../pipeline.ts')
  const { checkTopics } = await import('../refresh/verify-topics.ts')
  return checkTopics(out, await Promise.all(addresses.map(openTopic)))
}

const act = async (out: string, { against, log, json }: Flags) => {
  const { verify } = await import('../refresh/verify.ts')
  const topics = await checkedTopics(out, log?.filter(isKafkaAddress) ?? [])
  const files = log?.filter(place => !isKafkaAddress(place))
  const logs = files?.length === 0 ? undefined : files
  const verdict = verify({ out, against, logs, topics })
  if (json) process.stdout.write(`${JSON.stringify(verdict)}\n`)
  else process.stdout.write(`${linesOf(verdict).join('\n')}\n`)
  if (json && process.stderr.isTTY) say(verdictLine(verdict))
  process.exitCode = verdict.verdict === 'proven' ? exit.done : exit.failed
}

export const command = (): Command =>
  new Command('verify')
    .description('Prove what a refresh left: against its receipt, its log, and the originals.')
    .addHelpText('before', examples)
    .argument('<folder>', 'what a refresh wrote')
    .option('--against <dir>', 'the folder with the texts that were captured')
    .option(
      '--log <path...>',
      'where the log is now: files, folders, Kafka topics; what is not found there is a failure',
    )
    .option('--json', 'the verdict as JSON on standard output', false)
    .addHelpText('after', '\nExit: 0 proven, 1 something differs, 2 usage. A receipt bears no signature.')
    .action(act)
