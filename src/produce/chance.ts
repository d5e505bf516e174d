import { createHash, randomBytes } from 'node:crypto'

/** A number in [0, 1). */
export type Random = () => number

const fraction = (bytes: Buffer) => bytes.readUIntBE(0, 6) / 2 ** 48

/** The machine's. */
export const systemRandom: Random = () => fraction(randomBytes(6))

/** The same numbers for the same seed, on every machine. */
export const seededRandom = (seed: string): Random => {
  let drawn = 0
  return () => fraction(createHash('sha256').update(`${seed} ${drawn++}`).digest())
}

export const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)]
