import { existsSync } from 'node:fs'
import { reasonOf, StreamError } from '../std/error.ts'
import type { FileStatus, Hdfs } from '../wire/hdfs.ts'
import { type CopyLimits, copyLimits, HiveCopies, noPlace, sizeOf } from './hive-copies.ts'
import type { HiveFiles, LentPlace } from './hive-files.ts'
import { isOurs } from './hive-layout.ts'
import { type HdfsFolders, type Listing, listTables } from './hive-listing.ts'
import { type MirrorFolder, openMirrorFolder } from './hive-mirror-folder.ts'
import { queryOn } from './query.ts'
import { tableNames } from './schema.ts'
import { pathsOf, type Snapshot } from './snapshot.ts'
import { interrupted } from './sql-error.ts'
import type { QueryOptions, QueryResult } from './warehouse.ts'

/** How often the tables are listed anew, because a file went between its listing and its copying. */
const listingsMax = 4

export interface MirrorLimits extends CopyLimits {
  /** Between two looks at HDFS, whoever asks how often. */
  readonly restMsMin: number
  /** Nobody waits longer for a look and its copies: they go on, and who asks gets what was there before, or is told. */
  readonly waitMsMax: number
  /** What was there so long ago is given to nobody any more. */
  readonly staleMsMax: number
}

export const mirrorLimits: MirrorLimits = { ...copyLimits, restMsMin: 2_000, waitMsMax: 5_000, staleMsMax: 60_000 }

export interface Mirrored {
  readonly name: string
  /** Is disposed of with the mirror. Should not be too patient: somebody waits. */
  readonly hdfs: Hdfs
  readonly folders: HdfsFolders
  /** A folder of this machine, in which each mirror has one of its own. */
  readonly root: string
  readonly limits?: Partial<MirrorLimits>
}

interface Place {
  readonly folder: MirrorFolder
  readonly copies: HiveCopies
}

/** The tables as they were at one moment, all of whose files are here. */
interface Known {
  readonly files: readonly FileStatus[]
  readonly snapshot: Snapshot
  readonly copies: HiveCopies
  readonly held: AsyncDisposable
  readonly sinceMs: number
}

const filesOf = (listing: Listing) => tableNames.flatMap(table => listing[table])

const snapshotOf = (listing: Listing, copies: HiveCopies): Snapshot => {
  const paths = (some: readonly FileStatus[]) => some.map(file => copies.pathOf(file))
  const entries = tableNames.map(table => {
    const { ours = [], others = [] } = Object.groupBy(listing[table], ({ name }) => (isOurs(name) ? 'ours' : 'others'))
    return [table, { files: paths(ours), foreign: paths(others), tail: [] }] as const
  })
  return { tables: Object.fromEntries(entries) as unknown as Snapshot['tables'], position: undefined }
}

const releaseAll = async (held: AsyncDisposable[]) => {
  for (const one of held.splice(0)) await one[Symbol.asyncDispose]()
}

const isVanished = (thrown: unknown) =>
  thrown instanceof StreamError && (thrown.code === 'hdfs/absent' || thrown.code === 'hdfs/changed')

/** Resolves with the first of them. */
const firstOf = async (work: Promise<void>, ms: number, signal: AbortSignal | undefined): Promise<void> => {
  if (signal?.aborted) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const end = () => resolve()
  const timer = setTimeout(end, Math.max(0, ms))
  signal?.addEventListener('abort', end)
  await Promise.race([work, promise])
  clearTimeout(timer)
  signal?.removeEventListener('abort', end)
}

/** A result whose files stay until it is disposed of. */
class Result implements QueryResult {
  readonly columns: QueryResult['columns']
  readonly #result: QueryResult
  readonly #release: () => Promise<void>

  constructor(result: QueryResult, release: () => Promise<void>) {
    this.columns = result.columns
    this.#result = result
    this.#release = release
  }

  get rows(): QueryResult['rows'] {
    return this.#result.rows
  }

  toParquet(path: string): Promise<number> {
    return this.#result.toParquet(path)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#result[Symbol.asyncDispose]()
    await this.#release()
  }
}

class HiveMirror implements HiveFiles {
  readonly name: string
  readonly #of: Mirrored
  readonly #limits: MirrorLimits
  #place: Place | undefined
  #known: Known | undefined
  /** Why the latest look failed. */
  #fault: unknown
  #look: Promise<void> | undefined
  #lookSinceMs = 0
  #lookedMs = Number.NEGATIVE_INFINITY
  #isClosed = false

  constructor(of: Mirrored) {
    this.name = of.name
    this.#of = of
    this.#limits = { ...mirrorLimits, ...of.limits }
  }

