/** Numbers in [0, 1) and whole ones below a bound: the same for the same seed, and cheap, as millions are drawn. */
export interface Chance {
  readonly share: () => number
  readonly below: (bound: number) => number
}

/** xorshift32 (Marsaglia, 2003): its period of 2^32 − 1 is long enough for the largest log here. */
export const chanceFrom = (seed: number): Chance => {
  let state = Math.imul(seed | 0, 0x9e3779b1) | 1
  const share = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
  return { share, below: bound => Math.floor(share() * bound) }
}
