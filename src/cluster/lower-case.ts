import { CodePointTable } from './code-point-table.ts'

/**
 * Letters that got a lower case after Unicode 13. Java 17, which Spark runs on, leaves them as they are; so do we,
 * whatever Unicode our Node has: a term is the same everywhere.
 */
const cameAfter13: readonly (readonly [first: number, last: number])[] = [
  [0x1c89, 0x1c89],
  [0x2c2f, 0x2c2f],
  [0xa7c0, 0xa7c0],
  [0xa7cb, 0xa7dc],
  [0x10570, 0x10595],
  [0x10d50, 0x10d65],
  [0x16ea0, 0x16eb8],
]

const steps = new CodePointTable(codePoint => {
  if (cameAfter13.some(([first, last]) => codePoint >= first && codePoint <= last)) return 0
  return String.fromCodePoint(codePoint).toLowerCase().codePointAt(0)! - codePoint
})

/** The lower case of one code point by itself. U+0130, the only one that becomes two (`i` and U+0307), gives the first. */
export const lowerOf = (codePoint: number): number => codePoint + steps.of(codePoint)

/** A map of ASCII bytes to their lower case. */
export const lowerAscii = (byte: number): number => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte)
