import { StreamError } from '../std/error.ts'
import {
  arrayOf,
  collect,
  execute,
  localRows,
  read,
  type SparkError,
  type SparkSession,
  save,
} from '../wire/spark-connect/spark.ts'
import type { Model } from './cluster.ts'
import { loadModel } from './model.ts'

/** What is kept of a model beside Spark's own stages, in the folder `about` next to theirs. Written last: it is there if all is. */
export interface Kept {
  readonly model: Model
  /** By Spark's centre: the number of its cluster. */
  readonly numbers: readonly number[]
  /** Of the rows that it was fitted on. */
  readonly digests: BigInt64Array
}

const pathOf = (folder: string) => `${folder}/about`

const columnsOf = ({ model, numbers, digests }: Kept) => [
  { name: 'model', type: 'binary' as const, values: [model.save()] },
  { name: 'numbers', type: arrayOf('int'), values: [[...numbers]] },
  { name: 'digests', type: arrayOf('bigint'), values: [[...digests]] },
]

export const keep = async (spark: SparkSession, kept: Kept, folder: string): Promise<void> => {
  const row = await localRows(spark, columnsOf(kept))
  await execute(spark, save(row, pathOf(folder), { format: 'parquet', mode: 'overwrite' }))
}

const none = (folder: string, why: string, cause?: unknown) =>
  new StreamError('cluster/model', `the model in "${folder}": ${why}; was its folder removed, or written by others?`, {
    cause,
  })

const isAbsent = (thrown: unknown) => (thrown as Partial<SparkError>).errorClass === 'PATH_NOT_FOUND'

/** Throws `cluster/model` if there is no model. */
export const recall = async (spark: SparkSession, folder: string): Promise<Kept> => {
  const schema = 'model binary, numbers array<int>, digests array<bigint>'
  const rows = await collect(spark, read({ format: 'parquet', paths: [pathOf(folder)], schema })).catch(thrown => {
    throw isAbsent(thrown) ? none(folder, 'there is none', thrown) : thrown
  })
  if (rows.length !== 1) throw none(folder, `${rows.length} descriptions instead of one`)
  const [{ model, numbers, digests }] = rows
  return {
    model: loadModel(model as Uint8Array),
    numbers: numbers as readonly number[],
    digests: BigInt64Array.from(digests as readonly bigint[]),
  }
}