  async query(sql: string, options?: QueryOptions): Promise<QueryResult> {
    const held: AsyncDisposable[] = []
    const take = async () => {
      if (held.length > 0) this.#distrust()
      return this.#current(held, options?.signal)
    }
    const release = () => releaseAll(held)
    try {
      return new Result(await queryOn(take, sql, options), release)
    } catch (thrown) {
      await release()
      throw thrown
    }
  }

  async lend(signal?: AbortSignal): Promise<LentPlace> {
    const held: AsyncDisposable[] = []
    let snapshot = await this.#current(held, signal)
    if (!pathsOf(snapshot).every(path => existsSync(path))) {
      this.#distrust()
      await releaseAll(held)
      snapshot = await this.#current(held, signal)
    }
    return { place: { snapshot }, [Symbol.asyncDispose]: () => releaseAll(held) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await this.#of.hdfs[Symbol.asyncDispose]()
    await this.#look
    await this.#place?.folder[Symbol.asyncDispose]()
  }

  /** A statement missed a file: somebody has been at the copies. */
  #distrust(): void {
    this.#known = undefined
    this.#place?.copies.recheck()
    this.#lookedMs = Number.NEGATIVE_INFINITY
  }

  /**
   * What is there now. Where HDFS does not say, what was there a moment ago: a NameNode that starts anew is no reason to
   * show nothing, but nobody should take old rows for all that there are for long.
   */
  async #current(held: AsyncDisposable[], signal: AbortSignal | undefined): Promise<Snapshot> {
    const { restMsMin, waitMsMax, staleMsMax } = this.#limits
    if (this.#isClosed) throw interrupted()
    if (this.#look === undefined && performance.now() - this.#lookedMs >= restMsMin) this.#begin()
    if (this.#look !== undefined) await firstOf(this.#look, this.#lookSinceMs + waitMsMax - performance.now(), signal)
    if (signal?.aborted) throw interrupted()
    const known = this.#known
    const isLatest = this.#look === undefined && this.#fault === undefined
    if (known === undefined || !(isLatest || performance.now() - known.sinceMs <= staleMsMax))
      throw this.#fault ?? this.#late()
    held.push(known.copies.hold(known.files))
    return known.snapshot
  }

  #late(): StreamError {
    const progress = this.#place?.copies.progress
    const soFar = progress && `, ${sizeOf(progress.bytes)} of ${sizeOf(progress.bytesAll)} so far`
    const seconds = this.#limits.waitMsMax / 1000
    if (soFar === undefined)
      return new StreamError('hdfs/unreachable', `HDFS did not answer within ${seconds} s; try again`)
    return new StreamError('warehouse/copying', `the tables' files are being copied from HDFS${soFar}; try again`)
  }

  #begin(): void {
    this.#lookSinceMs = performance.now()
    this.#look = this.#renew()
      .then(
        () => (this.#fault = undefined),
        thrown => (this.#fault = thrown),
      )
      .then(() => {
        this.#lookedMs = performance.now()
        this.#look = undefined
      })
  }

  async #renew(): Promise<void> {
    const { copies } = await this.#here()
    for (let attempt = 1; ; attempt++) {
      const sinceMs = performance.now()
      const listing = await listTables(this.#of.hdfs, this.#of.folders)
      const files = filesOf(listing)
      try {
        await copies.bring(files, () => this.#forget())
      } catch (thrown) {
        if (attempt < listingsMax && isVanished(thrown)) continue
        throw thrown
      }
      const before = this.#known
      this.#known = { files, snapshot: snapshotOf(listing, copies), copies, held: copies.hold(files), sinceMs }
      return before?.held[Symbol.asyncDispose]()
    }
  }

  async #forget(): Promise<void> {
    const { held } = this.#known ?? {}
    this.#known = undefined
    await held?.[Symbol.asyncDispose]()
  }

  /** Anew if somebody removed the folder. */
  async #here(): Promise<Place> {
    if (this.#place !== undefined && existsSync(this.#place.folder.path)) return this.#place
    await this.#forget()
    await this.#place?.folder[Symbol.asyncDispose]()
    const { root, hdfs } = this.#of
    const folder = await openMirrorFolder(root).catch(thrown => {
      throw noPlace(reasonOf(thrown), thrown)
    })
    this.#place = { folder, copies: new HiveCopies(hdfs, folder.path, this.#limits) }
    return this.#place
  }
}

/**
 * Tables of Hive whose files lie on HDFS, read as `hiveFiles` does, from copies on this machine: ours never change, and go
 * only when they become part of others. Each statement sees the rows that were in the tables at one moment, each once,
 * however they are merged meanwhile; that was at most some seconds ago, or, if HDFS is away, a minute. Codes beside those
 * of a statement: `warehouse/copying` until the first copies are here, `warehouse/mirror-limit` if the tables are too
 * large for it, `warehouse/mirror-disk`, and those of HDFS.
 */
export const hiveMirror = (of: Mirrored): HiveFiles => new HiveMirror(of)
