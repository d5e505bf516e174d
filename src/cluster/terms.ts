import type { Terms } from './cluster.ts'

/** The most that a count can say; more occurrences count as many. */
export const countMax = 0xffff

export const newTerms = (): Terms => ({ length: 0, index: new Uint16Array(0), count: new Uint16Array(0) })

/** Makes room for `length` terms. What was in there is gone. */
export const makeRoom = (terms: Terms, length: number): void => {
  if (terms.index.length < length) terms.index = new Uint16Array(length)
  if (terms.count.length < length) terms.count = new Uint16Array(length)
}
