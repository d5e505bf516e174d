import { asBuffer } from '../std/bytes.ts'
import {
  as,
  ascending,
  call,
  coalesce,
  collect,
  drop,
  execute,
  lit,
  project,
  type Relation,
  type Row,
  read,
  type SparkSession,
  save,
  sortWithin,
  type Value,
} from '../wire/spark-connect/spark.ts'
import { excerptBytesMax, type Place, type SampledWindow } from './cluster.ts'
import { centred, counted, made, type Stages } from './spark-features.ts'
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

const described = (sample: Relation) =>
  project(counted(sample), [
    'destination_uri',
    'response_id',
    'seq',
    as(call('right', 'chunk', lit.int(excerptBytesMax)), 'excerpt'),
    as(call('xxhash64', 'destination_uri', 'response_id', 'seq', 'chunk'), 'digest'),
    made.counts,
  ])

/**
 * Puts into a folder what a fit needs of a sample, so that its text is read once. Gives it in an order that depends on
 * nothing but the rows: sums of fractions do, too.
 */
export const keepSample = async (spark: SparkSession, sample: Relation, folder: string): Promise<Relation> => {
  const path = `${folder}/sample`
  const rows = sortWithin(coalesce(described(sample), 1), ascending('digest'))
  await execute(spark, save(rows, path, { format: 'parquet', mode: 'overwrite' }))
  return sortWithin(coalesce(read({ format: 'parquet', paths: [path] }), 1), ascending('digest'))
}

/** The rows of a sample that was kept, each with its centre. */
export const collectSample = async (spark: SparkSession, kept: Relation, stages: Stages): Promise<SampledRow[]> => {
  const rows = await collect(spark, drop(centred(kept, stages), made.features), { rowsMax: sampleRowsMax })
  return rows.map(sampledOf)
}
