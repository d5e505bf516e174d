import type { TableName } from './schema.ts'
import type { Position } from './warehouse.ts'

/** The offsets of one partition that a part's rows come from: from the first row's on, up to where the topic had been read. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** By partition. */
export type Ranges = ReadonlyMap<string, Range>

/** A file of fresh rows in the tail. */
export interface Part {
  readonly part: number
  readonly table: TableName
  /** Parts lie behind one another in the order of their places. */
  readonly place: number
  readonly level: number
  readonly rows: number
  /** Of text. */
  readonly bytes: number
  /** Rows that wait for a window. */
  readonly waiting: number
  /** When the oldest of its rows was committed. */
  readonly sinceMicros: number
  readonly ranges: Ranges
}

/** So many parts of one level become one of the next, so that a row is merged twice at most, and a query opens few files. */
export const mergePartsMax = 16

/** From so many rows, or bytes of text, on, a part is of that level: it need not be merged with smaller ones. */
const levels = [
  { rows: 0, bytes: 0 },
  { rows: 4096, bytes: 256 * 1024 },
  { rows: 32_768, bytes: 2 * 1024 * 1024 },
]
const levelMax = levels.length - 1

export const levelOf = (rows: number, bytes: number): number =>
  levels.findLastIndex(level => rows >= level.rows || bytes >= level.bytes)

const joinRange = (a: Range | undefined, b: Range): Range =>
  a === undefined ? b : { from: Math.min(a.from, b.from), to: Math.max(a.to, b.to) }

export const joinRanges = (parts: readonly { readonly ranges: Ranges }[]): Ranges => {
  const joined = new Map<string, Range>()
  for (const { ranges } of parts) {
    for (const [partition, range] of ranges) joined.set(partition, joinRange(joined.get(partition), range))
  }
  return joined
}

/** The topic was read up to the position, though the last row may lie before it. */
export const reaching = (ranges: Ranges, position: Position): Ranges =>
  new Map(
    [...ranges].map(([partition, { from, to }]) => [partition, { from, to: Math.max(to, position[partition] ?? 0) }]),
  )

export const sum = (parts: readonly Part[], of: (part: Part) => number): number =>
  parts.reduce((total, part) => total + of(part), 0)

const newestUpTo = (parts: readonly Part[], level: number) =>
  parts.slice(parts.findLastIndex(part => part.level > level) + 1)

/** The newest parts of a table, as far as they should become one; they lie behind one another. */
export const mergeable = (parts: readonly Part[]): readonly Part[] => {
  for (let level = levelMax - 1; level >= 0; level--) {
    const newest = newestUpTo(parts, level)
    if (newest.filter(part => part.level === level).length >= mergePartsMax) return newest
  }
  return []
}

/** What a part is that has all rows of these. */
export const merged = (parts: readonly Part[], part: number): Part => ({
  part,
  table: parts[0].table,
  place: parts[0].place,
  level: Math.min(levelMax, Math.max(...parts.map(({ level }) => level)) + 1),
  rows: sum(parts, ({ rows }) => rows),
  bytes: sum(parts, ({ bytes }) => bytes),
  waiting: sum(parts, ({ waiting }) => waiting),
  sinceMicros: Math.min(...parts.map(({ sinceMicros }) => sinceMicros)),
  ranges: joinRanges(parts),
})

export interface RollLimits {
  readonly rollRowsMax: number
  /** Of text. */
  readonly rollBytesMax: number
  readonly rollAgeMs: number
}

const isFull = (parts: readonly Part[], { rollRowsMax, rollBytesMax }: RollLimits) =>
  sum(parts, ({ rows }) => rows) >= rollRowsMax || sum(parts, ({ bytes }) => bytes) >= rollBytesMax

const isOld = (parts: readonly Part[], { rollAgeMs }: RollLimits, nowMicros: number) =>
  parts.some(({ sinceMicros }) => nowMicros - sinceMicros >= rollAgeMs * 1000)

const isRollable = ({ rows, waiting }: Part) => rows > waiting

/** Cuts a table's parts into what becomes one public file per partition each. */
const piecesOf = (parts: readonly Part[], limits: RollLimits): Part[][] => {
  const pieces: Part[][] = [[]]
  for (const part of parts) {
    if (isFull(pieces.at(-1)!, limits)) pieces.push([])
    pieces.at(-1)!.push(part)
  }
  return pieces
}

/** The pieces that are due: full ones, and the rest as well if it is old, or all are asked for. Waiting rows alone are never due. */
export const duePieces = (
  parts: readonly Part[],
  limits: RollLimits,
  nowMicros: number,
  all: boolean,
): readonly Part[][] => {
  const rollable = parts.filter(isRollable)
  if (rollable.length === 0) return []
  const pieces = piecesOf(rollable, limits)
  return all || isOld(rollable, limits, nowMicros) ? pieces : pieces.filter(piece => isFull(piece, limits))
}
