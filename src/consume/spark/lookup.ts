import type { Ending, RowKey } from '../../warehouse/warehouse.ts'
import {
  aggregate,
  aliased,
  as,
  call,
  column,
  distinct,
  filter,
  join,
  localRows,
  project,
  type Relation,
  type Row,
  read,
  rowsOf,
  run,
  sqlExpression,
  union,
} from '../../wire/spark-connect/spark.ts'
import type { Stored } from '../suspects.ts'
import type { Tools } from './tools.ts'

const rowSchema = 'destination_uri string, response_id string, seq bigint, chunk string'
const endingSchema =
  'destination_uri string, response_id string, seq bigint, reason string, chunks bigint, bytes bigint, sha256 string'

/** An answer by its names. */
export interface AnswerName {
  readonly destination_uri: string
  readonly response_id: string
}

/** Numbers of an answer that are stored, `[from, to)`. */
export interface StoredRun extends AnswerName {
  readonly from: number
  readonly to: number
}

const keys = ['destination_uri', 'response_id', 'seq'] as const

const areSame = keys
  .map(name => call('==', column('stored', name), column('asked', name)))
  .reduce((all, one) => call('and', all, one))

const endingOf = (row: Row, key: RowKey): Ending => ({
  ...key,
  reason: row.reason as string,
  chunks: Number(row.chunks),
  bytes: Number(row.bytes),
  sha256: row.sha256 as string,
  partition: '',
  offset: 0,
})

/** The same for numbers that follow one another, another one behind each gap. */
const island = sqlExpression('seq - row_number() OVER (PARTITION BY destination_uri, response_id ORDER BY seq)')

const runOf = ({ destination_uri, response_id, from, last }: Row): StoredRun => ({
  destination_uri: destination_uri as string,
  response_id: response_id as string,
  from: Number(from),
  to: Number(last) + 1,
})

/** Asks Spark for what is stored, over the table's own files: no catalog's list of them may be out of date. */
export class Lookup implements Stored {
  readonly #tools: Tools
  /** Rows of this batch that are written, but not published yet. */
  readonly #staged: string[] = []

  constructor(tools: Tools) {
    this.#tools = tools
  }

  /** From now on rows below this URL are stored, too. */
  add(url: string): void {
    this.#staged.push(url)
  }

  async texts(asked: readonly RowKey[]): Promise<(Buffer | undefined)[]> {
    const found = await this.#find(this.#rows(), asked, ['chunk'])
    return found.map(row => (row === undefined ? undefined : Buffer.from(row.chunk as string)))
  }

  async endings(asked: readonly RowKey[]): Promise<(Ending | undefined)[]> {
    const found = await this.#find(this.#endings(), asked, ['reason', 'chunks', 'bytes', 'sha256'])
    return found.map((row, at) => row && endingOf(row, asked[at]))
  }

  /** What is stored of answers that were forgotten. */
  async runs(asked: readonly AnswerName[]): Promise<StoredRun[]> {
    if (asked.length === 0) return []
    const names = await localRows(this.#tools.spark, [
      { name: 'destination_uri', type: 'string', values: asked.map(of => of.destination_uri) },
      { name: 'response_id', type: 'string', values: asked.map(of => of.response_id) },
    ])
    const using = { using: ['destination_uri', 'response_id'] }
    const all = distinct(union(project(this.#rows(), keys), project(this.#endings(), keys)))
    const theirs = filter(join(all, names, 'semi', using), call('isnotnull', 'seq'))
    const grouped = aggregate(project(theirs, [...keys, as(island, 'island')]), {
      by: [...using.using, 'island'],
      of: [as(call('min', 'seq'), 'from'), as(call('max', 'seq'), 'last')],
    })
    const runs: StoredRun[] = []
    for await (const batch of run(this.#tools.spark, grouped)) for (const row of rowsOf(batch)) runs.push(runOf(row))
    return runs
  }

  #rows(): Relation {
    const { tables, places, files } = this.#tools
    const stored = tables.isLegacy ? files.urlOf(places.rows) : tables.chunks.location
    return read({ format: 'parquet', paths: [stored, ...this.#staged], schema: rowSchema })
  }

  #endings(): Relation {
    return read({ format: 'parquet', paths: [this.#tools.tables.endings.location], schema: endingSchema })
  }

  async #find(stored: Relation, asked: readonly RowKey[], names: readonly string[]): Promise<(Row | undefined)[]> {
    const wanted = await localRows(this.#tools.spark, [
      { name: 'place', type: 'int', values: asked.map((_, at) => at) },
      { name: 'destination_uri', type: 'string', values: asked.map(of => of.destination_uri) },
      { name: 'response_id', type: 'string', values: asked.map(of => of.response_id) },
      { name: 'seq', type: 'bigint', values: asked.map(of => BigInt(of.seq)) },
    ])
    const found: (Row | undefined)[] = asked.map(() => undefined)
    const pairs = join(aliased(stored, 'stored'), aliased(wanted, 'asked'), 'inner', { on: areSame })
    const columns = project(pairs, ['place', ...names.map(name => column('stored', name))])
    for await (const batch of run(this.#tools.spark, columns))
      for (const row of rowsOf(batch)) found[row.place as number] ??= row
    return found
  }
}
