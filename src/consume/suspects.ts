import { answerKey } from '../chunk/answer-key.ts'
import type { RowKey, WarehouseWriter } from '../warehouse/warehouse.ts'
import type { Gathered, Suspect } from './gathered.ts'

export interface Verdicts {
  repeats: number
  conflicts: number
}

const replacement = '\ufffd'

const isHighHalf = (unit: number) => (unit & 0xfc00) === 0xd800
const isLowHalf = (unit: number) => (unit & 0xfc00) === 0xdc00

/** What the row of this text would hold but for its ends: halves of pairs go to the neighbouring row that has the rest. */
const inner = (text: string): string => {
  const from = isLowHalf(text.charCodeAt(0)) ? 1 : 0
  const to = isHighHalf(text.charCodeAt(text.length - 1)) ? text.length - 1 : text.length
  return text.slice(from, Math.max(from, to)).toWellFormed()
}

/** Whether the row's text is this one. The first row may begin with a character whose first half came in the chunk before it. */
const isText = (stored: Buffer, text: string): boolean => {
  const row = stored.toString()
  if (row === text) return true
  const middle = inner(text)
  if (!isLowHalf(text.charCodeAt(0))) return row === middle || row === replacement + middle
  const [first = ''] = row
  const isHealed = first.length === 2 && first[1] === text[0]
  return (isHealed || first === replacement) && row.slice(first.length) === middle
}

const keyOf = ({ answer, seq }: Suspect): RowKey => ({
  destination_uri: answer.destination_uri,
  response_id: answer.response_id,
  seq,
})

const nameOf = ({ destination_uri, response_id, seq }: RowKey) => `${seq} ${answerKey(destination_uri, response_id)}`

const isEnding = (stored: { reason: string; chunks: number; bytes: number; sha256: string }, suspect: Suspect) => {
  const { ending } = suspect
  if (ending === undefined) return false
  const { reason, chunks, bytes, sha256 } = stored
  return reason === ending.reason && chunks === ending.chunks && bytes === ending.bytes && sha256 === ending.sha256
}

/** First of each key among the rows and endings that are not committed yet. */
class Fresh {
  readonly #texts = new Map<string, Buffer>()
  readonly #endings = new Map<string, Gathered['endings'][number]>()

  constructor({ rows, endings, suspects }: Gathered) {
    const wanted = new Set(suspects.map(suspect => nameOf(keyOf(suspect))))
    for (let row = 0; row < rows.length; row++) {
      if (rows.seq[row] < 0) continue
      const { destination_uri, response_id = '' } = rows.voices[rows.voice[row]]
      const name = nameOf({ destination_uri, response_id, seq: rows.seq[row] })
      if (wanted.has(name) && !this.#texts.has(name)) this.#texts.set(name, rows.textOf(row))
    }
    for (const ending of endings) {
      const { destination_uri, response_id = '', seq } = ending
      const name = nameOf({ destination_uri, response_id, seq })
      if (!this.#endings.has(name)) this.#endings.set(name, ending)
    }
  }

  text(key: RowKey) {
    return this.#texts.get(nameOf(key))
  }

  ending(key: RowKey) {
    return this.#endings.get(nameOf(key))
  }
}

const addRow = (gathered: Gathered, suspect: Suspect) => {
  const { rows } = gathered
  const { answer, agent_id, text, partition, offset, micros, seq, extra } = suspect
  const to = rows.write(text)
  const row = rows.length
  rows.voice[row] = rows.voices.length
  const { destination_uri, response_id } = answer
  rows.voices.push({ agent_id, destination_uri, response_id })
  rows.partition[row] = rows.partitions.indexOf(partition)
  rows.offset[row] = offset
  rows.micros[row] = micros
  rows.seq[row] = seq
  rows.cluster[row] = rows.waitsFor[row] = -1
  rows.model[row] = 0
  if (extra !== undefined) rows.extras.set(row, extra)
  rows.end(to)
}

/** What is stored under the suspect's number: the same (a repeat), something else (a conflict), or nothing. */
const judge = (suspect: Suspect, text: Buffer | undefined, ending: Gathered['endings'][number] | undefined) => {
  if (text === undefined && ending === undefined) return 'unproven'
  if (suspect.ending !== undefined) return ending !== undefined && isEnding(ending, suspect) ? 'repeat' : 'conflict'
  return ending === undefined && text !== undefined && isText(text, suspect.text) ? 'repeat' : 'conflict'
}

/** Each suspect's number, or where the first one of the same number stands that is to become a row itself. */
const settle = (gathered: Gathered, suspect: Suspect, verdict: string, verdicts: Verdicts) => {
  if (verdict === 'repeat') verdicts.repeats++
  else if (verdict === 'conflict') {
    verdicts.conflicts++
    const { partition, offset, line, seq } = suspect
    gathered.rejected.push({ partition, offset, line, reason: `conflict: another text came before with seq ${seq}` })
  } else if (suspect.ending !== undefined) gathered.endings.push(suspect.ending)
  else addRow(gathered, suspect)
}

/** Where what was committed is looked up. */
export type Stored = Pick<WarehouseWriter, 'texts' | 'endings'>

/**
 * Decides about the suspects of a batch before it is committed: one whose text is stored under its number is dropped as a
 * repeat; where the texts differ it is a conflict, the first stays, and the line is kept aside; one that nothing is stored
 * of is no repeat, but a row.
 */
export const judgeSuspects = async (gathered: Gathered, writer: Stored, verdicts: Verdicts): Promise<void> => {
  const { suspects } = gathered
  if (suspects.length === 0) return
  const fresh = new Fresh(gathered)
  const keys = suspects.map(keyOf)
  const [texts, endings] = [await writer.texts(keys), await writer.endings(keys)]
  const accepted = new Map<string, Suspect>()
  for (const [i, suspect] of suspects.entries()) {
    const key = keys[i]
    const text = texts[i] ?? fresh.text(key) ?? textOf(accepted.get(nameOf(key)))
    const ending = endings[i] ?? fresh.ending(key) ?? accepted.get(nameOf(key))?.ending
    const verdict = judge(suspect, text, ending)
    if (verdict === 'unproven') accepted.set(nameOf(key), suspect)
    settle(gathered, suspect, verdict, verdicts)
  }
}

const textOf = (suspect: Suspect | undefined) =>
  suspect === undefined || suspect.ending !== undefined ? undefined : Buffer.from(suspect.text)
