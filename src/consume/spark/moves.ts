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

/** The files of a batch that people read, under names that no other batch has. */
export const movesOf = async ({ files, tables, places }: Tools, stage: Stage, batch: number): Promise<Move[]> => {
  const targets = [
    ['chunks', tables.chunks.location],
    ['rows', places.rows],
    ['openings', tables.openings.location],
    ['endings', tables.endings.location],
    ['rejected', tables.rejected.location],
    ['clusters', tables.clusters.location],
  ] as const
  const moves = await Promise.all(
    targets.map(async ([kind, location]) => {
      const found = await dataIn(files, stage.path(kind))
      const folder = files.pathOf(location).replace(/\/+$/, '')
      return found.map(({ path, bytes }, n) => ({
        from: path,
        to: `${folder}/batch-${numbered(batch)}-${n}.parquet`,
        bytes,
      }))
    }),
  )
  return moves.flat()
}
