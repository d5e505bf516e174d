import { Command } from 'commander'
import type { OnHdfs } from '../refresh/hdfs-inputs.ts'
import type { Verdict } from '../refresh/verify.ts'
import type { Finding } from '../refresh/verify-report.ts'
import { harmless } from '../std/terminal.ts'
import { isKafkaAddress } from '../topic/kafka-address.ts'
import { isHdfsAddress, parseHdfsAddress } from '../wire/hdfs-address.ts'
import { exit, say } from './run.ts'
import { amount } from './words.ts'

const shownMax = 20

const examples = `Examples:
  textstream verify refresh/                                  files against receipt, receipt against log
  textstream verify refresh/ --against texts/                 and every document against its original
  textstream verify refresh/ --log /archive/logs/ --json      where the log lies elsewhere by now
  textstream verify refresh/ --log kafka://localhost:9092/chunks   what was read of a topic, against the topic
  textstream verify hdfs:///user/ada/refresh/                 where it lies, every byte over WebHDFS
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

const openAll = async <T>(addresses: readonly string[], open: (address: string) => Promise<T>) =>
  addresses.length === 0 ? undefined : Promise.all(addresses.map(open))

/** Only who is named here, or by the environment, is asked; never whom the receipt alone names. */
const whereIs = (out: string | OnHdfs) => {
  const opened = new Map<string, Promise<OnHdfs | undefined>>()
  return async (address: string): Promise<OnHdfs | undefined> => {
    const { openKnownHdfs } = await import('../pipeline.ts')
    const { authority = '', path } = parseHdfsAddress(address)
    if (typeof out !== 'string' && address === out.hdfs.name + path) return { hdfs: out.hdfs, path }
    const one = opened.get(authority) ?? openKnownHdfs(address)
    opened.set(authority, one)
    const place = await one
    return place && { hdfs: place.hdfs, path }
  }
}

const act = async (address: string, { against, log = [], json }: Flags) => {
  const { verify } = await import('../refresh/verify.ts')
  const { openHdfs, openTopic } = await import('../pipeline.ts')
  const out = isHdfsAddress(address) ? await openHdfs(address) : address
  const files = log.filter(place => !isKafkaAddress(place) && !isHdfsAddress(place))
  const verdict = await verify({
    out,
    against,
    logs: files.length === 0 ? undefined : files,
    topics: await openAll(log.filter(isKafkaAddress), openTopic),
    hdfs: await openAll(log.filter(isHdfsAddress), openHdfs),
    whereIs: whereIs(out),
  })
  if (json) process.stdout.write(`${JSON.stringify(verdict)}\n`)
  else process.stdout.write(`${linesOf(verdict).join('\n')}\n`)
  if (json && process.stderr.isTTY) say(verdictLine(verdict))
  process.exitCode = verdict.verdict === 'proven' ? exit.done : exit.failed
}

export const command = (): Command =>
  new Command('verify')
    .description('Prove what a refresh left: against its receipt, its log, and the originals.')
    .addHelpText('before', examples)
    .argument('<folder>', 'what a refresh wrote, here or at hdfs://host:port/path')
    .option('--against <dir>', 'the folder with the texts that were captured')
    .option(
      '--log <path...>',
      'where the log is now: files and folders, here or on HDFS, Kafka topics; what is not found there is a failure',
    )
    .option('--json', 'the verdict as JSON on standard output', false)
    .addHelpText(
      'after',
      '\nExit: 0 proven, 1 something differs, 2 usage, 4 HDFS or Kafka cannot be reached. A receipt bears no signature.',
    )
    .action(act)
