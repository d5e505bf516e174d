import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { StreamError } from '../std/error.ts'
import { type Desk, writeCommit } from './commit.ts'
import { change } from './draft.ts'
import { Engine } from './engine.ts'
import { closedError, commitError, rollError, unwritable } from './faults.ts'
import { partPath, publicPath, scratchDir } from './layout.ts'
import { findEndings, findTexts, type Places } from './lookup.ts'
import * as metrics from './metrics.ts'
import { type Held, takeOver } from './opening.ts'
import { type Part, sum } from './parts.ts'
import type { TableName } from './schema.ts'
import { Serial } from './serial.ts'
import type { PublicFile, State } from './state.ts'
import { Upkeep, type UpkeepOptions } from './upkeep.ts'
import type { Commit, Ending, Position, RowKey, WarehouseWriter } from './warehouse.ts'
import { isWellFormed, waitingIn } from './write-rows.ts'

/** Rows in the tail, as a multiple of what is rolled at once: with more of them a commit waits for the roll. */
const tailRollsMax = 2

/** Where a final file is now, or was just now. */
const whereIs = (dir: string, { table, name, part }: PublicFile): string => {
  const path = publicPath(dir, table, name)
  return part === null || existsSync(path) ? path : partPath(dir, part)
}

/** A commit with so much text goes into final files at once. */
const directBytesMin = 8 * 1024 * 1024

class DuckdbWriter implements WarehouseWriter {
  readonly #dir: string
  readonly #held: Held
  readonly #engine: Engine
  readonly #upkeep: Upkeep
  readonly #options: UpkeepOptions
  readonly #commits = new Serial()
  readonly #lookups = new Serial()
  readonly #watched: Disposable
  #tending: Promise<void> | undefined
  #refusal: StreamError | undefined
  #closing: Promise<void> | undefined

  constructor(dir: string, held: Held, engine: Engine, options: UpkeepOptions) {
    this.#dir = dir
    this.#held = held
    this.#engine = engine
    this.#options = options
    this.#upkeep = new Upkeep(dir, held.state, engine, options)
    this.#watched = metrics.watchWarehouse(dir)
  }

  get position(): Position | undefined {
    return this.#state.position
  }

  recall(key: string): Uint8Array | undefined {
    return this.#state.recall(key)
  }

  recallAll(prefix: string): Iterable<readonly [string, Uint8Array]> {
    return this.#state.recallAll(prefix)
  }

  commit(commit: Commit): Promise<void> {
    return this.#commits.run(() => this.#commit(commit))
  }

