/** Numbers and times as a person reads them. Nothing here depends on where the reader sits but the time zone. */
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const day = new Intl.DateTimeFormat('en-CA', { year: 'numeric', month: '2-digit', day: '2-digit' })
const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
export const nothing = '–'

export const count = (n: number): string => whole.format(n)

/** 950, 12.3K, 4.1M. */
export const compact = (n: number): string => (n < 10_000 ? whole.format(n) : short.format(n))

export const rate = (n: number | null | undefined): string => {
  if (n === null || n === undefined) return nothing
  return n > 0 && n < 10 ? n.toFixed(1) : compact(n)
}

export const bytes = (n: number | null | undefined): string => {
  if (n === null || n === undefined) return nothing
  const power = n < 1024 ? 0 : Math.min(byteUnits.length - 1, Math.floor(Math.log2(n) / 10))
  const value = n / 1024 ** power
  return `${power === 0 || value >= 100 ? whole.format(value) : value.toFixed(1)} ${byteUnits[power]}`
}

/** 0.4 ms, 12 ms, 3.21 s, 4 min 05 s, 2 h 10 min. */
export const seconds = (n: number | null | undefined): string => {
  if (n === null || n === undefined) return nothing
  if (n === 0) return '0 s'
  if (n < 0.001) return `${(n * 1000).toFixed(1)} ms`
  if (n < 1) return `${Math.round(n * 1000)} ms`
  if (n < 60) return `${n.toFixed(n < 10 ? 2 : 1)} s`
  if (n < 3600) return `${Math.floor(n / 60)} min ${String(Math.floor(n % 60)).padStart(2, '0')} s`
  if (n < 86_400) return `${Math.floor(n / 3600)} h ${String(Math.floor((n % 3600) / 60)).padStart(2, '0')} min`
  return `${Math.floor(n / 86_400)} d ${Math.floor((n % 86_400) / 3600)} h`
}

const dateOf = (micros: number) => new Date(micros / 1000)
const isInside = (micros: number) => Math.abs(micros) < 8.64e18

/** 14:03:22 */
export const timeOfDay = (micros: number | null): string =>
  micros === null || !isInside(micros) ? nothing : clock.format(dateOf(micros))

/** 14:03:22.123456 */
export const exactTime = (micros: number | null): string => {
  if (micros === null || !isInside(micros)) return nothing
  const fraction = ((micros % 1e6) + 1e6) % 1e6
  return `${clock.format(dateOf(micros))}.${String(Math.floor(fraction)).padStart(6, '0')}`
}

/** 2026-11-23 */
export const dayOf = (micros: number): string => (isInside(micros) ? day.format(dateOf(micros)) : nothing)

/** 2026-11-23 14:03:22 */
export const dateTime = (micros: number | null): string =>
  micros === null || !isInside(micros) ? nothing : `${day.format(dateOf(micros))} ${clock.format(dateOf(micros))}`

export const percent = (share: number): string => `${(share * 100).toFixed(share < 0.0995 && share > 0 ? 1 : 0)}%`
