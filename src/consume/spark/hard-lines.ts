import { answerKey } from '../../chunk/answer-key.ts'
import { decode, isMalformed } from '../../chunk/codec.ts'
import type { Batch } from '../../topic/topic.ts'
import {
  aliased,
  ascending,
  call,
  coalesce,
  column,
  filter,
  join,
  kafkaRange,
  localRows,
  project,
  type Relation,
  run,
  sortWithin,
  union,
} from '../../wire/spark-connect/spark.ts'
import type { Plan } from './records.ts'
import type { Summary } from './summary.ts'
import type { Tools } from './tools.ts'

/** Hard lines are held in memory while it is found out what else has to be read with them; more are read again. */
const heldBytesMax = 32 * 1024 * 1024

export interface HardLine {
  readonly partition: number
  readonly offset: number
  readonly line: Buffer
}

const absent = Buffer.from('null')

/** As the topic hands messages of others on: one without a value as the line `null`, a line feed within as a carriage return. */
const lineOf = (value: Uint8Array | null): Buffer => {
  if (value === null) return absent
  const line = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  for (let at = line.indexOf(0x0a); at >= 0; at = line.indexOf(0x0a, at + 1)) line[at] = 0x0d
  return line
}

const inOrder = (lines: Relation) => sortWithin(coalesce(lines, 1), ascending('partition'), ascending('offset'))

async function* linesIn({ spark }: Tools, lines: Relation): AsyncGenerator<HardLine> {
  for await (const { rows, columns } of run(spark, inOrder(lines))) {
    const [partition, offset, value] = columns
    for (let row = 0; row < rows; row++)
      yield {
        partition: partition.get(row) as number,
        offset: Number(offset.get(row)),
        line: lineOf(value.get(row) as Uint8Array | null),
      }
  }
}

const places = ['partition', 'offset']
const isHard = call('not', 'is_plain')

/** What the hard lines say of answers before they are read for good. */
export interface Glance {
  /** All of them, if they are few. */
  readonly held: readonly HardLine[] | undefined
  readonly count: number
  /** Answers whose plain lines must be read with them, in the order of arrival. */
  readonly keys: ReadonlySet<string>
  /** All answers that they belong to, by key. */
  readonly answers: ReadonlyMap<string, { readonly destination_uri: string; readonly response_id: string }>
}

/** Whether the order among this line and the plain ones of its answer matters: for half a character, or a number that came twice. */
const isMixed = (chunk: string, seq: number | undefined, summary: Summary | undefined) =>
  summary !== undefined && (!chunk.isWellFormed() || (seq !== undefined && seq >= summary.first && seq <= summary.last))

/** Reads the hard lines once, to see what they touch. */
export const glance = async (
  tools: Tools,
  parsed: Relation,
  summaries: ReadonlyMap<string, Summary>,
): Promise<Glance> => {
  const answers = new Map<string, { destination_uri: string; response_id: string }>()
  const keys = new Set<string>()
  let held: HardLine[] | undefined = []
  let [bytes, count] = [0, 0]
  for await (const hard of linesIn(tools, project(filter(parsed, isHard), [...places, 'line']))) {
    count++
    bytes += hard.line.length
    if (bytes > heldBytesMax) held = undefined
    held?.push(hard)
    const record = decode(hard.line)
    if (record === undefined || isMalformed(record)) continue
    const { destination_uri, response_id = '', chunk, seq } = record
    const key = answerKey(destination_uri, response_id)
    answers.set(key, { destination_uri, response_id })
    if (isMixed(chunk, response_id === '' ? undefined : seq, summaries.get(key))) keys.add(key)
  }
  return { held, count, keys, answers }
}

/** Answers by their names, for a join. */
export const namesOf = ({ spark }: Tools, answers: readonly Summary[]): Promise<Relation> =>
  localRows(spark, [
    { name: 'destination_uri', type: 'string', values: answers.map(of => of.destination_uri) },
    { name: 'response_id', type: 'string', values: answers.map(of => (of.response_id === '' ? null : of.response_id)) },
  ])

export const isOfAnswer = call(
  'and',
  call('==', column('rows', 'destination_uri'), column('names', 'destination_uri')),
  call('<=>', column('rows', 'response_id'), column('names', 'response_id')),
)

/** The plain rows of these answers, or, with `anti`, of all others. */
export const rowsOfAnswers = (rows: Relation, names: Relation, kind: 'semi' | 'anti'): Relation =>
  join(aliased(rows, 'rows'), aliased(names, 'names'), kind, { on: isOfAnswer })

/** The records of the plan's offsets. */
export const recordsOf = ({ kafka }: Tools, { from, to }: Plan, options: Readonly<Record<string, string>> = {}) => {
  const partitions = Object.keys(to).filter(partition => to[partition] > (from[partition] ?? 0))
  const at = (position: Plan['from']) => Object.fromEntries(partitions.map(of => [of, position[of] ?? 0]))
  const { brokers, topic } = kafka
  return kafkaRange({ brokers, topic, from: at(from), to: at(to), options: { ...kafka.options, ...options } })
}

/** The hard lines, and all lines of these answers, in the order of arrival, as the topic would hand them over. */
export async function* hardBatches(
  tools: Tools,
  plan: Plan,
  parsed: Relation,
  { held }: Glance,
  mixed: readonly Summary[],
): AsyncGenerator<Batch> {
  if (held !== undefined && mixed.length === 0) return yield* batchesOf(held)
  const hard = project(filter(parsed, isHard), places)
  const ofMixed = rowsOfAnswers(filter(parsed, 'is_plain'), await namesOf(tools, mixed), 'semi')
  const wanted = mixed.length === 0 ? hard : union(hard, project(ofMixed, places))
  const records = join(recordsOf(tools, plan), wanted, 'semi', { using: places })
  yield* batchesOf(linesIn(tools, project(records, [...places, 'value'])))
}

/** So many lines are handed over at a time. */
const batchLinesMax = 4096

async function* batchesOf(lines: Iterable<HardLine> | AsyncIterable<HardLine>): AsyncGenerator<Batch> {
  let gathered: HardLine[] = []
  for await (const line of lines) {
    const isFull = gathered.length >= batchLinesMax || (gathered[0] ?? line).partition !== line.partition
    if (isFull) yield batchOf(gathered)
    if (isFull) gathered = []
    gathered.push(line)
  }
  if (gathered.length > 0) yield batchOf(gathered)
}

const batchOf = (lines: readonly HardLine[]): Batch => ({
  partition: String(lines[0].partition),
  entries: lines.map(({ offset, line }) => ({ offset, next: offset + 1, line })),
})
