/** Microseconds since the Unix epoch. */
export type Clock = () => number

const driftMsMax = 2
/** Between the two clocks another process may run: then they say nothing about each other. */
const askingMsMax = 1

const makeSystemClock = (): Clock => {
  let aheadMs = Date.now() - performance.now()
  return () => {
    const elapsed = performance.now()
    const wall = Date.now()
    const hasDrifted = Math.abs(elapsed + aheadMs - wall) > driftMsMax
    if (hasDrifted && performance.now() - elapsed < askingMsMax) aheadMs = wall - elapsed
    return Math.floor((elapsed + aheadMs) * 1000)
  }
}

/** The machine's clock. Between two of its milliseconds the monotonic timer counts on; where the clock is set, this one follows. */
export const systemClock: Clock = makeSystemClock()

const twoDigits = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, '0'))
const dayMicros = 86_400_000_000

let day = Number.NaN
let date = ''

/** ISO 8601 in UTC with microseconds: `2026-11-23T08:37:04.123456Z`. Times of one day cost little. */
export const isoMicros = (micros: number): string => {
  const wholeDay = Math.floor(micros / dayMicros)
  if (wholeDay !== day) {
    date = new Date(wholeDay * 86_400_000).toISOString().slice(0, -'00:00:00.000Z'.length)
    day = wholeDay
  }
  const inDay = micros - wholeDay * dayMicros
  const seconds = Math.floor(inDay / 1e6)
  const minutes = Math.floor(seconds / 60)
  const fraction = String(1_000_000 + inDay - seconds * 1e6).slice(1)
  return `${date}${twoDigits[Math.floor(minutes / 60)]}:${twoDigits[minutes % 60]}:${twoDigits[seconds % 60]}.${fraction}Z`
}
