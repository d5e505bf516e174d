import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { StreamError } from '../std/error.ts'
import { orDamaged } from './faults.ts'
import type { Part } from './parts.ts'
import type { TableName } from './schema.ts'
import type { Position } from './warehouse.ts'

export const formatVersion = 1
/** A reader that opens the state after a crash holds it for a moment. */
const busyMsMax = 5000

/** A final file. Until it is `placed`, it lies in the tail as part `part`. */
export interface PublicFile {
  readonly table: TableName
  readonly name: string
  readonly part: number | null
  readonly partition: string | null
  readonly to: number
  readonly rows: number
}

/** What one transaction changes. */
export interface Change {
  /** With it the change is a commit. */
  readonly position?: Position
  readonly state?: ReadonlyMap<string, Uint8Array | null> | undefined
  readonly drop?: readonly Part[]
  readonly add?: readonly Part[]
  readonly files?: readonly PublicFile[]
  /** Parts that now lie in the public folder. */
  readonly placed?: readonly number[]
}

const schema = `
  CREATE TABLE IF NOT EXISTS commits (format INTEGER, commits INTEGER, next_part INTEGER, voids INTEGER);
  CREATE TABLE IF NOT EXISTS position (partition TEXT PRIMARY KEY, next INTEGER) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS state (key TEXT PRIMARY KEY, value BLOB NOT NULL);
  CREATE TABLE IF NOT EXISTS parts (part INTEGER PRIMARY KEY, "table" TEXT, place INTEGER, level INTEGER, rows INTEGER,
    bytes INTEGER, waiting INTEGER, since_micros INTEGER, ranges TEXT);
  CREATE TABLE IF NOT EXISTS files (number INTEGER PRIMARY KEY, "table" TEXT, name TEXT, part INTEGER, partition TEXT,
    "to" INTEGER, rows INTEGER, UNIQUE ("table", name));
  INSERT INTO commits SELECT ${formatVersion}, 0, 1, 0 WHERE NOT EXISTS (SELECT 1 FROM commits)`

const selectFiles = 'SELECT "table", name, part, partition, "to", rows FROM files'

const statements = {
  find: 'SELECT 1 FROM files WHERE "table" = ? AND name = ?',
  read: 'SELECT value FROM state WHERE key = ?',
  readFrom: 'SELECT key, value FROM state WHERE key >= ? ORDER BY key',
  keep: 'INSERT INTO state VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
  forget: 'DELETE FROM state WHERE key = ?',
  move: 'INSERT INTO position VALUES (?, ?) ON CONFLICT DO UPDATE SET next = excluded.next',
  count: 'UPDATE commits SET commits = commits + ?, next_part = ?',
  addPart: 'INSERT INTO parts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  dropPart: 'DELETE FROM parts WHERE part = ?',
  addFile: 'INSERT INTO files ("table", name, part, partition, "to", rows) VALUES (?, ?, ?, ?, ?, ?)',
  place: 'UPDATE files SET part = NULL WHERE part = ?',
}

const refuseOther = (path: string, format: number) => {
  if (format === formatVersion) return
  const message = `warehouse state "${path}" has format ${format}, this textstream knows ${formatVersion}; use the textstream that wrote it`
  throw new StreamError('warehouse/foreign', message)
}

const partOf = (row: Record<string, unknown>): Part => {
  const { since_micros, ranges, ...rest } = row
  return { ...rest, sinceMicros: since_micros, ranges: new Map(JSON.parse(ranges as string)) } as unknown as Part
}

const behind = (table: TableName, partition: string) => `${table}/${partition}`

/** What is committed: one SQLite file. A change is there as a whole or not at all, whenever the process or the power ends. */
export class State implements Disposable {
  readonly #database: DatabaseSync
  readonly #statements = {} as Record<keyof typeof statements, StatementSync>
  readonly #parts = new Map<number, Part>()
  readonly #rolledTo = new Map<string, number>()
  #position: Position | undefined
  #nextPart: number
  /** True after a failure that may have left its change behind: whatever that change names must stay. */
  inDoubt = false

