const iso = /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?(?: ?([Zz]|[+-]\d\d(?::?\d\d)?))?)?$/

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const daysBefore = monthDays.map((_, month) => monthDays.slice(0, month).reduce((sum, days) => sum + days, 0))

const isLeap = (year: number) => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
const leapsBefore = (year: number) =>
  Math.floor((year - 1) / 4) - Math.floor((year - 1) / 100) + Math.floor((year - 1) / 400)
const epochDay = 1970 * 365 + leapsBefore(1970)

/** Days since the epoch; NaN if the calendar has no such day. */
const dayOf = (year: number, month: number, day: number) => {
  if (month < 1 || month > 12 || day < 1) return Number.NaN
  const leap = isLeap(year)
  if (day > monthDays[month - 1] + (leap && month === 2 ? 1 : 0)) return Number.NaN
  return year * 365 + leapsBefore(year) - epochDay + daysBefore[month - 1] + (leap && month > 2 ? 1 : 0) + day - 1
}

/** Microseconds since midnight; NaN if no clock shows that. Midnight at a day's end is 24:00. */
const microsOfDay = (hour: number, minute: number, second: number, fraction: number) => {
  if (hour > 24 || minute > 59 || second > 60) return Number.NaN
  if (hour === 24 && (minute > 0 || second > 0 || fraction > 0)) return Number.NaN
  return ((hour * 60 + minute) * 60 + second) * 1e6 + fraction
}

const zoneMicros = (zone: string | undefined) => {
  if (zone === undefined || zone.length === 1) return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(zone[3] === ':' ? 4 : 3))
  if (hours > 23 || minutes > 59) return Number.NaN
  return (zone[0] === '-' ? -1 : 1) * (hours * 60 + minutes) * 60e6
}

/**
 * ISO 8601 → microseconds since the epoch; `NaN` if it is no time, or one that a number cannot hold exactly (before
 * 1684 or after 2255: ±(2^53−1) µs). Without a zone it is UTC; a leap second counts as the first second of the next
 * minute; digits below a microsecond are cut.
 */
export const microsOf = (eventTime: string): number => {
  const match = iso.exec(eventTime)
  if (match === null) return Number.NaN
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone] = match
  const micros = Number(fraction.slice(0, 6).padEnd(6, '0'))
  const midnight = dayOf(Number(year), Number(month), Number(day)) * 86400e6 - zoneMicros(zone)
  const sum = midnight + microsOfDay(Number(hour), Number(minute), Number(second), micros)
  return Number.isSafeInteger(sum) ? sum : Number.NaN
}
