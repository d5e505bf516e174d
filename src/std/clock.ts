/** Microseconds since the Unix epoch. */
export type Clock = () => number

const driftMsMax = 2

const makeSystemClock = (): Clock => {
  let aheadMs = Date.now() - performance.now()
  return () => {
    const elapsed = performance.now()
    const wall = Date.now()
    if (Math.abs(elapsed + aheadMs - wall) > driftMsMax) aheadMs = wall - elapsed
    return Math.floor((elapsed + aheadMs) * 1000)
  }
}

/** The machine's clock. Between two of its milliseconds the monotonic timer counts on; where the clock is set, this one follows. */
export const systemClock: Clock = makeSystemClock()

let second = Number.NaN
let upToSecond = ''

/** ISO 8601 in UTC with microseconds: `2026-11-23T08:37:04.123456Z`. Times that follow one another cost little. */
export const isoMicros = (micros: number): string => {
  const wholeSecond = Math.floor(micros / 1e6)
  if (wholeSecond !== second) {
    upToSecond = new Date(wholeSecond * 1000).toISOString().slice(0, -'.000Z'.length)
    second = wholeSecond
  }
  return `${upToSecond}.${String(1_000_000 + micros - wholeSecond * 1e6).slice(1)}Z`
}
