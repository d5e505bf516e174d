import { matchesGlob } from 'node:path'
import { join } from 'node:path/posix'
import { StreamError } from '../std/error.ts'
import { harmless } from '../std/terminal.ts'
import type { FileStatus, Hdfs } from '../wire/hdfs.ts'
import { eachAtOnce } from './at-once.ts'
import { type Input, isLog, spoolStream } from './inputs.ts'

const filesAtOnceMax = 4

/** A file or folder on a file system of Hadoop. */
export interface OnHdfs {
  readonly hdfs: Hdfs
  readonly path: string
}

const usage = (message: string) => new StreamError('refresh/usage', message)

const nameOf = ({ hdfs, path }: OnHdfs) => `${hdfs.name}${path}`

const filesWhere = async ({ hdfs, path }: OnHdfs, isWanted: (name: string) => boolean): Promise<FileStatus[]> => {
  const files: FileStatus[] = []
  for await (const status of hdfs.list(path)) if (status.kind === 'file' && isWanted(status.name)) files.push(status)
  return files
}

const inFolder = async (place: OnHdfs): Promise<FileStatus[]> => {
  const files = await filesWhere(place, name => isLog.test(name))
  if (files.length > 0) return files
  throw usage(
    `refresh "${harmless(nameOf(place))}": no log in this folder; one is called *.ndjson, *.jsonl or logs_*.txt, with or without .gz or .zst`,
  )
}

/** Patterns may stand in the last part of a path. */
const byPattern = async ({ hdfs, path }: OnHdfs): Promise<FileStatus[]> => {
  const pattern = path.slice(path.lastIndexOf('/') + 1)
  if (!/[*?[{]/.test(pattern)) return []
  const folder = join(path, '..')
  if ((await hdfs.status(folder)) === undefined) return []
  return filesWhere({ hdfs, path: folder }, name => matchesGlob(name, pattern))
}

const found = async (place: OnHdfs): Promise<FileStatus[]> => {
  const status = await place.hdfs.status(place.path)
  if (status?.kind === 'folder') return inFolder(place)
  if (status !== undefined) return [status]
  const files = await byPattern(place)
  if (files.length > 0) return files
  throw usage(`refresh "${harmless(nameOf(place))}": no such file or folder`)
}

const inputOf = (hdfs: Hdfs, { path, bytes, id, modifiedMs }: FileStatus): Input => ({
  name: hdfs.name + path,
  path,
  size: bytes,
  hdfs: { hdfs, id, modifiedMs },
})

/** The files that are meant, up to their ends as they are now: a file, a folder's logs, or a pattern. */
export const findOnHdfs = async (places: readonly OnHdfs[]): Promise<Input[]> => {
  const byName = new Map<string, Input>()
  for (const place of places) {
    for (const status of await found(place)) {
      const input = inputOf(place.hdfs, status)
      byName.set(input.name, input)
    }
  }
  return [...byName.values()]
}

async function* bytesOf({ path, size, hdfs }: Input): AsyncGenerator<Buffer> {
  yield* hdfs!.hdfs.read(path, { to: size })
}

/** As plain files in the folder `scratch`: so every runner reads HDFS as it reads a log. */
export const fetchFromHdfs = async (inputs: readonly Input[], scratch: string): Promise<Input[]> => {
  const fetched: Input[] = []
  await eachAtOnce(inputs.entries(), filesAtOnceMax, async ([i, input]) => {
    fetched[i] = await spoolStream(input.name, bytesOf(input), join(scratch, `hdfs-${i}`))
  })
  return fetched
}
