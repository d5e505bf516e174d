import { StreamError } from '../../std/error.ts'
import { addCounters, type Counters, newCounters } from '../counters.ts'

/** The beginnings of the names of what reducers write beside the documents; `texts` are all of them in one. */
export const parts = {
  documents: '_documents',
  malformed: '_malformed',
  tally: '_counters',
  texts: '_texts',
} as const

/** `_documents`, 3 → `_documents-00003`. A document's file has an ending, so that none is called like that. */
export const partName = (part: string, partition: number): string => `${part}-${String(partition).padStart(5, '0')}`

/** What a mapper counts. */
export type Mapped = Pick<Counters, 'lines' | 'blank' | 'records' | 'malformed' | 'open_lines'>

/** What a reducer counted, and the mappers whose counts came to it. */
export interface Tally {
  readonly counters: Counters
  /** Records that came to it. */
  readonly reduced: number
}

export const addMapped = (to: Counters, mapped: Mapped): void => addCounters(to, { ...newCounters(), ...mapped })

/** The texts of all `_counters-…` → what the run counted. Rejects a run that lost a record between map and reduce. */
export const joinTallies = (texts: readonly string[]): Counters => {
  const tallies = texts.map((text): Tally => JSON.parse(text))
  const counters = newCounters()
  for (const tally of tallies) addCounters(counters, tally.counters)
  const reduced = tallies.reduce((sum, tally) => sum + tally.reduced, 0)
  if (reduced === counters.records) return counters
  throw new StreamError(
    'hadoop/lost',
    `refresh on Hadoop: mappers found ${counters.records} records, and ${reduced} came to the reducers; nothing was published; try again, and tell us`,
  )
}
