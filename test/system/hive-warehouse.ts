import { Ledger } from '../../src/consume/spark/ledger.ts'
import type { Lookup } from '../../src/consume/spark/lookup.ts'
import { movesOf } from '../../src/consume/spark/moves.ts'
import { Places } from '../../src/consume/spark/places.ts'
import type { Stage } from '../../src/consume/spark/stage.ts'
import {
  columnsOfEndings,
  columnsOfOpenings,
  columnsOfRejected,
  columnsOfRows,
} from '../../src/consume/spark/staged-rows.ts'
import type { Tools } from '../../src/consume/spark/tools.ts'
import { StreamError } from '../../src/std/error.ts'
import type { HiveTables } from '../../src/warehouse/hive-table.ts'
import { queryOn } from '../../src/warehouse/query.ts'
import { type TableName, tableNames } from '../../src/warehouse/schema.ts'
import type { Snapshot } from '../../src/warehouse/snapshot.ts'
import type { Commit, Position, RowKey, Warehouse, WarehouseWriter } from '../../src/warehouse/warehouse.ts'
import { localFiles } from '../../src/wire/local-files.ts'
import type { TableFiles, TableLock } from '../../src/wire/table-files.ts'
import type { Session } from '../spark.ts'

const none = undefined as never

/** What `consume --engine spark` works with, as far as it needs no topic and no model. */
const toolsFor = (spark: Session, tables: HiveTables): Tools => {
  const files = localFiles()
  const places = new Places(files.pathOf(tables.chunks.location))
  return { spark, tables, files, places, clustering: none, kafka: none, settings: none }
}

const ints = (name: string, values: ArrayLike<number>, absent: number) => ({
  name,
  type: 'int' as const,
  values: Array.from(values, value => (value === absent ? null : value)),
})

/** One batch of consume's, but that its rows were not read from a topic. */
class HiveWriter implements WarehouseWriter {
  readonly #tools: Tools
  readonly #ledger: Ledger
  readonly #lookup: Lookup
  readonly #lock: TableLock
  readonly #StageOf: typeof Stage
  #last: Promise<void> = Promise.resolve()
  #isOpen = true

  private constructor(tools: Tools, ledger: Ledger, lookup: Lookup, lock: TableLock, StageOf: typeof Stage) {
    this.#tools = tools
    this.#ledger = ledger
    this.#lookup = lookup
    this.#lock = lock
    this.#StageOf = StageOf
  }

  static async open(tools: Tools): Promise<HiveWriter> {
    const { files, places } = tools
    const lock = await files.lock(places.lock).catch(thrown => {
      const isLocked = (thrown as StreamError).code === 'table/locked'
      throw isLocked ? new StreamError('warehouse/locked', thrown.message, { cause: thrown }) : thrown
    })
    const { ledger } = await Ledger.open(files, places)
    const { Lookup } = await import('../../src/consume/spark/lookup.ts')
    const { Stage } = await import('../../src/consume/spark/stage.ts')
    return new HiveWriter(tools, ledger, new Lookup(tools), lock, Stage)
  }

  get position(): Position | undefined {
    return this.#ledger.state.batch === 0 ? undefined : this.#ledger.state.position
  }

  recall(key: string): Uint8Array | undefined {
    return this.#ledger.state.recall(key)
  }

  recallAll(prefix: string) {
    return this.#ledger.state.recallAll(prefix)
  }

  commit(commit: Commit): Promise<void> {
    this.#last = this.#last.then(() => this.#commit(commit))
    return this.#last
  }

  async #commit({ position, rows, openings = [], endings = [], rejected = [], state = new Map() }: Commit) {
    if (!this.#isOpen) throw new StreamError('warehouse/commit', 'the writer was closed; ask for another one')
    const { unchanged } = this.#ledger.state
    const { batch } = await this.#ledger.plan(this.#ledger.state.position, position)
    const stage = new this.#StageOf(this.#tools, batch)
    const clusters = [ints('cluster', rows.cluster.subarray(0, rows.length), -1)]
    const models = [ints('model', rows.model.subarray(0, rows.length), 0)]
    await stage.writeLocal([...columnsOfRows(rows), ...clusters, ...models], 'chunks')
    await stage.writeLocal(columnsOfOpenings(openings), 'openings')
    await stage.writeLocal(columnsOfEndings(endings), 'endings')
    await stage.writeLocal(columnsOfRejected(rejected), 'rejected')
    const notes = [...state].map(([key, value]) => [key, Buffer.from(value!).toString('base64')] as const)
    const moves = await movesOf(this.#tools, stage, batch)
    const staged = { batch, moves, change: { ...unchanged, position, notes } }
    await this.#ledger.stage(staged)
    await this.#ledger.publish(staged)
  }

  /** Rows are in public files as soon as they are committed. */
  async roll(): Promise<void> {}

  texts(keys: readonly RowKey[]) {
    return this.#lookup.texts(keys)
  }

  endings(keys: readonly RowKey[]) {
    return this.#lookup.endings(keys)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    await this.#lock[Symbol.asyncDispose]()
  }
}

const filesIn = async (files: TableFiles, location: string): Promise<string[]> => {
  const folder = files.pathOf(location)
  const found = await files.list(folder)
  return found.filter(({ name }) => name.endsWith('.parquet')).map(({ name }) => `${folder}/${name}`)
}

const locationOf = (tables: HiveTables, table: TableName): string =>
  tables[table === 'chunks_clustered' ? 'chunks' : table].location

/** All files that are in the tables' folders, as DuckDB reads them for the embedded warehouse. */
const snapshotOf = async ({ files, tables }: Tools, position: Position | undefined): Promise<Snapshot> => {
  const each = tableNames.map(async table => [
    table,
    { files: await filesIn(files, locationOf(tables, table)), foreign: [], tail: [] },
  ])
  return { tables: Object.fromEntries(await Promise.all(each)), position }
}

/** As after `DROP TABLE`, and the removal of the folders, and `CREATE TABLE`. */
export const emptyTables = async (tables: HiveTables): Promise<void> => {
  const files = localFiles()
  for (const table of tableNames) {
    const folder = files.pathOf(locationOf(tables, table))
    await files.remove(folder)
    await files.makeFolder(folder)
  }
}

/**
 * Tables of Hive behind the port, for its contract: filled by what `consume --engine spark` fills them with, read by
 * DuckDB in the SQL that the contract is written in.
 */
export const hiveWarehouse = (spark: Session, tables: HiveTables): Warehouse => {
  const tools = toolsFor(spark, tables)
  const committed = async () => {
    const { state } = (await Ledger.open(tools.files, tools.places)).ledger
    return state.batch === 0 ? undefined : state.position
  }
  return {
    name: tables.chunks.path.join('.'),
    committed,
    writer: () => HiveWriter.open(tools),
    query: async (sql, options) => queryOn(async () => snapshotOf(tools, await committed()), sql, options),
  }
}
