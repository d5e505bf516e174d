import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compareUtf8 } from '../std/bytes.ts'
import { StreamError } from '../std/error.ts'
import { Rows, type Voice } from './rows.ts'
import type {
  ClusterRow,
  Commit,
  Ending,
  Opening,
  Position,
  QueryOptions,
  QueryResult,
  Rejected,
  RowKey,
  Warehouse,
  WarehouseWriter,
} from './warehouse.ts'

interface Row extends Voice {
  readonly partition: string
  readonly offset: number
  readonly micros: number
  readonly seq: number
  readonly text: Buffer
  readonly waitsFor: number
  readonly cluster: number
  readonly model: number
  readonly endReason: string | undefined
  readonly extra: string | undefined
}

const rowOf = (rows: Rows, at: number): Row => ({
  ...rows.voices[rows.voice[at]],
  partition: rows.partitions[rows.partition[at]],
  offset: rows.offset[at],
  micros: rows.micros[at],
  seq: rows.seq[at],
  text: Buffer.from(rows.textOf(at)),
  waitsFor: rows.waitsFor[at],
  cluster: rows.cluster[at],
  model: rows.model[at],
  endReason: rows.endReasons.get(at),
  extra: rows.extras.get(at),
})

const putRow = (rows: Rows, row: Row): void => {
  rows.begin(row.text.length)
  const at = rows.length
  rows.voice[at] = rows.voices.push(row) - 1
  rows.partition[at] = rows.partitions.indexOf(row.partition)
  rows.offset[at] = row.offset
  rows.micros[at] = row.micros
  rows.seq[at] = row.seq
  rows.waitsFor[at] = row.waitsFor
  rows.cluster[at] = row.cluster
  rows.model[at] = row.model
  if (row.endReason !== undefined) rows.endReasons.set(at, row.endReason)
  if (row.extra !== undefined) rows.extras.set(at, row.extra)
  rows.end(rows.textBytes + row.text.copy(rows.text, rows.textBytes))
}

const rowsOf = (list: readonly Row[]): Rows => {
  const rows = new Rows()
  rows.partitions.push(...new Set(list.map(({ partition }) => partition)))
  for (const row of list) putRow(rows, row)
  return rows
}

const filled = (row: Row, { model, clusterOf }: NonNullable<Commit['fill']>): Row => {
  const cluster = row.cluster < 0 && row.waitsFor >= 0 ? (clusterOf[row.waitsFor] ?? -1) : -1
  return cluster < 0 ? row : { ...row, cluster, model }
}

const keyOf = ({ destination_uri, response_id, seq }: Voice & { readonly seq: number }) =>
  JSON.stringify([destination_uri, response_id, seq])

const firstOf = <T extends Voice & { readonly seq: number }>(
  list: readonly T[],
  keys: readonly RowKey[],
): (T | undefined)[] => {
  const first = new Map<string, T>()
  for (const one of list) if (!first.has(keyOf(one))) first.set(keyOf(one), one)
  return keys.map(key => first.get(keyOf(key)))
}

/** All that was committed. */
class Tables {
  rows: Row[] = []
  readonly openings: Opening[] = []
  readonly endings: Ending[] = []
  readonly rejected: Rejected[] = []
  readonly clusters: ClusterRow[] = []
  readonly state = new Map<string, Uint8Array>()
  position: Position | undefined
  locked = false

  commit({
    rows,
    openings = [],
    endings = [],
    rejected = [],
    clusters = [],
    fill,
    state = new Map(),
    position,
  }: Commit) {
    for (let at = 0; at < rows.length; at++) this.rows.push(rowOf(rows, at))
    if (fill !== undefined) this.rows = this.rows.map(row => filled(row, fill))
    this.openings.push(...structuredClone(openings))
    this.endings.push(...structuredClone(endings))
    this.rejected.push(...structuredClone(rejected))
    this.clusters.push(...structuredClone(clusters))
    for (const [key, value] of state)
      value === null ? this.state.delete(key) : this.state.set(key, new Uint8Array(value))
    this.position = { ...this.position, ...position }
  }

  /** As one commit that holds everything. */
  get whole(): Commit {
    const { openings, endings, rejected, clusters, position = {} } = this
    return { position, rows: rowsOf(this.rows), openings, endings, rejected, clusters }
  }
}

class MemoryWriter implements WarehouseWriter {
  readonly #tables: Tables
  #open = true

  constructor(tables: Tables) {
    this.#tables = tables
    tables.locked = true
  }

  get position(): Position | undefined {
    return this.#tables.position
  }

  recall(key: string): Uint8Array | undefined {
    return this.#tables.state.get(key)
  }

  recallAll(prefix: string): Iterable<readonly [string, Uint8Array]> {
    const found = [...this.#tables.state].filter(([key]) => key.startsWith(prefix))
    return found.sort(([a], [b]) => compareUtf8(a, b))
  }

  async commit(commit: Commit): Promise<void> {
    if (!this.#open)
      throw new StreamError('warehouse/commit', 'commit to a writer that was closed; ask the warehouse for a new one')
    this.#tables.commit(commit)
  }

  async roll(): Promise<void> {}

  async texts(keys: readonly RowKey[]): Promise<(Buffer | undefined)[]> {
    return firstOf(this.#tables.rows, keys).map(row => row && Buffer.from(row.text))
  }

  async endings(keys: readonly RowKey[]): Promise<(Ending | undefined)[]> {
    return firstOf(this.#tables.endings, keys)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#open) this.#tables.locked = false
    this.#open = false
  }
}

/** Its tables are laid out as a folder, which is asked and then removed. */
const query = async (tables: Tables, sql: string, options?: QueryOptions): Promise<QueryResult> => {
  const { duckdbWarehouse } = await import('./duckdb.ts')
  const dir = await mkdtemp(join(tmpdir(), 'textstream-memory-'))
  const remove = () => rm(dir, { recursive: true, force: true })
  try {
    const folder = duckdbWarehouse(dir)
    await using writer = await folder.writer()
    if (tables.position !== undefined) await writer.commit(tables.whole)
    const result = await folder.query(sql, options)
    return {
      columns: result.columns,
      rows: result.rows,
      toParquet: path => result.toParquet(path),
      [Symbol.asyncDispose]: async () => {
        await result[Symbol.asyncDispose]()
        await remove()
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}

/** The reference warehouse. A commit survives as long as the object. */
export const memoryWarehouse = (name = 'memory'): Warehouse => {
  const tables = new Tables()
  return {
    name,
    committed: async () => tables.position,
    query: (sql, options) => query(tables, sql, options),
    writer: async () => {
      if (!tables.locked) return new MemoryWriter(tables)
      throw new StreamError(
        'warehouse/locked',
        `"${name}" already has a writer in this process (pid ${process.pid}); close it first`,
      )
    },
  }
}