  private constructor(database: DatabaseSync) {
    this.#database = database
    for (const name of Object.keys(statements) as (keyof typeof statements)[])
      this.#statements[name] = database.prepare(statements[name])
    const [{ commits, next_part }] = this.#all('SELECT * FROM commits')
    this.#nextPart = next_part as number
    const position = this.#all('SELECT * FROM position').map(({ partition, next }) => [partition, next])
    if ((commits as number) > 0) this.#position = Object.fromEntries(position)
    for (const row of this.#all('SELECT * FROM parts')) this.#parts.set(row.part as number, partOf(row))
    for (const { table, partition, to } of this.publicFiles()) this.#noteRolled(table, partition, to)
  }

  /** Code `warehouse/foreign` if it was written by another version. */
  static open(path: string): State {
    const database = new DatabaseSync(path, { timeout: busyMsMax })
    try {
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
      database.exec(`BEGIN IMMEDIATE; ${schema}; COMMIT`)
      refuseOther(path, database.prepare('SELECT format FROM commits').get()!.format as number)
      return new State(database)
    } catch (error) {
      database.close()
      throw orDamaged(path, error)
    }
  }

  get position(): Position | undefined {
    return this.#position
  }

  /** A number that no part ever had; it counts once a change is applied. */
  newPart(): number {
    return this.#nextPart++
  }

  /** Oldest first. */
  partsOf(table: TableName): Part[] {
    return [...this.#parts.values()].filter(part => part.table === table).sort((a, b) => a.place - b.place)
  }

  /** In the order in which they were committed. */
  publicFiles(): PublicFile[] {
    return this.#all(`${selectFiles} ORDER BY number`) as unknown as PublicFile[]
  }

  /** Those that may not be in the public folder yet. */
  unplaced(): PublicFile[] {
    return this.#all(`${selectFiles} WHERE part IS NOT NULL ORDER BY number`) as unknown as PublicFile[]
  }

  has(table: TableName, name: string): boolean {
    return this.#statements.find.get(table, name) !== undefined
  }

  /** Up to where a partition's rows were rolled; undefined if none ever was. */
  rolledTo(table: TableName, partition: string): number | undefined {
    return this.#rolledTo.get(behind(table, partition))
  }

  recall(key: string): Uint8Array | undefined {
    return this.#statements.read.get(key)?.value as Uint8Array | undefined
  }

  *recallAll(prefix: string): Generator<readonly [string, Uint8Array]> {
    const readFrom = this.#database.prepare(statements.readFrom)
    for (const { key, value } of readFrom.iterate(prefix)) {
      if (!(key as string).startsWith(prefix)) return
      yield [key as string, value as Uint8Array]
    }
  }

  /** Durable once it returns; after a throw none of it is there, unless `inDoubt`. */
  apply(change: Change): void {
    try {
      this.#database.exec('BEGIN IMMEDIATE')
      this.#write(change)
      this.#database.exec('COMMIT')
    } catch (error) {
      this.inDoubt = !this.#void()
      throw error
    }
    this.#adopt(change)
  }

  [Symbol.dispose](): void {
    if (this.#database.isOpen) this.#database.close()
  }

  #all(sql: string): Record<string, unknown>[] {
    return this.#database.prepare(sql).all()
  }

  #write({ position, state, drop = [], add = [], files = [], placed = [] }: Change): void {
    const { move, keep, forget, dropPart, addPart, addFile, place, count } = this.#statements
    for (const [partition, next] of Object.entries(position ?? {})) move.run(partition, next)
    for (const [key, value] of state ?? []) value === null ? forget.run(key) : keep.run(key, value)
    for (const { part } of drop) dropPart.run(part)
    for (const part of add) {
      const { table, level, rows, bytes, waiting, sinceMicros, ranges } = part
      addPart.run(part.part, table, part.place, level, rows, bytes, waiting, sinceMicros, JSON.stringify([...ranges]))
    }
    for (const { table, name, part, partition, to, rows } of files) addFile.run(table, name, part, partition, to, rows)
    for (const part of placed) place.run(part)
    count.run(position === undefined ? 0 : 1, this.#nextPart)
  }

  #adopt({ position, drop = [], add = [], files = [] }: Change): void {
    if (position !== undefined) this.#position = { ...this.#position, ...position }
    for (const { part } of drop) this.#parts.delete(part)
    for (const part of add) this.#parts.set(part.part, part)
    for (const { table, partition, to } of files) this.#noteRolled(table, partition, to)
  }

  #noteRolled(table: TableName, partition: string | null, to: number): void {
    if (partition === null) return
    const key = behind(table, partition)
    this.#rolledTo.set(key, Math.max(to, this.#rolledTo.get(key) ?? 0))
  }

  /**
   * A transaction whose sync failed may lie in SQLite's log as a whole, and be found there by whoever opens it next.
   * Another one takes its place in the log; it must change something, or SQLite would write nothing.
   */
  #void(): boolean {
    try {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      this.#database.exec('UPDATE commits SET voids = voids + 1')
      return true
    } catch {
      return false
    }
  }
}
