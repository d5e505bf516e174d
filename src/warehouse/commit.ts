import type { DuckDBConnection } from '@duckdb/node-api'
import type { Draft } from './draft.ts'
import { modelName, partPath } from './layout.ts'
import { levelOf, type Part, type Range, type Ranges, reaching } from './parts.ts'
import { nameFile } from './place.ts'
import { fillFile } from './relocate.ts'
import type { TableName } from './schema.ts'
import type { Change, PublicFile, State } from './state.ts'
import type { ClusterRow, Commit } from './warehouse.ts'
import { loadRows, rangesIn, type Slice, slicesOf, waitingIn } from './write-rows.ts'
import { clusterValues, type PlacedTable, type SmallRows, smallRows, smallTables, writeTable } from './write-table.ts'

/** What commits are written with. */
export interface Desk {
  readonly dir: string
  readonly state: State
  readonly connection: DuckDBConnection
  readonly nowMicros: number
}

const partOf = (desk: Desk, part: number, table: TableName, rows: number, bytes: number, ranges: Ranges): Part => ({
  part,
  table,
  place: part,
  level: levelOf(rows, bytes),
  rows,
  bytes,
  waiting: 0,
  sinceMicros: desk.nowMicros,
  ranges,
})

const writeSlice = async (desk: Desk, draft: Draft, { rows, position }: Commit, slice: Slice): Promise<Part> => {
  const { part, path } = draft.newFile()
  await using loaded = await loadRows(desk.connection, rows, slice)
  await loaded.writeTail(path)
  const ranges = rangesIn(rows, slice, position)
  const written = partOf(desk, part, 'chunks_clustered', slice.to - slice.from, slice.bytes, ranges)
  return { ...written, waiting: waitingIn(rows, slice) }
}

const rangesOfSmall = (rows: readonly { partition: string; offset: number }[]): Ranges => {
  const ranges = new Map<string, Range>()
  for (const { partition, offset } of rows) {
    const { from, to } = ranges.get(partition) ?? { from: offset, to: offset + 1 }
    ranges.set(partition, { from: Math.min(from, offset), to: Math.max(to, offset + 1) })
  }
  return ranges
}

const writeSmall = async (
  desk: Desk,
  draft: Draft,
  commit: Commit,
  table: PlacedTable,
  small: SmallRows,
): Promise<Part> => {
  const { part, path } = draft.newFile()
  const rows = small.values.length
  await writeTable(desk.connection, table, small, path)
  const ranges = reaching(rangesOfSmall(commit[table] ?? []), commit.position)
  return partOf(desk, part, table, rows, small.bytes, ranges)
}

/** A model's clusters are a file of their own from the beginning. */
const writeModel = async (
  desk: Desk,
  draft: Draft,
  model: number,
  clusters: readonly ClusterRow[],
): Promise<PublicFile> => {
  const { part, path } = draft.newFile()
  await writeTable(desk.connection, 'clusters', smallRows(clusters.map(clusterValues)), path)
  return { table: 'clusters', name: modelName(model), part, partition: null, to: 0, rows: clusters.length }
}

const writeModels = async (desk: Desk, draft: Draft, clusters: readonly ClusterRow[]): Promise<PublicFile[]> => {
  const files: PublicFile[] = []
  for (const [model, rows] of Map.groupBy(clusters, ({ model }) => model))
    files.push(await writeModel(desk, draft, model, rows))
  return files
}

type Fill = NonNullable<Commit['fill']>

const fillPart = async ({ dir, connection }: Desk, draft: Draft, part: Part, fill: Fill): Promise<Part> => {
  const file = draft.newFile()
  const waiting = await fillFile(connection, part, partPath(dir, part.part), file.path, fill)
  return { ...part, part: file.part, waiting }
}

/** Rows of this commit that wait, too: they can only mean the same model. */
const fillParts = async (desk: Desk, draft: Draft, fill: Fill, written: readonly Part[]): Promise<Change> => {
  const committed = desk.state.partsOf('chunks_clustered').filter(({ waiting }) => waiting > 0)
  const add: Part[] = []
  for (const part of committed) add.push(await fillPart(desk, draft, part, fill))
  for (const part of written) {
    add.push(part.waiting > 0 ? await fillPart(desk, draft, part, fill) : part)
    if (part.waiting > 0) await draft.remove(partPath(desk.dir, part.part))
  }
  return { drop: committed, add }
}

const writeFresh = async (desk: Desk, draft: Draft, commit: Commit): Promise<Part[]> => {
  const parts: Part[] = []
  for (const slice of slicesOf(commit.rows)) parts.push(await writeSlice(desk, draft, commit, slice))
  return parts
}

/** The slice's rows of each partition, as a final file of their own. */
const writeFinals = async (desk: Desk, draft: Draft, commit: Commit, slice: Slice, reached: Map<string, number>) => {
  const { rows, position } = commit
  const files: PublicFile[] = []
  await using loaded = await loadRows(desk.connection, rows, slice)
  for (const [partition, range] of rangesIn(rows, slice, position)) {
    const { part, path } = draft.newFile()
    const after = reached.get(partition) ?? desk.state.rolledTo('chunks_clustered', partition)
    const named = nameFile(desk.state, 'chunks_clustered', partition, range, after)
    files.push({ ...named, part, rows: await loaded.writeFinal(rows.partitions.indexOf(partition), path) })
    reached.set(partition, named.to)
  }
  return files
}

const writeDirect = async (desk: Desk, draft: Draft, commit: Commit): Promise<PublicFile[]> => {
  const reached = new Map<string, number>()
  const files: PublicFile[] = []
  for (const slice of slicesOf(commit.rows)) files.push(...(await writeFinals(desk, draft, commit, slice, reached)))
  return files
}

const writeSmalls = async (desk: Desk, draft: Draft, commit: Commit): Promise<Part[]> => {
  const parts: Part[] = []
  for (const [table, rows] of smallTables(commit))
    if (rows.values.length > 0) parts.push(await writeSmall(desk, draft, commit, table, rows))
  return parts
}

/** Writes the commit's files, and says what they change. `isDirect`: its rows are final at once. */
export const writeCommit = async (desk: Desk, draft: Draft, commit: Commit, isDirect: boolean): Promise<Change> => {
  const { position, state, fill, clusters = [] } = commit
  const fresh = isDirect ? [] : await writeFresh(desk, draft, commit)
  const direct = isDirect ? await writeDirect(desk, draft, commit) : []
  const written = [...fresh, ...(await writeSmalls(desk, draft, commit))]
  const files = [...direct, ...(await writeModels(desk, draft, clusters))]
  const parts = fill === undefined ? { add: written } : await fillParts(desk, draft, fill, written)
  return { position, state, files, ...parts }
}
