import { StreamError } from '../../std/error.ts'
import { type Batch, batchesIn, rowsOf } from './batch.ts'
import type { ExecuteOptions } from './execution.ts'
import { collectRowsMax } from './limits.ts'
import { Pieces } from './pieces.ts'
import type { Relation } from './proto.ts'
import type { SparkSession } from './session.ts'
import { type Field, fieldsOf } from './type.ts'
import type { Row } from './value.ts'

/**
 * The rows of a relation, in the batches in which the server makes them, each once, also over connections that break.
 * There is at least one batch, which may have no rows but has the columns. The server waits for who reads slowly; one
 * batch is held here, besides those that are on the way. Whoever leaves early ends the query.
 */
export async function* run(
  spark: SparkSession,
  relation: Relation,
  options: ExecuteOptions = {},
): AsyncGenerator<Batch, void> {
  const pieces = new Pieces(spark.limits.batchBytesMax)
  let fields: readonly Field[] = []
  for await (const { schema, responseType } of spark.execute({ case: 'root', value: relation }, options)) {
    if (schema !== undefined) fields = fieldsOf(schema)
    if (responseType.case !== 'arrowBatch') continue
    const whole = pieces.add(responseType.value)
    if (whole !== undefined) yield* batchesIn(whole, fields)
  }
  pieces.end()
}

export interface CollectOptions extends ExecuteOptions {
  readonly rowsMax?: number
}

const refuseTwins = ({ columns }: Batch) => {
  const names = columns.map(({ name }) => name)
  const twin = names.find((name, at) => names.indexOf(name) !== at)
  if (twin === undefined) return
  throw new StreamError('spark/usage', `two columns of the result are called "${twin}"; give one another name`)
}

/** All rows at once, by the names of their columns. Throws `spark/too-large` beyond `rowsMax`, which is 100,000. */
export const collect = async (
  spark: SparkSession,
  relation: Relation,
  { rowsMax = collectRowsMax, ...options }: CollectOptions = {},
): Promise<Row[]> => {
  const rows: Row[] = []
  for await (const batch of run(spark, relation, options)) {
    if (rows.length === 0) refuseTwins(batch)
    if (rows.length + batch.rows > rowsMax)
      throw new StreamError('spark/too-large', `the result has more than ${rowsMax} rows; read it in batches`)
    for (const row of rowsOf(batch)) rows.push(row)
  }
  return rows
}
