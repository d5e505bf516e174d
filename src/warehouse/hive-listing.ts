import { StreamError } from '../std/error.ts'
import type { FileStatus, Hdfs } from '../wire/hdfs.ts'
import { hiddenIn, isOurs, isUnread, numberOf, ownName, parseHidden, stagingIn } from './hive-layout.ts'
import { type TableName, tableNames } from './schema.ts'

/** More than tables of the size that a mirror holds have. */
const filesMax = 20_000
/** How often the folders are read anew because a merge changed them meanwhile; each takes milliseconds. */
const roundsMax = 10

/** Where the files of each table lie, as paths on HDFS. */
export type HdfsFolders = Readonly<Record<TableName, string>>

/** The files of each table, as far as they hold rows; ours among them are final. */
export type Listing = Readonly<Record<TableName, readonly FileStatus[]>>

/** A file that a merge has put out of sight. */
interface Hidden {
  readonly table: TableName
  /** Of the merge. */
  readonly batch: number
  readonly file: FileStatus
}

const tooMany = (folder: string) =>
  new StreamError('warehouse/mirror-limit', `"${folder}" has more than ${filesMax} files, and that many are not copied`)

/** None if the folder is not there (yet). */
const entriesOf = async (hdfs: Hdfs, folder: string): Promise<FileStatus[]> => {
  const found: FileStatus[] = []
  try {
    for await (const entry of hdfs.list(folder))
      if (found.push(entry) > filesMax) throw tooMany(`${hdfs.name}${folder}`)
  } catch (thrown) {
    if (!(thrown instanceof StreamError) || thrown.code !== 'hdfs/absent') throw thrown
  }
  return found
}

const listFolders = async (hdfs: Hdfs, folders: HdfsFolders): Promise<Listing> => {
  const entries = tableNames.map(async table => {
    const found = await entriesOf(hdfs, folders[table])
    return [table, found.filter(({ kind, name }) => kind === 'file' && !isUnread(name))] as const
  })
  return Object.fromEntries(await Promise.all(entries)) as unknown as Listing
}

const listHidden = async (hdfs: Hdfs, { chunks_clustered }: HdfsFolders): Promise<Hidden[]> => {
  const stages = await entriesOf(hdfs, stagingIn(`${chunks_clustered}/${ownName}`))
  const found = stages.map(async stage => {
    const files = await entriesOf(hdfs, hiddenIn(stage.path))
    return files.flatMap(file => {
      const { kind, name } = parseHidden(file.name) ?? {}
      const table = tableNames.find(one => one === (kind === 'chunks' ? 'chunks_clustered' : kind))
      return table && name ? { table, batch: Number(stage.name), file: { ...file, name } } : []
    })
  })
  return (await Promise.all(found)).flat()
}

const idsOf = (listing: Listing) =>
  new Set(tableNames.flatMap(table => listing[table].filter(({ name }) => isOurs(name)).map(({ id }) => id)))

/** Whether no merge has hidden anything between the two, and none has ended. */
const isQuiet = (before: Listing, after: Listing): boolean => {
  const [had, has] = [idsOf(before), idsOf(after)]
  const isNewMerged = ({ id, name }: FileStatus) => numberOf(name)?.isMerged === true && !had.has(id)
  return [...had].every(id => has.has(id)) && !tableNames.some(table => after[table].some(isNewMerged))
}

/** What is hidden, but for what has been merged: that is so once its merge's file is there, or a later batch's. */
const stillMissing = (listing: Listing, hidden: readonly Hidden[]): Hidden[] => {
  const numbers = (table: TableName) => listing[table].flatMap(({ name }) => numberOf(name) ?? [])
  const latest = tableNames.flatMap(numbers).reduce((max, { batch }) => Math.max(max, batch), 0)
  const isDone = (of: TableName, merge: number) =>
    latest > merge || numbers(of).some(({ batch, isMerged }) => isMerged && batch === merge)
  return hidden.filter(({ table, batch }) => !isDone(table, batch))
}

const withHidden = (listing: Listing, hidden: readonly Hidden[]): Listing => {
  const missing = stillMissing(listing, hidden)
  const all = (of: TableName) => [...listing[of], ...missing.flatMap(({ table, file }) => (table === of ? file : []))]
  return Object.fromEntries(tableNames.map(table => [table, all(table)])) as unknown as Listing
}

/**
 * The files that hold all rows of the tables, each once. A merge puts files out of sight, and then gives the one that
 * has their rows its name; so what is out of sight is looked up between two looks at the folders, which must tell the
 * same of it, and is listed where it lies as long as the merged one is not there, also if that takes for ever.
 */
export const listTables = async (hdfs: Hdfs, folders: HdfsFolders): Promise<Listing> => {
  let before = await listFolders(hdfs, folders)
  for (let round = 0; round < roundsMax; round++) {
    const hidden = await listHidden(hdfs, folders)
    const after = await listFolders(hdfs, folders)
    if (isQuiet(before, after)) return withHidden(after, hidden)
    before = after
  }
  throw new StreamError('warehouse/copying', 'the files of the tables change faster than they can be listed; try again')
}
