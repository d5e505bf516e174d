import { Field as ArrowField, makeData, RecordBatch, RecordBatchStreamWriter, Schema, Struct } from 'apache-arrow'
import { StreamError } from '../../std/error.ts'
import { makeOf, type Values } from './arrow-writer.ts'
import { uploadBlock } from './artifacts.ts'
import { blockRowsMax } from './limits.ts'
import type { Relation } from './proto.ts'
import { relation } from './relation.ts'
import type { SparkSession } from './session.ts'
import { ddlOfFields, type SparkType } from './type.ts'

/** Values of our own; see `Value` for what each type takes. A typed array of the fitting kind is not copied. */
export interface LocalColumn {
  readonly name: string
  /** binary, boolean, tinyint, smallint, int, bigint, float, double, string, date, timestamp, timestamp_ntz, or arrays of them. */
  readonly type: SparkType
  /** A value a row, as many in each column. */
  readonly values: Values
}

const schemaOf = (columns: readonly LocalColumn[]): string =>
  ddlOfFields(columns.map(({ name, type }) => ({ name, type, nullable: true })))

const rowsIn = (columns: readonly LocalColumn[]): number => {
  const [first] = columns
  const other = columns.find(({ values }) => values.length !== first.values.length)
  if (first === undefined) throw new StreamError('spark/usage', 'local rows have at least one column')
  if (other === undefined) return first.values.length
  const counts = `"${first.name}" has ${first.values.length}, and "${other.name}" ${other.values.length}`
  throw new StreamError('spark/usage', `local columns have one length: ${counts}`)
}

/** About what a value takes; exact enough to cut by. */
const bytesOf = (value: unknown): number => {
  if (typeof value === 'string') return 4 + value.length
  if (value instanceof Uint8Array) return 4 + value.byteLength
  return Array.isArray(value) ? value.reduce((sum: number, one) => sum + bytesOf(one), 4) : 8
}

/** Where a block ends that begins at a row: before it has too many bytes, or rows, but with one row at least. */
const endOf = (columns: readonly LocalColumn[], from: number, rows: number, bytesMax: number): number => {
  let bytes = 0
  let row = from
  for (; row < rows && row - from < blockRowsMax && (bytes < bytesMax || row === from); row++)
    for (const { values } of columns) bytes += bytesOf(values[row])
  return row
}

/** Rows `[from, to)` as a stream of Arrow, whole in itself. */
const arrowOf = (columns: readonly LocalColumn[], from: number, to: number): Uint8Array => {
  const children = columns.map(({ type, values }) => makeOf(type)(values, from, to))
  const fields = columns.map(({ name }, at) => new ArrowField(name, children[at].type, true))
  const data = makeData({ type: new Struct(fields), length: to - from, nullCount: 0, children })
  const writer = RecordBatchStreamWriter.writeAll([new RecordBatch(new Schema(fields), data)])
  return writer.toUint8Array(true)
}

function* blocksOf(columns: readonly LocalColumn[], bytesMax: number): Generator<Uint8Array> {
  const rows = rowsIn(columns)
  let from = 0
  do {
    const to = endOf(columns, from, rows, bytesMax)
    yield arrowOf(columns, from, to)
    from = to
  } while (from < rows)
}

/**
 * A relation of rows that we have. Few go along with each plan that uses it; more than `inlineBytesMax` are sent to the
 * server now, once, in blocks, and stay there until the session ends; those that it has already are not sent again. Needs
 * Spark 4.1 for that.
 */
export const localRows = async (spark: SparkSession, columns: readonly LocalColumn[]): Promise<Relation> => {
  const schema = schemaOf(columns)
  const { inlineBytesMax, blockBytesMax } = spark.limits
  const blocks = blocksOf(columns, blockBytesMax)
  const first = blocks.next().value!
  const second = blocks.next()
  if (second.done && first.byteLength <= inlineBytesMax)
    return relation({ case: 'localRelation', value: { data: first, schema } })
  const dataHashes = [await uploadBlock(spark, first)]
  if (!second.done) dataHashes.push(await uploadBlock(spark, second.value))
  for (const block of blocks) dataHashes.push(await uploadBlock(spark, block))
  const schemaHash = await uploadBlock(spark, Buffer.from(schema))
  return relation({ case: 'chunkedCachedLocalRelation', value: { dataHashes, schemaHash } })
}
