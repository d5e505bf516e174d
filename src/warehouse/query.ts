import type { DuckDBDataChunk, DuckDBPreparedStatement, DuckDBResult, DuckDBType } from '@duckdb/node-api'
import { errnoOf, StreamError } from '../std/error.ts'
import { WatchedQuery } from './metrics.ts'
import { writeNewFile } from './new-file.ts'
import { bind } from './parameters.ts'
import { Sandbox } from './sandbox.ts'
import { readSnapshot, type Snapshot } from './snapshot.ts'
import { literal } from './sql.ts'
import { isMissingFile, sqlError } from './sql-error.ts'
import { inspectStatement, type Reads, type Statement } from './statement.ts'
import { defineTables } from './tables.ts'
import { type Reader, type Row, readerOf, rowsOf } from './values.ts'
import type { Column, QueryOptions, QueryResult } from './warehouse.ts'

/** How often a new snapshot is taken because files of the one before were moved on. */
const snapshotsMax = 8
/** Rows are handed on when they have so many characters of text, however few they are. */
const batchCharactersMax = 1024 * 1024

type Take = () => Promise<Snapshot>

/** A statement that was looked at and understood, with all that it reads; nothing of it ran yet. */
interface Ready {
  readonly sandbox: Sandbox
  readonly statement: Statement
  readonly prepared: DuckDBPreparedStatement
  /** Whether its columns are known before it runs. */
  readonly isTyped: boolean
}

/** Opens what a statement reads, and shuts out the rest. `writable` is one file more that can be reached. */
const openTables = async (sandbox: Sandbox, take: Take, reads: Reads, writable?: string) => {
  const files = await defineTables(sandbox, await take(), reads)
  await sandbox.lock(writable === undefined ? files : [...files, writable])
}

const prepare = async (
  sandbox: Sandbox,
  sql: string,
  options: QueryOptions,
): Promise<readonly [DuckDBPreparedStatement, boolean]> => {
  try {
    const prepared = await sandbox.prepare(sql)
    return [prepared, await bind(sandbox, prepared, options.params ?? {})]
  } catch (error) {
    throw sqlError(sql, error)
  }
}

const refuseOther = async (prepared: DuckDBPreparedStatement) => {
  const { StatementType } = await import('@duckdb/node-api')
  const { statementType } = prepared
  if (statementType === StatementType.SELECT || statementType === StatementType.EXPLAIN) return
  throw new StreamError('warehouse/refused', `a statement of the kind ${StatementType[statementType]} is not allowed`)
}

const readyIn = async (sandbox: Sandbox, take: Take, sql: string, options: QueryOptions): Promise<Ready> => {
  const statement = await inspectStatement(sandbox, sql)
  await openTables(sandbox, take, statement.reads)
  const [prepared, isTyped] = await prepare(sandbox, statement.sql, options)
  await refuseOther(prepared)
  return { sandbox, statement, prepared, isTyped }
}

/** Does something in a sandbox of its own; again with a newer snapshot, if files were moved on meanwhile. */
const inSandbox = async <T>(signal: AbortSignal | undefined, work: (sandbox: Sandbox) => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt++) {
    const sandbox = await Sandbox.open(signal)
    try {
      return await work(sandbox)
    } catch (error) {
      await sandbox[Symbol.asyncDispose]()
      if (attempt === snapshotsMax || !isMissingFile(error)) throw sqlError('', error)
    }
  }
}

const codeOf = (thrown: unknown) => (thrown instanceof StreamError ? thrown.code : undefined)

const columnsOf = (of: { columnCount: number; columnName(i: number): string; columnType(i: number): DuckDBType }) =>
  Array.from({ length: of.columnCount }, (_, i) => ({ name: of.columnName(i), type: of.columnType(i) }))

const charactersOf = (row: Row) =>
  row.reduce<number>((sum, value) => sum + (typeof value === 'string' ? value.length : 8), 0)

const tooLong = (cause: unknown) =>
  new StreamError('warehouse/too-large', 'a value of the result is longer than a text can be; select a part of it', {
    cause,
  })

/** The rows of one part, in batches that take little room. */
function* batchesOf(row: (at: number) => Row, count: number): Generator<Row[]> {
  let batch: Row[] = []
  let characters = 0
  for (let at = 0; at < count; at++) {
    batch.push(row(at))
    characters += charactersOf(batch[batch.length - 1])
    if (characters < batchCharactersMax) continue
    yield batch
    batch = []
    characters = 0
  }
  if (batch.length > 0) yield batch
}

