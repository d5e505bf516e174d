import type { Rows } from '../../warehouse/rows.ts'
import type { Ending, Opening, Rejected } from '../../warehouse/warehouse.ts'
import type { LocalColumn } from '../../wire/spark-connect/spark.ts'

type Values = LocalColumn['values']
type Micros = number | undefined

const strings = (name: string, values: readonly (string | null | undefined)[]): LocalColumn => ({
  name,
  type: 'string',
  values: values.map(value => value ?? null) as Values,
})

const longs = (name: string, values: readonly number[]): LocalColumn => ({
  name,
  type: 'bigint',
  values: values.map(value => (value < 0 ? null : BigInt(value))) as Values,
})

const times = (name: string, values: readonly Micros[]): LocalColumn => ({
  name,
  type: 'timestamp',
  values: values.map(micros => (micros === undefined || Number.isNaN(micros) ? null : BigInt(micros))) as Values,
})

/** Rows that this process read, in the columns that a batch has before a model saw it. */
export const columnsOfRows = (rows: Rows): readonly LocalColumn[] => {
  const all = Array.from({ length: rows.length }, (_, row) => row)
  const voices = all.map(row => rows.voices[rows.voice[row]])
  return [
    strings(
      'agent_id',
      voices.map(({ agent_id }) => agent_id),
    ),
    strings(
      'destination_uri',
      voices.map(({ destination_uri }) => destination_uri),
    ),
    times(
      'event_time',
      all.map(row => rows.micros[row]),
    ),
    strings(
      'chunk',
      all.map(row => rows.textOf(row).toString()),
    ),
    strings(
      'response_id',
      voices.map(({ response_id }) => response_id),
    ),
    longs(
      'seq',
      all.map(row => rows.seq[row]),
    ),
    strings(
      'end_reason',
      all.map(row => rows.endReasons.get(row)),
    ),
    strings(
      'extra',
      all.map(row => rows.extras.get(row)),
    ),
  ]
}

const column = <Row>(rows: readonly Row[]) => ({
  text: (name: string, of: (row: Row) => string | undefined) => strings(name, rows.map(of)),
  long: (name: string, of: (row: Row) => number) => longs(name, rows.map(of)),
  time: (name: string, of: (row: Row) => Micros) => times(name, rows.map(of)),
})

export const columnsOfOpenings = (openings: readonly Opening[]): readonly LocalColumn[] => {
  const { text, long, time } = column(openings)
  return [
    text('agent_id', of => of.agent_id),
    text('destination_uri', of => of.destination_uri),
    text('response_id', of => of.response_id),
    text('url', of => of.url),
    text('file', of => of.file),
    text('supersedes', of => of.supersedes),
    time('requested_time', of => of.requestedMicros),
    text('partition', of => of.partition),
    long('topic_offset', of => of.offset),
  ]
}

export const columnsOfEndings = (endings: readonly Ending[]): readonly LocalColumn[] => {
  const { text, long, time } = column(endings)
  return [
    text('agent_id', of => of.agent_id),
    text('destination_uri', of => of.destination_uri),
    text('response_id', of => of.response_id),
    long('seq', of => of.seq),
    time('event_time', of => of.micros),
    text('reason', of => of.reason),
    long('chunks', of => of.chunks),
    long('bytes', of => of.bytes),
    text('sha256', of => of.sha256),
    text('partition', of => of.partition),
    long('topic_offset', of => of.offset),
  ]
}

export const columnsOfRejected = (rejected: readonly Rejected[]): readonly LocalColumn[] => {
  const { text, long } = column(rejected)
  const line: LocalColumn = { name: 'line', type: 'binary', values: rejected.map(of => of.line) as Values }
  return [
    text('partition', of => of.partition),
    long('topic_offset', of => of.offset),
    text('reason', of => of.reason),
    line,
  ]
}
