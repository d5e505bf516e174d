import { createHash, randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { lstat, mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder, syncFileSystem } from '../std/durable.ts'
import { errnoOf, StreamError } from '../std/error.ts'
import { harmless } from '../std/terminal.ts'
import type { FileStatus, Hdfs } from '../wire/hdfs.ts'
import type { Copies, Copy } from './hdfs-copies.ts'
import { localFile } from './hdfs-local.ts'
import type { HdfsProgress } from './hdfs-progress.ts'
import { sideOf } from './hdfs-put.ts'
import type { Side } from './hdfs-standing.ts'

/** Folders in folders; what is deeper was made to be endless. */
const depthMax = 100

export interface Source {
  readonly hdfs: Hdfs
  readonly path: string
}

/** A file to be fetched, and where below the target it belongs. */
interface Found {
  readonly hdfs: Hdfs
  readonly status: FileStatus
  readonly folders: readonly string[]
}

const refused = (name: string) =>
  new StreamError('hdfs/failed', `get "${harmless(name)}": no file of this machine may have that name`)

/** Whoever names files on HDFS must not reach out of the folder that is written to. */
const checkName = (name: string) => {
  if (name === '' || name === '.' || name === '..' || /[/\\\0]/.test(name)) throw refused(name)
}

async function* filesBelow(hdfs: Hdfs, path: string, folders: readonly string[]): AsyncGenerator<Found> {
  if (folders.length > depthMax) throw refused(path)
  for await (const status of hdfs.list(path)) {
    if (status.name.startsWith('.')) continue
    checkName(status.name)
    if (status.kind === 'folder') yield* filesBelow(hdfs, status.path, [...folders, status.name])
    else yield { hdfs, status, folders }
  }
}

async function* filesOf({ hdfs, path }: Source): AsyncGenerator<Found> {
  const status = await hdfs.status(path)
  if (status === undefined)
    throw new StreamError('hdfs/absent', `get "${harmless(hdfs.name + path)}": no such file or folder`)
  if (status.kind === 'folder') return yield* filesBelow(hdfs, path, [])
  checkName(status.name)
  yield { hdfs, status, folders: [] }
}

/** Folder by folder: a link that lies in the target leads out of it. */
const makeFolders = async (target: string, folders: readonly string[]): Promise<string> => {
  let path = target
  for (const name of folders) {
    path = join(path, name)
    await mkdir(path).catch(async thrown => {
      if (errnoOf(thrown) !== 'EEXIST') throw thrown
      if (!(await lstat(path)).isDirectory())
        throw new StreamError('hdfs/exists', `get into "${harmless(path)}": it is no folder, or a link to one`)
    })
  }
  return path
}

const thereAt = async (path: string): Promise<Side | undefined> => {
  const stat = await lstat(path).catch(thrown => {
    if (errnoOf(thrown) === 'ENOENT' || errnoOf(thrown) === 'ENOTDIR') return undefined
    throw thrown
  })
  if (stat === undefined || stat.isFile()) return stat && localFile(path, path, stat)
  return { bytes: Number.POSITIVE_INFINITY, modifiedMs: 0, digest: async () => '' }
}

/** Written beside under a name of its own, and renamed once it is whole. */
const fetch = async ({ hdfs, status, folders }: Found, target: string, progress: HdfsProgress): Promise<string> => {
  const hash = createHash('sha256')
  const temporary = join(target, `.textstream-get-${process.pid}-${randomBytes(6).toString('hex')}`)
  try {
    await using file = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL)
    for await (const piece of hdfs.read(status.path, { to: status.bytes })) {
      hash.update(piece)
      await file.write(piece)
      progress.bytes += piece.length
    }
    await rename(temporary, join(await makeFolders(target, folders), status.name))
    return hash.digest('hex')
  } catch (thrown) {
    await rm(temporary, { force: true })
    throw thrown
  }
}

const copyOf = (found: Found, target: string, progress: HdfsProgress): Copy => {
  const path = join(target, ...found.folders, found.status.name)
  return {
    name: path,
    original: sideOf(found.hdfs, found.status),
    there: () => thereAt(path),
    make: () => fetch(found, target, progress),
  }
}

/** Nothing is written outside of `target`, whatever HDFS names say, and whatever lies there. */
export const getAll = async (sources: readonly Source[], target: string, progress: HdfsProgress, copies: Copies) => {
  await makeFolder(target)
  async function* all() {
    for (const source of sources) for await (const found of filesOf(source)) yield copyOf(found, target, progress)
  }
  await copies.copyAll(all())
  await syncFileSystem(target)
}
