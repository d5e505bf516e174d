import type { OnHdfs } from '../refresh/hdfs-inputs.ts'
import type { Receipt } from '../refresh/refresh.ts'
import { harmless } from '../std/terminal.ts'
import { isKafkaAddress } from '../topic/kafka-address.ts'
import { exit, say } from './run.ts'
import { amount } from './words.ts'

/** So many documents and lines of each kind are named; the listings beside the documents have them all. */
const shownMax = 5

export interface ReportFlags {
  readonly out: string
  readonly malformedMax: number
  readonly allowIncomplete: boolean
  readonly json: boolean
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
const notable = async ({ counters: c }: Receipt, out: string | OnHdfs): Promise<string[]> => {
  if (c.open + c.incomplete + c.malformed === 0) return []
  const { documentsIn, malformedIn } = await import('../refresh/notable.ts')
  const documents = async (state: 'open' | 'incomplete') => (c[state] > 0 ? documentsIn(out, state, shownMax) : [])
  const open = (await documents('open')).map(({ uri }) => `  open: ${harmless(uri)}, no closing record yet`)
  const incomplete = (await documents('incomplete')).map(
    ({ uri, faults, missing }) =>
      `  incomplete: ${harmless(uri)}: ${faults?.join(', ')}${missing > 0 ? ` (${missing} records missing)` : ''}`,
  )
  const malformed = (c.malformed > 0 ? await malformedIn(out, shownMax) : []).map(
    ({ input, offset, reason }) =>
      `  malformed: ${harmless(input)} at ${isKafkaAddress(input) ? 'offset' : 'byte'} ${offset}: ${harmless(reason)}`,
  )
  return [...incomplete, ...open, ...malformed]
}

const exitFor = ({ counters }: Receipt, { malformedMax, allowIncomplete }: ReportFlags): number => {
  const tooMuchMalformed = counters.malformed > malformedMax
  return tooMuchMalformed || (counters.incomplete > 0 && !allowIncomplete) ? exit.findings : exit.done
}

/** Says what a refresh left in `out`; `more` is what its runner has to add. Sets the exit code. */
export const report = async (
  receipt: Receipt,
  out: string | OnHdfs,
  flags: ReportFlags,
  seconds: number,
  more: string | undefined,
): Promise<void> => {
  for (const line of summary(receipt, flags.out, seconds)) say(line)
  if (more !== undefined) say(more)
  for (const line of await notable(receipt, out)) say(line)
  if (flags.json) process.stdout.write(`${JSON.stringify(receipt)}\n`)
  process.exitCode = exitFor(receipt, flags)
}
