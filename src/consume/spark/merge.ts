import { hiddenAs, hiddenIn, isOurs } from '../../warehouse/hive-layout.ts'
import { coalesce, type Relation, read } from '../../wire/spark-connect/spark.ts'
import { targetsOf } from './moves.ts'
import { type Move, numbered, type Staged } from './records.ts'
import { Stage } from './stage.ts'
import type { State } from './state.ts'
import type { Tools } from './tools.ts'

/** Small files are looked for after so many batches. */
export const mergeBatches = 32
/** So many of about one size become one … */
export const mergeFilesMin = 32
/** … and at most so many at once. */
const mergeFilesMax = 512
/** Larger ones stay as they are. */
const smallBytesMax = 64 * 1024 * 1024
/** Files are of about one size if they are of one power of this. */
const sizeStep = 8

interface Group {
  readonly kind: string
  readonly folder: string
  readonly files: readonly { readonly name: string; readonly bytes: number }[]
}

const sizeOf = (bytes: number) => Math.floor(Math.log(Math.max(1, bytes)) / Math.log(sizeStep))

/** Files that lie close to one another in size, so that a row is written anew only as often as files grow eightfold. */
const groupIn = async ({ files }: Tools, kind: string, folder: string, filesMin: number): Promise<Group[]> => {
  const listed = await files.list(folder)
  const small = listed.filter(({ name, bytes }) => isOurs(name) && bytes < smallBytesMax)
  const groups = Map.groupBy(small, ({ bytes }) => sizeOf(bytes))
  const found = [...groups.values()].find(group => group.length >= filesMin)
  if (found === undefined) return []
  return [{ kind, folder, files: found.sort((a, b) => (a.name < b.name ? -1 : 1)).slice(0, mergeFilesMax) }]
}

/** Files may be of a time when the table had fewer columns. */
const rowsOf = ({ files }: Tools, { folder, files: found }: Group): Relation => {
  const paths = found.map(({ name }) => files.urlOf(`${folder}/${name}`))
  return read({ format: 'parquet', paths, options: { mergeSchema: 'true' } })
}

const hidesOf = (stage: Stage, { kind, folder, files }: Group): Move[] =>
  files.map(({ name, bytes }) => ({
    from: `${folder}/${name}`,
    to: `${hiddenIn(stage.folder)}/${hiddenAs(kind, name)}`,
    bytes,
  }))

/**
 * Writes groups of small files anew, each as one. They are hidden before the new one gets its name, as no row may be
 * read twice: while the names change, a reader may miss the rows of these files.
 */
export const mergeSmall = async (tools: Tools, state: State, filesMin = mergeFilesMin): Promise<Staged | undefined> => {
  const batch = state.batch + 1
  const groups: Group[] = []
  for (const [kind, folder] of targetsOf(tools)) groups.push(...(await groupIn(tools, kind, folder, filesMin)))
  if (groups.length === 0) return undefined
  const stage = new Stage(tools, batch)
  await tools.files.remove(stage.folder)
  await tools.files.makeFolder(hiddenIn(stage.folder))
  const moves: Move[] = []
  for (const group of groups) {
    await stage.write(coalesce(rowsOf(tools, group), 1), 'merged', group.kind)
    moves.push(...(await movesInto(tools, stage, group, batch)))
  }
  await tools.files.sync(moves.map(({ from }) => from))
  return { batch, hides: groups.flatMap(group => hidesOf(stage, group)), moves, change: state.unchanged }
}

const movesInto = async ({ files }: Tools, stage: Stage, { kind, folder }: Group, batch: number): Promise<Move[]> => {
  const written = (await files.list(stage.path('merged', kind))).filter(({ name }) => /^[^._].*\.parquet$/.test(name))
  return written.map(({ name, bytes }, n) => ({
    from: stage.path('merged', kind, name),
    to: `${folder}/merged-${numbered(batch)}-${n}.parquet`,
    bytes,
  }))
}
