import { StreamError } from '../std/error.ts'
import type { HiveAddress } from './hive-address.ts'
import { hiveError } from './hive-error.ts'
import { writeHiveParquet } from './hive-parquet.ts'
import { type HiveLogin, HiveServer, type Operation } from './hive-server.ts'
import { inspectHive } from './hive-statement.ts'
import { type HiveReader, readersOf, rowsIn } from './hive-values.ts'
import type { QueryOptions, QueryResult } from './warehouse.ts'

type Rows = readonly (readonly unknown[])[]

interface Running {
  readonly server: HiveServer
  readonly operation: Operation
  readonly sql: string
  readonly signal: AbortSignal | undefined
}

/** A result that HiveServer2 holds, and hands out as it is read. */
class HiveResult implements QueryResult {
  readonly columns: readonly HiveReader[]
  readonly #running: Running
  #first: Rows
  #isLast: boolean

  constructor(running: Running, columns: readonly HiveReader[], first: Rows, isLast: boolean) {
    this.#running = running
    this.columns = columns
    this.#first = first
    this.#isLast = isLast
  }

  get rows(): AsyncIterable<Rows> {
    return this.#read()
  }

  async *#read(): AsyncGenerator<Rows> {
    const { server, operation, sql, signal } = this.#running
    try {
      if (this.#first.length > 0) yield this.#first
      this.#first = []
      while (!this.#isLast) {
        const { rows, isLast } = await server.fetch(operation)
        this.#isLast = isLast
        for (const set of rows) {
          const some = rowsIn(this.columns, set)
          if (some.length > 0) yield some
        }
      }
    } catch (thrown) {
      throw hiveError(sql, thrown, signal?.aborted === true)
    }
  }

  toParquet(path: string): Promise<number> {
    return writeHiveParquet(this, path)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { server, operation } = this.#running
    await server.forget(operation)
    await server[Symbol.asyncDispose]()
  }
}

const refuseParameters = ({ params = {} }: QueryOptions) => {
  const [name] = Object.keys(params)
  if (name === undefined) return
  const why = 'HiveServer2 takes no parameters, and a value is never pasted into a statement'
  throw new StreamError('warehouse/usage', `--param ${name} with --hive: ${why}; write it into the statement yourself`)
}

const begin = async (server: HiveServer, sql: string, signal: AbortSignal | undefined): Promise<HiveResult> => {
  const statement = inspectHive(sql)
  try {
    const operation = await server.begin(statement)
    await server.finish(operation)
    const { schema, rows, isLast } = await server.fetch(operation)
    const readers = readersOf(schema)
    return new HiveResult(
      { server, operation, sql, signal },
      readers,
      rows.flatMap(set => rowsIn(readers, set)),
      isLast,
    )
  } catch (thrown) {
    throw hiveError(sql, thrown, signal?.aborted === true)
  }
}

/** Runs one statement that only reads, on HiveServer2; see `Warehouse.query`. What was committed before it is seen. */
export const queryHive = async (
  address: HiveAddress,
  login: HiveLogin,
  sql: string,
  options: QueryOptions = {},
): Promise<QueryResult> => {
  refuseParameters(options)
  inspectHive(sql)
  const { signal } = options
  signal?.throwIfAborted()
  const server = await HiveServer.open(address, login)
  signal?.addEventListener('abort', () => server.cut(), { once: true })
  try {
    return await begin(server, sql, signal)
  } catch (thrown) {
    await server[Symbol.asyncDispose]()
    throw thrown
  }
}
