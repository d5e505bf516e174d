import type { End, StreamRef } from '../chunk/chunk.ts'

export type State = 'complete' | 'open' | 'incomplete' | 'unsequenced'

/** Why an answer is incomplete, in the order in which they are listed. */
export const faultNames = [
  'gap',
  'end-chunks',
  'end-bytes',
  'end-sha256',
  'after-end',
  'second-end',
  'lone-surrogate',
] as const
export type Fault = (typeof faultNames)[number]

/** The account of one answer: all that is said of it in `_documents.ndjson`. Its text lies elsewhere. */
export interface Answer {
  /** The empty string is the document's implicit answer. */
  readonly responseId: string
  readonly agentId: string | undefined
  readonly source: StreamRef | undefined
  readonly supersedes: string | undefined
  readonly end: End | undefined
  readonly state: State
  /** Records that count, the closing one not among them. */
  readonly chunks: number
  readonly bytes: number
  readonly sha256: string
  /** Earliest and latest event time in microseconds since the epoch; NaN without any. */
  readonly firstMicros: number
  readonly lastMicros: number
  readonly repeats: number
  readonly conflicts: number
  readonly gaps: number
  readonly missing: number
  readonly outOfOrder: number
  readonly faults: readonly Fault[]
}

/**
 * Adds two counts. Hostile `seq` make sums of `missing` beyond what a double holds exactly: they stop at 2^53 - 1, so
 * that threads which add in another order say the same.
 */
export const plus = (a: number, b: number): number => Math.min(a + b, Number.MAX_SAFE_INTEGER)

export const stateOf = (sequenced: boolean, faults: readonly Fault[], ended: boolean): State => {
  if (faults.includes('lone-surrogate')) return 'incomplete'
  if (!sequenced) return 'unsequenced'
  if (faults.length > 0) return 'incomplete'
  return ended ? 'complete' : 'open'
}

/** What an answer's closing record says that its text does not bear out. */
export const endFaults = (end: End, endSeq: number, bytes: number, sha256: string): Fault[] => {
  const faults: Fault[] = []
  if (end.chunks !== endSeq) faults.push('end-chunks')
  if (end.bytes !== bytes) faults.push('end-bytes')
  if (end.sha256 !== sha256) faults.push('end-sha256')
  return faults
}

export const sortFaults = (faults: Iterable<Fault>): Fault[] => {
  const found = new Set(faults)
  return faultNames.filter(name => found.has(name))
}