  async roll({ all = false }: { readonly all?: boolean } = {}): Promise<void> {
    await this.#commits.idle()
    if (this.#refusal !== undefined) throw this.#refusal
    try {
      await this.#upkeep.roll(all)
    } catch (error) {
      throw this.#fail(rollError(this.#dir, error))
    }
  }

  texts(keys: readonly RowKey[]): Promise<(Buffer | undefined)[]> {
    return this.#lookUp('chunks_clustered', places => findTexts(this.#engine.lane('lookup'), keys, places))
  }

  endings(keys: readonly RowKey[]): Promise<(Ending | undefined)[]> {
    return this.#lookUp('endings', places => findEndings(this.#engine.lane('lookup'), keys, places))
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  get #state(): State {
    return this.#held.state
  }

  async #close(): Promise<void> {
    this.#refusal ??= closedError(this.#dir)
    await this.#commits.idle()
    this.#watched[Symbol.dispose]()
    await this.#tending
    await this.#lookups.idle()
    await this.#upkeep[Symbol.asyncDispose]().catch(() => {})
    await this.#engine[Symbol.asyncDispose]()
    await rm(scratchDir(this.#dir), { recursive: true, force: true }).catch(() => {})
    this.#state[Symbol.dispose]()
    await this.#held.lock[Symbol.asyncDispose]()
  }

  #fail(error: StreamError): StreamError {
    this.#refusal ??= error
    return error
  }

  async #commit(commit: Commit): Promise<void> {
    if (this.#refusal !== undefined) throw this.#refusal
    const beganMs = performance.now()
    try {
      await this.#write(commit)
    } catch (error) {
      metrics.commitFailures.add()
      throw this.#fail(commitError(this.#dir, error))
    }
    metrics.commitSeconds.since(beganMs)
    metrics.committedRows.add(commit.rows.length)
    metrics.committedTextBytes.add(commit.rows.textBytes)
    this.#tend()
  }

  async #write(commit: Commit): Promise<void> {
    refuseFaulty(commit, this.position)
    if (this.#isBehind()) await this.#tending
    if (isDirect(commit, this.#options)) {
      await this.#upkeep.behindAll('chunks_clustered', () => this.#apply(commit, true))
    } else if (commit.fill !== undefined) {
      await this.#upkeep.exclusively(() => this.#apply(commit))
    } else await this.#apply(commit)
  }

  async #apply(commit: Commit, direct = false): Promise<void> {
    const { clock } = this.#options
    const connection = this.#engine.lane('commit')
    const desk: Desk = { dir: this.#dir, state: this.#state, connection, nowMicros: clock() }
    let dropped: readonly Part[] = []
    await change(this.#dir, this.#state, async draft => {
      const drawn = await writeCommit(desk, draft, commit, direct)
      dropped = drawn.drop ?? []
      return drawn
    })
    this.#upkeep.bury(dropped)
  }

  #isBehind(): boolean {
    const { rollRowsMax, rollBytesMax } = this.#options
    const parts = this.#state.partsOf('chunks_clustered')
    return (
      sum(parts, ({ rows, waiting }) => rows - waiting) > tailRollsMax * rollRowsMax ||
      sum(parts, ({ bytes }) => bytes) > tailRollsMax * rollBytesMax
    )
  }

  /** What it fails at, the next commit fails with. */
  #tend(): void {
    this.#tending ??= this.#upkeep
      .tend()
      .catch(error => {
        this.#fail(rollError(this.#dir, error))
      })
      .finally(() => {
        this.#tending = undefined
      })
  }

  #placesOf(table: TableName): Places {
    const placed = this.#state.publicFiles().filter(file => file.table === table)
    return {
      files: placed.map(file => whereIs(this.#dir, file)),
      tail: this.#state.partsOf(table).map(({ part }) => partPath(this.#dir, part)),
    }
  }

  /** While parts move, one may be gone before it is opened; then its rows are somewhere else. */
  #lookUp<T>(table: TableName, find: (places: Places) => Promise<T>): Promise<T> {
    return this.#lookups.run(async () => {
      for (;;) {
        const places = this.#placesOf(table)
        try {
          return await find(places)
        } catch (error) {
          if ([...places.files, ...places.tail].every(existsSync)) throw error
        }
      }
    })
  }
}

/** So much at once, as when a consumer catches up, is written once: it needs no tail. */
const isDirect = ({ rows, fill }: Commit, { rollRowsMax, rollBytesMax }: UpkeepOptions): boolean =>
  fill === undefined &&
  (rows.length >= rollRowsMax || rows.textBytes >= Math.min(directBytesMin, rollBytesMax)) &&
  waitingIn(rows, { from: 0, to: rows.length }) === 0

/** Bugs of whoever commits; what they would write could not be mended later. */
const refuseFaulty = ({ rows, position }: Commit, before: Position = {}): void => {
  if (!isWellFormed(rows)) throw new TypeError('a row whose text is not well-formed UTF-8')
  const back = Object.keys(before).find(partition => position[partition] < before[partition])
  if (back !== undefined) throw new RangeError(`the position of partition ${JSON.stringify(back)} goes back`)
}

export const openWriter = async (dir: string, options: UpkeepOptions): Promise<WarehouseWriter> => {
  let held: Held | undefined
  try {
    held = await takeOver(dir)
    return new DuckdbWriter(dir, held, await Engine.start(dir), options)
  } catch (error) {
    held?.state[Symbol.dispose]()
    await held?.lock[Symbol.asyncDispose]()
    throw unwritable(dir, error)
  }
}
