import type { DuckDBConnection, DuckDBInstance, DuckDBValue } from '@duckdb/node-api'
import { scratchDir } from './layout.ts'

/** What DuckDB may take for the writer's work; what needs more is sorted on the disk. Beside it there is the batch itself. */
export const memoryBytesMax = 400 * 1024 * 1024
/** Beside the one that asks. Commits and upkeep ask at the same time; with more, each needs more memory, and no less time of a core. */
const threads = 1

type Lane = 'commit' | 'upkeep' | 'lookup'

/** The writer's DuckDB: an empty database in memory, through which Parquet files are written and read. */
export class Engine {
  readonly #instance: DuckDBInstance
  readonly #lanes: Readonly<Record<Lane, DuckDBConnection>>

  private constructor(instance: DuckDBInstance, lanes: Readonly<Record<Lane, DuckDBConnection>>) {
    this.#instance = instance
    this.#lanes = lanes
  }

  static async start(dir: string): Promise<Engine> {
    const { DuckDBInstance } = await import('@duckdb/node-api')
    const instance = await DuckDBInstance.create(':memory:', {
      memory_limit: `${memoryBytesMax / 1024}KiB`,
      threads: String(threads),
      temp_directory: scratchDir(dir),
      // Order is asked for where it matters; DuckDB holds less back, and closes row groups by their size in bytes.
      preserve_insertion_order: 'false',
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    })
    const [commit, upkeep, lookup] = [await instance.connect(), await instance.connect(), await instance.connect()]
    await commit.run("SET GLOBAL TimeZone = 'UTC'")
    return new Engine(instance, { commit, upkeep, lookup })
  }

  /** Work that may go on beside other work has a connection of its own. */
  lane(lane: Lane): DuckDBConnection {
    return this.#lanes[lane]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const lane of Object.values(this.#lanes)) lane.closeSync()
    this.#instance.closeSync()
  }
}

/** Rows of a small result. */
export const rowsOf = async (connection: DuckDBConnection, sql: string): Promise<DuckDBValue[][]> =>
  (await connection.run(sql)).getRows()
