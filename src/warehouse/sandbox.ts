import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DuckDBConnection, DuckDBInstance, DuckDBPreparedStatement, DuckDBValue } from '@duckdb/node-api'
import { literal, literals } from './sql.ts'
import { interrupted } from './sql-error.ts'

/** What DuckDB may take for a query; what needs more goes to the disk. A single value may take more. */
export const memoryBytesMax = 1024 * 1024 * 1024
/** What a query may take on the disk, in a folder of its own that goes when it ends. */
export const spillBytesMax = 16 * 1024 * 1024 * 1024
/** DuckDB forgets that it was interrupted when it takes its next step. */
const interruptEveryMs = 20

const kib = (bytes: number) => `${bytes / 1024}KiB`

/** An empty database in memory for one query. Once locked it reads the files that it was given, and reaches nothing else. */
export class Sandbox {
  readonly #instance: DuckDBInstance
  readonly #connection: DuckDBConnection
  readonly #spillDir: string
  readonly #signal: AbortSignal | undefined
  #working: Promise<unknown> = Promise.resolve()
  #isClosed = false
  readonly #removeSpill = () => rmSync(this.#spillDir, { recursive: true, force: true })

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection, spillDir: string, signal?: AbortSignal) {
    this.#instance = instance
    this.#connection = connection
    this.#spillDir = spillDir
    this.#signal = signal
    process.once('exit', this.#removeSpill)
  }

  static async open(signal?: AbortSignal): Promise<Sandbox> {
    const { DuckDBInstance } = await import('@duckdb/node-api')
    const spillDir = await mkdtemp(join(tmpdir(), 'textstream-query-'))
    const instance = await DuckDBInstance.create(':memory:', {
      memory_limit: kib(memoryBytesMax),
      max_temp_directory_size: kib(spillBytesMax),
      temp_directory: spillDir,
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      allow_community_extensions: 'false',
      allow_persistent_secrets: 'false',
    })
    const sandbox = new Sandbox(instance, await instance.connect(), spillDir, signal)
    await sandbox.run("SET errors_as_json = true; SET TimeZone = 'UTC'")
    return sandbox
  }

  /** From here on only these files can be reached, and no setting can be changed. */
  async lock(paths: readonly string[]): Promise<void> {
    const allowed = [...paths.map(literal), literals(paths).slice(1, -1)].filter(path => path !== '')
    await this.run(
      `SET allowed_paths = [${allowed.join(', ')}]; SET enable_external_access = false; SET lock_configuration = true`,
    )
  }

  async run(sql: string): Promise<void> {
    await this.step(() => this.#connection.run(sql))
  }

  /** All rows of a small result. */
  async all(sql: string, values?: DuckDBValue[]): Promise<DuckDBValue[][]> {
    return await this.step(async () => (await this.#connection.run(sql, values)).getRows())
  }

  async prepare(sql: string): Promise<DuckDBPreparedStatement> {
    return await this.step(() => this.#connection.prepare(sql))
  }

  /** Does something with the connection, and gives up on it as soon as the signal says so. */
  async step<T>(work: () => Promise<T>): Promise<T> {
    if (this.#signal?.aborted || this.#isClosed) throw interrupted()
    let timer: NodeJS.Timeout | undefined
    const interrupt = () => this.#connection.interrupt()
    const stop = () => {
      interrupt()
      this.#removeSpill()
      timer = setInterval(interrupt, interruptEveryMs)
    }
    this.#signal?.addEventListener('abort', stop)
    try {
      const working = work()
      this.#working = working
      return await working
    } catch (error) {
      throw this.#signal?.aborted ? interrupted(error) : error
    } finally {
      this.#signal?.removeEventListener('abort', stop)
      clearInterval(timer)
    }
  }

  /** Stops what is going on. Safe to call twice. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    const timer = setInterval(() => this.#connection.interrupt(), interruptEveryMs)
    this.#connection.interrupt()
    await this.#working.catch(() => {})
    clearInterval(timer)
    this.#connection.closeSync()
    this.#instance.closeSync()
    this.#removeSpill()
    process.removeListener('exit', this.#removeSpill)
  }
}
