import { existsSync } from 'node:fs'
import { type FileHandle, open, rename, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { reasonOf, StreamError } from '../std/error.ts'
import type { FileStatus, Hdfs } from '../wire/hdfs.ts'

/** So many files are on their way at once. */
const copiesMax = 4

export interface CopyLimits {
  /** Of all copies together, also while old files make room for new ones. */
  readonly copiesBytesMax: number
  /** What is left to others on the disk. */
  readonly freeBytesMin: number
}

export const copyLimits: CopyLimits = { copiesBytesMax: 16 * 1024 ** 3, freeBytesMin: 256 * 1024 ** 2 }

interface Copy {
  readonly path: string
  readonly bytes: number
  /** How many hold it. */
  holders: number
}

/** Of a file, and of no other one that ever had its name. A file of an HDFS that was formatted may have its number. */
const keyOf = ({ id, modifiedMs, bytes }: FileStatus) => `${id}-${modifiedMs}-${bytes}`

const sum = (some: Iterable<{ readonly bytes: number }>) => [...some].reduce((all, { bytes }) => all + bytes, 0)

export const sizeOf = (bytes: number): string => {
  if (bytes >= 1024 ** 3) return `${(bytes / 1024 ** 3).toFixed(1)} GiB`
  return bytes >= 1024 ** 2 ? `${(bytes / 1024 ** 2).toFixed(0)} MiB` : `${Math.ceil(bytes)} bytes`
}

const tooMuch = (bytes: number, bytesMax: number) =>
  new StreamError(
    'warehouse/mirror-limit',
    `the tables have ${sizeOf(bytes)}, and at most ${sizeOf(bytesMax)} are copied`,
  )

/** The message's first words stand alone where paths are not to be told. */
export const noPlace = (why: string, cause?: unknown) =>
  new StreamError('warehouse/mirror-disk', `copy the tables from HDFS to this disk: ${why}`, { cause })

const isOfHere = (thrown: unknown) => !(thrown instanceof StreamError)

async function* counted(pieces: AsyncIterable<Buffer>, count: (bytes: number) => void) {
  for await (const piece of pieces) {
    count(piece.length)
    yield piece
  }
}

/** Copies of files of HDFS, each whole or not there, and there as long as somebody holds it. */
export class HiveCopies {
  readonly #hdfs: Hdfs
  readonly #dir: string
  readonly #limits: CopyLimits
  readonly #copies = new Map<string, Copy>()
  #wanted: ReadonlyMap<string, FileStatus> = new Map()
  #made = 0
  /** What is being copied, and how much of it is there. */
  progress: { bytes: number; readonly bytesAll: number } | undefined

  constructor(hdfs: Hdfs, dir: string, limits: CopyLimits) {
    this.#hdfs = hdfs
    this.#dir = dir
    this.#limits = limits
  }

  /** Of a file that is held. */
  pathOf(file: FileStatus): string {
    return this.#copies.get(keyOf(file))!.path
  }

  /** For files that are here. They stay at least until it is disposed of. */
  hold(files: readonly FileStatus[]): AsyncDisposable {
    const held = files.map(file => this.#copies.get(keyOf(file))!)
    for (const copy of held) copy.holders++
    return {
      [Symbol.asyncDispose]: async () => {
        for (const copy of held.splice(0)) copy.holders--
        await this.#sweep()
      },
    }
  }

  /** Forgets copies that somebody took away. */
  recheck(): void {
    for (const [key, { path }] of this.#copies) if (!existsSync(path)) this.#copies.delete(key)
  }

  /**
   * Copies those that are not here. `makeRoom` gives up what is held and could be spared. Codes: `warehouse/mirror-limit`,
   * `warehouse/mirror-disk`, and those of HDFS; what was copied until then is not copied again.
   */
  async bring(files: readonly FileStatus[], makeRoom: () => Promise<void>): Promise<void> {
    const wanted = new Map(files.map(file => [keyOf(file), file]))
    this.#wanted = wanted
    await this.#sweep()
    this.#refuseTooMuch(sum(wanted.values()))
    const missing = [...wanted].filter(([key]) => !this.#copies.has(key)).map(([, file]) => file)
    const bytesAll = sum(missing)
    if (this.#bytes + bytesAll > this.#limits.copiesBytesMax) await makeRoom()
    this.#refuseTooMuch(this.#bytes + bytesAll)
    if (missing.length === 0) return
    await this.#refuseFull(bytesAll)
    this.progress = { bytes: 0, bytesAll }
    try {
      await this.#copyAll(missing)
    } finally {
      this.progress = undefined
    }
  }

  get #bytes(): number {
    return sum(this.#copies.values())
  }

  #refuseTooMuch(bytes: number) {
    const { copiesBytesMax } = this.#limits
    if (bytes > copiesBytesMax) throw tooMuch(bytes, copiesBytesMax)
  }

  async #refuseFull(bytes: number): Promise<void> {
    const { freeBytesMin } = this.#limits
    const { bavail, bsize } = await statfs(this.#dir).catch(thrown => {
      throw noPlace(reasonOf(thrown), thrown)
    })
    const free = bavail * bsize
    if (free - bytes >= freeBytesMin) return
    throw noPlace(`${sizeOf(free)} are free, and it needs ${sizeOf(bytes)} beside ${sizeOf(freeBytesMin)} for others`)
  }

  async #copyAll(files: readonly FileStatus[]): Promise<void> {
    const waiting = files.values()
    let isOver = false
    const work = async () => {
      for (const file of waiting) {
        if (isOver) return
        await this.#copy(file)
      }
    }
    const works = Array.from({ length: copiesMax }, async () => {
      try {
        await work()
      } catch (thrown) {
        isOver = true
        throw thrown
      }
    })
    const failed = (await Promise.allSettled(works)).find(({ status }) => status === 'rejected')
    if (failed !== undefined) throw (failed as PromiseRejectedResult).reason
  }

  async #copy(file: FileStatus): Promise<void> {
    const [draft, path] = [join(this.#dir, `.${++this.#made}`), join(this.#dir, `${this.#made}.parquet`)]
    try {
      {
        await using handle = await open(draft, 'wx', 0o600)
        await this.#pour(file, handle)
      }
      await rename(draft, path)
    } catch (thrown) {
      await rm(draft, { force: true }).catch(() => {})
      throw isOfHere(thrown) ? noPlace(reasonOf(thrown), thrown) : thrown
    }
    this.#copies.set(keyOf(file), { path, bytes: file.bytes, holders: 0 })
  }

  /** All of it, and of no other file that has its name by now. */
  async #pour(file: FileStatus, handle: FileHandle): Promise<void> {
    let bytes = 0
    const count = (more: number) => {
      bytes += more
      if (this.progress !== undefined) this.progress.bytes += more
    }
    await handle.writeFile(counted(this.#hdfs.read(file.path, { to: file.bytes }), count))
    const now = await this.#hdfs.status(file.path)
    if (bytes === file.bytes && now !== undefined && keyOf(now) === keyOf(file)) return
    throw new StreamError('hdfs/changed', `read "${this.#hdfs.name}${file.path}": it was replaced meanwhile`)
  }

  /** Removes what nobody holds and nobody wants any more. */
  async #sweep(): Promise<void> {
    const spare = [...this.#copies].filter(([key, { holders }]) => holders === 0 && !this.#wanted.has(key))
    for (const [key] of spare) this.#copies.delete(key)
    await Promise.all(spare.map(([, { path }]) => rm(path, { force: true }).catch(() => {})))
  }
}
