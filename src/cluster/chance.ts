/** A number in [0, 1). */
export type Chance = () => number

/** The same numbers for the same seed, on every machine; sfc32 (PractRand, Chris Doty-Humphrey), 32 bits of each. */
export const chanceFrom = (seed: number): Chance => {
  let a = seed | 0
  let b = Math.floor(seed / 2 ** 32) | 0
  let c = 0x9e3779b9 | 0
  let counter = 1
  const next = () => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    return sum >>> 0
  }
  for (let i = 0; i < 12; i++) next()
  return () => next() / 2 ** 32
}