class Result implements QueryResult {
  readonly columns: readonly Column[]
  readonly #ready: Ready
  readonly #take: Take
  readonly #options: QueryOptions
  readonly #readers: readonly Reader[]
  readonly #duckdb: typeof import('@duckdb/node-api')
  readonly #watched: WatchedQuery
  #result: DuckDBResult | undefined
  #isRead = false

  constructor(
    ready: Ready,
    take: Take,
    options: QueryOptions,
    duckdb: typeof import('@duckdb/node-api'),
    watched: WatchedQuery,
    result?: DuckDBResult,
  ) {
    const columns = columnsOf(result ?? ready.prepared)
    this.columns = columns.map(({ name, type }) => ({ name, type: String(type) }))
    this.#readers = columns.map(({ type }) => readerOf(duckdb, type))
    this.#ready = ready
    this.#take = take
    this.#options = options
    this.#duckdb = duckdb
    this.#watched = watched
    this.#result = result
  }

  get rows(): AsyncIterable<readonly Row[]> {
    if (this.#isRead) throw new Error('bug: a result is read once')
    this.#isRead = true
    return this.#read()
  }

  async *#read(): AsyncGenerator<readonly Row[]> {
    const { sandbox, prepared, statement } = this.#ready
    try {
      this.#result ??= await sandbox.step(() => prepared.stream())
      for (let chunk = await this.#fetch(); chunk !== undefined; chunk = await this.#fetch())
        yield* batchesOf(rowsOf(this.#duckdb, this.#readers, chunk), chunk.rowCount)
    } catch (error) {
      const fault = errnoOf(error) === 'ERR_STRING_TOO_LONG' ? tooLong(error) : sqlError(statement.sql, error)
      this.#watched.failed(codeOf(fault))
      throw fault
    }
  }

  async #fetch(): Promise<DuckDBDataChunk | undefined> {
    const { sandbox } = this.#ready
    const result = this.#result!
    const chunk = await sandbox.step(() => result.fetchChunk())
    if (chunk !== null && chunk.rowCount > 0) return chunk
    if (result.returnType === this.#duckdb.ResultReturnType.INVALID) await this.#tellFault()
    return undefined
  }

  /** The binding ends a result that failed like one that is complete, and does not say why. Running it again without its rows does. */
  async #tellFault(): Promise<never> {
    const { sandbox, statement } = this.#ready
    const explain = `EXPLAIN ANALYZE ${statement.select ?? 'SELECT 1'}`
    const prepared = await sandbox.prepare(explain)
    await bind(sandbox, prepared, this.#options.params ?? {})
    await sandbox.step(() => prepared.run())
    throw new StreamError('warehouse/sql', 'the query failed while its rows were read; DuckDB does not say why')
  }

  /** In a sandbox of its own, the only one that may write: into this file. */
  async toParquet(path: string): Promise<number> {
    const { sandbox, statement } = this.#ready
    const { select, reads } = statement
    if (select === undefined) throw new StreamError('warehouse/usage', 'the result of EXPLAIN is no Parquet file')
    await sandbox[Symbol.asyncDispose]()
    return await writeNewFile(path, partial =>
      inSandbox(this.#options.signal, async sandbox => {
        await using _ = sandbox
        await openTables(sandbox, this.#take, reads, partial)
        return await this.#copy(sandbox, select, partial)
      }),
    )
  }

  async #copy(sandbox: Sandbox, select: string, partial: string): Promise<number> {
    const options = 'FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false'
    const [prepared] = await prepare(sandbox, `COPY (${select}\n) TO ${literal(partial)} (${options})`, this.#options)
    const rows = await sandbox.step(async () => (await prepared.run()).getRows())
    return Number(rows[0][0])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ready.sandbox[Symbol.asyncDispose]()
    this.#watched.done()
  }
}

/** Runs one statement that only reads on the warehouse that a snapshot tells of; see `Warehouse.query`. */
export const queryOn = async (take: Take, sql: string, options: QueryOptions = {}): Promise<QueryResult> => {
  const duckdb = await import('@duckdb/node-api')
  const watched = new WatchedQuery()
  try {
    return await inSandbox(options.signal, async sandbox => {
      const ready = await readyIn(sandbox, take, sql, options)
      const result = ready.isTyped ? undefined : await sandbox.step(() => ready.prepared.stream())
      return new Result(ready, take, options, duckdb, watched, result)
    })
  } catch (error) {
    watched.failed(codeOf(error))
    throw error
  }
}

export const runQuery = (dir: string, sql: string, options?: QueryOptions): Promise<QueryResult> =>
  queryOn(() => readSnapshot(dir), sql, options)
