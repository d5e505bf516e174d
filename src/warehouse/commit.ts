import type { DuckDBConnection } from '@duckdb/node-api'
import type { Draft } from './draft.ts'
import { modelName, partPath } from './layout.ts'
import { levelOf, type Part, type Range, type Ranges } from './parts.ts'
import { fillFile } from './relocate.ts'
import type { TableName } from './schema.ts'
import type { Change, PublicFile, State } from './state.ts'
import type { ClusterRow, Commit, Position } from './warehouse.ts'
import { rangesOf, type Slice, slicesOf, waitingIn, writeRows } from './write-rows.ts'
import { clusterValues, type PlacedTable, type SmallRows, smallRows, smallTables, writeTable } from './write-table.ts'

/** What commits are written with. */
export interface Desk {
  readonly dir: string
  readonly state: State
  readonly connection: DuckDBConnection
  readonly nowMicros: number
}

/** The topic was read up to the position, though the last row may lie before it. */
const upTo = (ranges: Ranges, position: Position): Ranges =>
  new Map(
    [...ranges].map(([partition, { from, to }]) => [partition, { from, to: Math.max(to, position[partition] ?? 0) }]),
  )

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
  const count = slice.to - slice.from
  await writeRows(desk.connection, rows, slice, path)
  const ranges = rangesOf(rows, slice)
  const isLast = slice.to === rows.length
  const written = partOf(desk, part, 'chunks_clustered', count, slice.bytes, isLast ? upTo(ranges, position) : ranges)
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
  const ranges = upTo(rangesOfSmall(commit[table] ?? []), commit.position)
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

const writeParts = async (desk: Desk, draft: Draft, commit: Commit): Promise<Part[]> => {
  const parts: Part[] = []
  for (const slice of slicesOf(commit.rows, 0, commit.rows.length))
    parts.push(await writeSlice(desk, draft, commit, slice))
  for (const [table, rows] of smallTables(commit))
    if (rows.values.length > 0) parts.push(await writeSmall(desk, draft, commit, table, rows))
  return parts
}

/** Writes the commit's files, and says what they change. */
export const writeCommit = async (desk: Desk, draft: Draft, commit: Commit): Promise<Change> => {
  const { position, state, fill, clusters = [] } = commit
  const written = await writeParts(desk, draft, commit)
  const files = await writeModels(desk, draft, clusters)
  const parts = fill === undefined ? { add: written } : await fillParts(desk, draft, fill, written)
  return { position, state, files, ...parts }
}
