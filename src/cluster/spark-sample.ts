import { asBuffer } from '../std/bytes.ts'
import {
  as,
  call,
  collect,
  lit,
  project,
  type Relation,
  type Row,
  type SparkSession,
  type Value,
} from '../wire/spark-connect/spark.ts'
import { excerptBytesMax, type Place, type SampledWindow } from './cluster.ts'
import { centred, made, type Stages } from './spark-features.ts'
import { countMax } from './terms.ts'

/** Rows that a model is fitted on, at most. */
export const sampleRowsMax = 20_000

/** A row of the sample, as it came back from Spark. */
export interface SampledRow {
  readonly window: SampledWindow
  /** Which of Spark's centres it belongs to. */
  readonly centre: number
  /** Of all that it says: the same row has the same one in every sample. */
  readonly digest: bigint
}

interface Vector {
  readonly type: number
  readonly indices: readonly number[] | null
  readonly values: readonly number[]
}

const isContinuation = (byte: number) => (byte & 0xc0) === 0x80

/** The last of it, without the character that was cut. */
const excerptOf = (text: string): Buffer => {
  const bytes = Buffer.from(text)
  let from = Math.max(0, bytes.length - excerptBytesMax)
  while (from < bytes.length && isContinuation(bytes[from])) from++
  return asBuffer(bytes.subarray(from))
}

const placeOf = ({ destination_uri, response_id, seq }: Row): Place => ({
  destination_uri: String(destination_uri ?? ''),
  ...(typeof response_id === 'string' && { response_id }),
  ...(seq !== null && { seq: Number(seq) }),
})

const termsOf = (of: Value): Pick<SampledWindow, 'index' | 'count'> => {
  const { type, indices, values } = of as unknown as Vector
  const index = type === 0 ? indices! : [...values.keys()].filter(at => values[at] !== 0)
  const count = type === 0 ? values : index.map(at => values[at])
  return { index: Uint16Array.from(index), count: Uint16Array.from(count, times => Math.min(times, countMax)) }
}

const sampledOf = (row: Row, number: number): SampledRow => ({
  window: {
    number,
    priority: number,
    place: placeOf(row),
    ...termsOf(row[made.counts]),
    excerpt: excerptOf(String(row.excerpt)),
  },
  centre: Number(row[made.centre]),
  digest: row.digest as bigint,
})

/** What is told of the rows of a sample that was counted, in an order that depends on nothing but the rows. */
export const collectSample = async (spark: SparkSession, rows: Relation, stages: Stages): Promise<SampledRow[]> => {
  const shown = project(centred(rows, stages), [
    'destination_uri',
    'response_id',
    'seq',
    as(call('right', 'chunk', lit.int(excerptBytesMax)), 'excerpt'),
    as(call('xxhash64', 'destination_uri', 'response_id', 'seq', 'chunk'), 'digest'),
    made.counts,
    made.centre,
  ])
  const found = await collect(spark, shown, { rowsMax: sampleRowsMax })
  const byDigest = (a: Row, b: Row) => ((a.digest as bigint) < (b.digest as bigint) ? -1 : 1)
  return found.sort(byDigest).map(sampledOf)
}
