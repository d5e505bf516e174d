import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Hdfs } from '../wire/hdfs.ts'
import { memoryHdfs } from '../wire/memory-hdfs.ts'
import type { HiveFiles } from './hive-files.ts'
import type { HdfsFolders } from './hive-listing.ts'
import { hiveMirror, type MirrorLimits } from './hive-mirror.ts'
import { countSql, parquetOf, rowsFrom } from './hive-testing.ts'
import { readAll } from './read-all.ts'
import { tableNames } from './schema.ts'

export const tableFolder = '/w/chunks_clustered'
export const mirrorFolders = Object.fromEntries(tableNames.map(name => [name, `/w/${name}`])) as unknown as HdfsFolders

/** Every statement looks at HDFS. */
const eager: Partial<MirrorLimits> = { restMsMin: 0, freeBytesMin: 0 }

export interface OwnMirror extends AsyncDisposable {
  /** What is really there. */
  readonly hdfs: Hdfs
  readonly root: string
  readonly files: HiveFiles
  /** Names of the copies. */
  copies(): string[]
  /** Rows of ours, into a file of the table's folder. */
  write(name: string, from: number, to: number): Promise<number>
  /** How many rows a statement sees, and how many different ones. */
  count(): Promise<unknown>
}

/** A mirror of tables in memory, of which `seen` may show another view. */
export const ownMirror = (limits: Partial<MirrorLimits> = {}, seen = (hdfs: Hdfs): Hdfs => hdfs): OwnMirror => {
  const hdfs = memoryHdfs()
  const root = mkdtempSync(join(tmpdir(), 'textstream-mirror-'))
  const files = hiveMirror({
    name: 'default.t',
    hdfs: seen(hdfs),
    folders: mirrorFolders,
    root,
    limits: { ...eager, ...limits },
  })
  return {
    hdfs,
    root,
    files,
    copies: () => (readdirSync(root, { recursive: true }) as string[]).filter(name => /\.parquet$|\/\.\d+$/.test(name)),
    write: async (name, from, to) => {
      const bytes = await parquetOf(rowsFrom(from, to))
      await hdfs.write(`${tableFolder}/${name}`, [bytes], { overwrite: true })
      return bytes.length
    },
    count: async () => (await readAll(files, countSql)).rows[0],
    [Symbol.asyncDispose]: async () => {
      await files[Symbol.asyncDispose]()
      rmSync(root, { recursive: true, force: true })
    },
  }
}

/** The same file system, of which some calls are heard of first, or answered otherwise. */
export const heard = (hdfs: Hdfs, others: Partial<Hdfs>): Hdfs => ({
  name: hdfs.name,
  status: path => hdfs.status(path),
  list: folder => hdfs.list(folder),
  read: (path, range) => hdfs.read(path, range),
  write: (path, bytes, options) => hdfs.write(path, bytes, options),
  makeFolder: path => hdfs.makeFolder(path),
  rename: (from, to, options) => hdfs.rename(from, to, options),
  remove: path => hdfs.remove(path),
  [Symbol.asyncDispose]: () => hdfs[Symbol.asyncDispose](),
  ...others,
})
