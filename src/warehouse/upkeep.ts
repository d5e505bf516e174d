import { rm } from 'node:fs/promises'
import type { Clock } from '../std/clock.ts'
import { change, type Draft } from './draft.ts'
import type { Engine } from './engine.ts'
import { partPath } from './layout.ts'
import { rollSeconds } from './metrics.ts'
import { duePieces, joinRanges, mergeable, merged, type Part, type Range, type RollLimits, sum } from './parts.ts'
import { nameFile, placeFiles } from './place.ts'
import { keepWaiting, mergeFiles, rollFiles } from './relocate.ts'
import { type TableName, tableNames } from './schema.ts'
import { Serial } from './serial.ts'
import type { PublicFile, State } from './state.ts'

/** Parts that are no more stay so long for those who are about to read them. */
const buriedMsMin = 2000

export interface UpkeepOptions extends RollLimits {
  readonly clock: Clock
}

interface Buried {
  readonly path: string
  readonly atMs: number
}

/** Keeps the tail short while commits go on: merges parts, and rolls them into the public folder. One thing at a time. */
export class Upkeep {
  readonly #dir: string
  readonly #state: State
  readonly #engine: Engine
  readonly #options: UpkeepOptions
  readonly #serial = new Serial()
  #buried: Buried[] = []

  constructor(dir: string, state: State, engine: Engine, options: UpkeepOptions) {
    this.#dir = dir
    this.#state = state
    this.#engine = engine
    this.#options = options
  }

  /** While `work` goes on, parts stay what they are. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return this.#serial.run(work)
  }

  /** The same, and before it all rows of the table that may are made final. */
  behindAll<T>(table: TableName, work: () => Promise<T>): Promise<T> {
    return this.#serial.run(async () => {
      await this.#rollTable(table, true)
      return work()
    })
  }

  /** Does what is due. */
  tend(): Promise<void> {
    return this.#serial.run(async () => {
      await placeFiles(this.#dir, this.#state)
      await this.#rollDue(false)
      for (const table of tableNames) await this.#merge(mergeable(this.#state.partsOf(table)))
      await this.#exhume(buriedMsMin)
    })
  }

  roll(all: boolean): Promise<void> {
    return this.#serial.run(() => this.#rollDue(all))
  }

  /** Their rows are committed elsewhere. */
  bury(parts: readonly Part[]): void {
    const atMs = performance.now()
    for (const { part } of parts) this.#buried.push({ path: partPath(this.#dir, part), atMs })
  }

  /** Waits for what is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#serial.run(() => this.#exhume(0))
  }

  get #connection() {
    return this.#engine.lane('upkeep')
  }

  #pathsOf(parts: readonly Part[]): string[] {
    return parts.map(({ part }) => partPath(this.#dir, part))
  }

  async #exhume(msMin: number): Promise<void> {
    const until = performance.now() - msMin
    const due = this.#buried.filter(({ atMs }) => atMs <= until)
    this.#buried = this.#buried.filter(({ atMs }) => atMs > until)
    for (const { path } of due) await rm(path, { force: true })
  }

  async #merge(parts: readonly Part[]): Promise<void> {
    if (parts.length === 0) return
    await change(this.#dir, this.#state, async draft => {
      const { part, path } = draft.newFile()
      await mergeFiles(this.#connection, parts, this.#pathsOf(parts), path)
      return { drop: parts, add: [merged(parts, part)] }
    })
    this.bury(parts)
  }

  async #rollDue(all: boolean): Promise<void> {
    for (const table of tableNames) await this.#rollTable(table, all)
  }

  async #rollTable(table: TableName, all: boolean): Promise<void> {
    const now = this.#options.clock()
    for (const piece of duePieces(this.#state.partsOf(table), this.#options, now, all)) await this.#roll(piece)
  }

  async #roll(piece: readonly Part[]): Promise<void> {
    const beganMs = performance.now()
    await change(this.#dir, this.#state, async draft => {
      const files: PublicFile[] = []
      for (const [partition, range] of joinRanges(piece)) {
        const file = await this.#rollPartition(draft, piece, partition, range)
        if (file !== undefined) files.push(file)
      }
      return { drop: piece, files, add: await this.#keepWaiting(draft, piece) }
    })
    await placeFiles(this.#dir, this.#state)
    this.bury(piece)
    rollSeconds.since(beganMs)
  }

  async #rollPartition(
    draft: Draft,
    piece: readonly Part[],
    partition: string,
    range: Range,
  ): Promise<PublicFile | undefined> {
    const { part, path } = draft.newFile()
    const rows = await rollFiles(this.#connection, piece, partition, this.#pathsOf(piece), path)
    if (rows > 0) return { ...nameFile(this.#state, piece[0].table, partition, range), part, rows }
    await draft.remove(path)
    return undefined
  }

  /** Rows that wait are no part of a roll; they come with the first one after they are filled. */
  async #keepWaiting(draft: Draft, piece: readonly Part[]): Promise<Part[]> {
    const waiting = sum(piece, part => part.waiting)
    if (waiting === 0) return []
    const { part, path } = draft.newFile()
    const rows = await keepWaiting(this.#connection, piece, this.#pathsOf(piece), path)
    return [{ ...merged(piece, part), level: 0, rows, waiting: rows, bytes: 0 }]
  }
}
