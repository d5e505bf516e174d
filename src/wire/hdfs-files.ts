import { randomUUID } from 'node:crypto'
import { posix } from 'node:path'
import { StreamError } from '../std/error.ts'
import type { FileStatus, Hdfs } from './hdfs.ts'
import { isHdfsAddress, parseHdfsAddress } from './hdfs-address.ts'
import { lockOnHdfs } from './hdfs-lock.ts'
import { readBytesMax, type TableFile, type TableFiles } from './table-files.ts'

const codeOf = (thrown: unknown) => (thrown instanceof StreamError ? thrown.code : undefined)

const unless =
  (code: string) =>
  (thrown: unknown): undefined => {
    if (codeOf(thrown) !== code) throw thrown
  }

/** A name that nobody reads, then the rename, which is atomic: of two who make the same file, one finds it there. */
const create = async (hdfs: Hdfs, path: string, bytes: Uint8Array): Promise<boolean> => {
  const draft = `${posix.dirname(path)}/.draft-${randomUUID()}`
  await hdfs.write(draft, [bytes])
  try {
    await hdfs.rename(draft, path)
    return true
  } catch (thrown) {
    await hdfs.remove(draft)
    unless('hdfs/exists')(thrown)
    return false
  }
}

const read = async (hdfs: Hdfs, path: string): Promise<Buffer | undefined> => {
  const found = await hdfs.status(path)
  if (found === undefined) return undefined
  if (found.bytes > readBytesMax)
    throw new StreamError('table/damaged', `"${path}" has ${found.bytes} bytes, at most ${readBytesMax}`)
  const pieces: Buffer[] = []
  for await (const piece of hdfs.read(path)) pieces.push(piece)
  return Buffer.concat(pieces)
}

const entryOf = ({ name, kind, bytes }: FileStatus): TableFile => ({ name, isFolder: kind === 'folder', bytes })

const list = async (hdfs: Hdfs, folder: string): Promise<TableFile[]> => {
  const found: TableFile[] = []
  try {
    for await (const entry of hdfs.list(folder)) found.push(entryOf(entry))
  } catch (thrown) {
    unless('hdfs/absent')(thrown)
  }
  return found
}

const rename = async (hdfs: Hdfs, from: string, to: string): Promise<boolean> => {
  try {
    await hdfs.rename(from, to)
    return true
  } catch (thrown) {
    if (codeOf(thrown) === 'hdfs/absent') return false
    if (codeOf(thrown) !== 'hdfs/exists') throw thrown
    throw new StreamError('table/exists', `rename "${from}": "${to}" is there already`, { cause: thrown })
  }
}

const pathIn = ({ name }: Hdfs, location: string): string => {
  if (!isHdfsAddress(location)) throw new StreamError('table/usage', `"${location}" is not on ${name}`)
  return parseHdfsAddress(location).path
}

const removeAt = async (hdfs: Hdfs, path: string) => {
  await hdfs.remove(path)
}

/** Files of HDFS, of which WebHDFS says when they are there for good: there is nothing to sync. */
export const hdfsFiles = (hdfs: Hdfs): TableFiles => ({
  name: hdfs.name,
  urlOf: path => `${hdfs.name}${path}`,
  pathOf: location => pathIn(hdfs, location),
  create: (path, bytes) => create(hdfs, path, bytes),
  read: path => read(hdfs, path),
  list: folder => list(hdfs, folder),
  rename: (from, to) => rename(hdfs, from, to),
  sync: async () => {},
  makeFolder: path => hdfs.makeFolder(path),
  remove: path => removeAt(hdfs, path),
  lock: path => lockOnHdfs(hdfs, path, randomUUID(), { code: 'table/locked', doing: 'consume' }),
  [Symbol.asyncDispose]: () => hdfs[Symbol.asyncDispose](),
})
