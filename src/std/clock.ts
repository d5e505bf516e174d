/** Microseconds since the Unix epoch. */
export type Clock = () => number

/** The machine's clock; the fraction below a millisecond comes from the monotonic timer. */
export const systemClock: Clock = () => {
  const ms = performance.now() % 1
  return Date.now() * 1000 + Math.floor(ms * 1000)
}

const pad = (n: number, width: number) => String(n).padStart(width, '0')

/** ISO 8601 in UTC with microseconds: `2026-11-23T08:37:04.123456Z`. */
export const isoMicros = (micros: number): string => {
  const ms = Math.floor(micros / 1000)
  return `${new Date(ms).toISOString().slice(0, 19)}.${pad(micros - Math.floor(micros / 1e6) * 1e6, 6)}Z`
}
