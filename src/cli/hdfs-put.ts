import { createHash } from 'node:crypto'
import type { FileStatus, Hdfs } from '../wire/hdfs.ts'
import { hdfsPath } from '../wire/hdfs-address.ts'
import { writeAnew } from '../wire/hdfs-write-anew.ts'
import type { Copies, Copy } from './hdfs-copies.ts'
import { digestOf, type LocalFile, localFiles, readLocal } from './hdfs-local.ts'
import type { HdfsProgress } from './hdfs-progress.ts'
import type { Side } from './hdfs-standing.ts'
import { removeLeft, temporaryIn } from './hdfs-temporary.ts'

/** Where files are put. */
export interface Target {
  readonly hdfs: Hdfs
  readonly folder: string
  readonly progress: HdfsProgress
}

export const sideOf = (hdfs: Hdfs, { path, bytes, modifiedMs }: FileStatus): Side => ({
  bytes,
  modifiedMs,
  digest: to => digestOf(hdfs.read(path, { to })),
})

const thereAt = async (hdfs: Hdfs, path: string): Promise<Side | undefined> => {
  const status = await hdfs.status(path)
  return status && sideOf(hdfs, status)
}

const parentOf = (path: string) => path.slice(0, path.lastIndexOf('/')) || '/'

const makeParent = async (hdfs: Hdfs, path: string, made: string) => {
  if (parentOf(path) !== made) await hdfs.makeFolder(parentOf(path))
}

/** The bytes of a file, counted and digested. */
class Counted {
  readonly #file: LocalFile
  readonly #progress: HdfsProgress
  #hash = createHash('sha256')
  #bytes = 0

  constructor(file: LocalFile, progress: HdfsProgress) {
    this.#file = file
    this.#progress = progress
  }

  /** From the beginning, whatever was read before. */
  async *read(): AsyncGenerator<Buffer> {
    this.#progress.bytes -= this.#bytes
    this.#bytes = 0
    this.#hash = createHash('sha256')
    for await (const piece of readLocal(this.#file)) {
      this.#hash.update(piece)
      this.#bytes += piece.length
      this.#progress.bytes += piece.length
      yield piece
    }
  }

  sha256(): string {
    return this.#hash.digest('hex')
  }
}

/** Written under a name that nobody reads, and renamed once it is whole. */
const put = async (file: LocalFile, path: string, { hdfs, folder, progress }: Target, replaces: boolean) => {
  const bytes = new Counted(file, progress)
  const temporary = temporaryIn(folder)
  try {
    await writeAnew(hdfs, temporary, () => bytes.read())
    await makeParent(hdfs, path, folder)
    await hdfs.rename(temporary, path, { overwrite: replaces })
    return bytes.sha256()
  } catch (thrown) {
    // The next put removes it if this cannot.
    await hdfs.remove(temporary).catch(() => {})
    throw thrown
  }
}

const pathOf = ({ name }: LocalFile, folder: string) => hdfsPath(`${folder}/${name}`)

export const copyOf = (file: LocalFile, target: Target): Copy => {
  const path = pathOf(file, target.folder)
  return {
    name: target.hdfs.name + path,
    original: file,
    there: () => thereAt(target.hdfs, path),
    make: replaces => put(file, path, target, replaces),
  }
}

function* filesOf(sources: readonly string[]): Generator<LocalFile> {
  for (const source of sources) yield* localFiles(source)
}

/** HDFS does not take every name; that is said before anything is copied. */
const checkNames = (sources: readonly string[], folder: string) => {
  for (const file of filesOf(sources)) pathOf(file, folder)
}

export const prepare = async ({ hdfs, folder }: Target): Promise<void> => {
  await hdfs.makeFolder(folder)
  await removeLeft(hdfs, folder)
}

export const putAll = async (sources: readonly string[], target: Target, copies: Copies): Promise<void> => {
  checkNames(sources, target.folder)
  await prepare(target)
  async function* all() {
    for (const file of filesOf(sources)) yield copyOf(file, target)
  }
  await copies.copyAll(all())
}
