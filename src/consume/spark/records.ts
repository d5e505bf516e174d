import type { Position } from '../../topic/topic.ts'
import type { KnownEntry, SavedKnown } from './known.ts'

/** What a batch is, before anything is done: doing it again from this leaves the same rows. */
export interface Plan {
  readonly batch: number
  /** The first offset of each partition, and the one behind the last. */
  readonly from: Position
  readonly to: Position
}

/** A file that lies ready, and what it is to be called where readers look. */
export interface Move {
  readonly from: string
  readonly to: string
  readonly bytes: number
}

/** What a batch changes of what has to be known to go on. */
export interface Change {
  readonly position: Position
  /** All rows so far. */
  readonly rows: number
  /** The latest model; 0 is none. */
  readonly model: number
  /** The next one is fitted at so many rows. */
  readonly fitRows: number
  readonly known: readonly KnownEntry[]
  /** Settings, and the first record of each partition; base64. */
  readonly notes: readonly (readonly [key: string, value: string])[]
}

/** A batch whose files are all written: from here on only renames are left. */
export interface Staged {
  readonly batch: number
  /** Files that are taken out of the readers' sight before: their rows are in those that are moved. */
  readonly hides?: readonly Move[]
  readonly moves: readonly Move[]
  readonly change: Change
}

/** All changes up to a batch in one. */
export interface Snapshot {
  readonly batch: number
  readonly change: Omit<Change, 'known'>
  readonly known: SavedKnown
}

export type RecordKind = 'plan' | 'staged' | 'done'

const digits = 10

export const numbered = (batch: number): string => String(batch).padStart(digits, '0')

export const recordName = (batch: number, kind: RecordKind): string => `${numbered(batch)}.${kind}.json`

export interface RecordFile {
  readonly name: string
  readonly batch: number
  readonly kind: RecordKind
}

const named = /^(\d{10,})\.(plan|staged|done)\.json$/

/** What a file's name says; `undefined` if it is none of ours. */
export const recordOf = (name: string): RecordFile | undefined => {
  const parts = named.exec(name)
  return parts === null ? undefined : { name, batch: Number(parts[1]), kind: parts[2] as RecordKind }
}
