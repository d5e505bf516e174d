import type { TableFiles } from '../../wire/table-files.ts'
import { type Move, numbered } from './records.ts'
import type { Stage } from './stage.ts'
import type { Tools } from './tools.ts'

const isData = (name: string) => name.endsWith('.parquet') && !/^[._]/.test(name)

interface Found {
  readonly path: string
  readonly bytes: number
}

/** What Spark wrote into a folder, and into those in it. */
const dataIn = async (files: TableFiles, folder: string): Promise<Found[]> => {
  const found: Found[] = []
  for (const { name, isFolder, bytes } of await files.list(folder)) {
    if (isFolder && !/^[._]/.test(name)) found.push(...(await dataIn(files, `${folder}/${name}`)))
    else if (!isFolder && isData(name)) found.push({ path: `${folder}/${name}`, bytes })
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** Where the files of each kind lie that are read, by a table's name or our own. */
export const targetsOf = ({ files, tables, places }: Tools): readonly (readonly [kind: string, folder: string])[] => {
  const of = ({ location }: { readonly location: string }) => files.pathOf(location).replace(/\/+$/, '')
  const { chunks, openings, endings, rejected, clusters } = tables
  return [
    ['chunks', of(chunks)],
    ['rows', places.rows],
    ['openings', of(openings)],
    ['endings', of(endings)],
    ['rejected', of(rejected)],
    ['clusters', of(clusters)],
  ]
}

/** The files of a batch that people read, under names that no other batch has. */
export const movesOf = async (tools: Tools, stage: Stage, batch: number): Promise<Move[]> => {
  const moves = await Promise.all(
    targetsOf(tools).map(async ([kind, folder]) => {
      const found = await dataIn(tools.files, stage.path(kind))
      return found.map(({ path, bytes }, n) => ({
        from: path,
        to: `${folder}/batch-${numbered(batch)}-${n}.parquet`,
        bytes,
      }))
    }),
  )
  return moves.flat()
}
