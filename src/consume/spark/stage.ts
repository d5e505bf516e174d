import { StreamError } from '../../std/error.ts'
import {
  coalesce,
  execute,
  type LocalColumn,
  localRows,
  type Relation,
  read,
  save,
} from '../../wire/spark-connect/spark.ts'
import type { Tools } from './tools.ts'

/** The folder of one batch, in which nothing is to be read by others yet. */
export class Stage {
  readonly #tools: Tools
  readonly folder: string

  constructor(tools: Tools, batch: number) {
    this.#tools = tools
    this.folder = tools.places.staged(batch)
  }

  path(...names: readonly (string | number)[]): string {
    return [this.folder, ...names].join('/')
  }

  url(...names: readonly (string | number)[]): string {
    return this.#tools.files.urlOf(this.path(...names))
  }

  async write(rows: Relation, ...names: readonly (string | number)[]): Promise<void> {
    await execute(this.#tools.spark, save(rows, this.url(...names), { format: 'parquet', mode: 'overwrite' }))
  }

  /** For what is read back once, and soon. */
  async writeQuickly(rows: Relation, name: string): Promise<void> {
    const options = { compression: 'none', 'parquet.enable.dictionary': 'false' }
    await execute(this.#tools.spark, save(rows, this.url(name), { format: 'parquet', mode: 'overwrite', options }))
    await this.#refuseBlind(name)
  }

  /** What Spark writes into a folder of its own machine is not to be seen on another one. */
  async #refuseBlind(name: string): Promise<void> {
    if ((await this.#tools.files.list(this.path(name))).length > 0) return
    const todo = 'let the database of the table lie in HDFS, or run this where Spark runs'
    throw new StreamError('table/usage', `Spark wrote to "${this.url(name)}", and there is nothing here; ${todo}`)
  }

  /** Nothing, if there are no rows. */
  async writeLocal(columns: readonly LocalColumn[], ...names: readonly (string | number)[]): Promise<void> {
    if (columns[0].values.length === 0) return
    await this.write(coalesce(await localRows(this.#tools.spark, columns), 1), ...names)
  }

  read(schema: string, ...names: readonly (string | number)[]): Relation {
    return read({ format: 'parquet', paths: [this.url(...names)], schema })
  }
}
