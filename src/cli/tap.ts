import { Command } from 'commander'
import type { Chunk } from '../chunk/chunk.ts'
import { decode, isMalformed } from '../chunk/codec.ts'
import { openTopic } from '../pipeline.ts'
import { asBuffer } from '../std/bytes.ts'
import { StreamError } from '../std/error.ts'
import { harmless } from '../std/terminal.ts'
import type { Batch, Topic } from '../topic/topic.ts'
import { oneOrMore } from './numbers.ts'
import { writeOut } from './output.ts'
import { say } from './run.ts'
import { untilSeenEnough } from './signals.ts'

const examples = `Examples:
  textstream tap --from logs/                          all records, and then new ones as they come, until Ctrl-C
  textstream tap --from logs/ --new --agent Agent_Ada  only what Agent_Ada writes from now on
  textstream tap --from logs/ --once --json | jq .     the records that are there, as they lie in the log
  textstream tap --from kafka://localhost:9092/chunks  the same of a Kafka topic
`

const textCharactersMax = 200
const colours = [31, 32, 33, 34, 35, 36, 91, 92, 93, 94, 95, 96]

interface Flags {
  readonly from: string
  readonly agent?: string
  readonly uri?: string
  readonly limit: number
  readonly json: boolean
  readonly once: boolean
  readonly new: boolean
}

const hashOf = (text: string) => [...text].reduce((hash, c) => (Math.imul(hash, 31) + c.codePointAt(0)!) | 0, 7) >>> 0

const isColoured = () => process.stdout.isTTY === true && (process.env.NO_COLOR ?? '') === ''

const coloured = (agent: string) => `\x1b[${colours[hashOf(agent) % colours.length]}m${agent}\x1b[0m`

const shorten = (text: string) =>
  text.length > textCharactersMax ? `${text.slice(0, textCharactersMax).toWellFormed()}…` : text

const endOf = ({ end }: Chunk) =>
  end === undefined ? '' : `[ended: ${harmless(end.reason)}, ${end.chunks} chunks, ${end.bytes} bytes]`

const forPeople = (record: Chunk, inColour: boolean): string => {
  const agent = harmless(record.agent_id ?? '-')
  const time = harmless(record.event_time ?? '-')
  const text = record.chunk === '' ? endOf(record) : harmless(shorten(record.chunk)) + endOf(record)
  return `${time}  ${inColour ? coloured(agent) : agent}  ${harmless(record.destination_uri)}  ${text}\n`
}

/** Turns batches into text; true in `isFull` once the limit is reached. */
class Shower {
  readonly #flags: Flags
  readonly #inColour = isColoured()
  #shown = 0

  constructor(flags: Flags) {
    this.#flags = flags
  }

  get isFull(): boolean {
    return this.#shown >= this.#flags.limit
  }

  textOf({ partition, entries }: Batch): string {
    let text = ''
    for (const { line, offset } of entries) {
      if (this.isFull) break
      text += this.#lineOf(asBuffer(line), `${partition} ${offset}`)
    }
    return text
  }

  #lineOf(line: Buffer, place: string): string {
    const record = decode(line)
    if (record === undefined) return ''
    if (isMalformed(record)) {
      say(`textstream: malformed (${place}): ${record.malformed}: ${harmless(shorten(line.toString()))}`)
      return ''
    }
    if (!this.#isWanted(record)) return ''
    this.#shown++
    return this.#flags.json ? `${line}\n` : forPeople(record, this.#inColour)
  }

  #isWanted({ agent_id, destination_uri }: Chunk) {
    const { agent, uri } = this.#flags
    return (agent === undefined || agent === agent_id) && (uri === undefined || uri === destination_uri)
  }
}

const show = async (topic: Topic, flags: Flags) => {
  const shower = new Shower(flags)
  const signal = untilSeenEnough()
  const from = flags.new ? await topic.end() : {}
  for await (const batch of topic.read(from, { follow: !flags.once, signal })) {
    await writeOut(shower.textOf(batch))
    if (shower.isFull || signal.aborted) return
  }
}

const act = async (flags: Flags) => {
  if (flags.once && flags.new)
    throw new StreamError('tap/usage', '--once and --new together show nothing: leave one away')
  await show(await openTopic(flags.from), flags)
}

export const command = (): Command =>
  new Command('tap')
    .description('Shows the records of a log, and then new ones as they are written, until it is interrupted.')
    .requiredOption('--from <log>', 'the folder of a log, or kafka://host:port/topic')
    .option('--agent <name>', 'only records of this agent')
    .option('--uri <uri>', 'only records of this document')
    .option('--limit <records>', 'ends after so many', oneOrMore, Number.POSITIVE_INFINITY)
    .option('--json', 'the records as they lie in the log', false)
    .option('--once', 'ends at the end of the log', false)
    .option('--new', 'leaves out what is there already', false)
    .addHelpText('before', `${examples}\n`)
    .action(act)
