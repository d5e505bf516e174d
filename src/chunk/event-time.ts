const iso =
  /^([+-]\d{6}|\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,18}))?)?\s?([Zz]|[+-]\d\d(?::?\d\d)?)?)?$/

const zoneMinutes = (zone: string | undefined) => {
  if (zone === undefined || zone === 'Z' || zone === 'z') return 0
  const digits = zone.slice(1).replace(':', '')
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2) || 0)
  return zone[0] === '-' ? -minutes : minutes
}

/**
 * ISO 8601 → microseconds since the epoch; `NaN` if it is no time. Without a zone it is UTC; a leap second counts as the
 * first second of the next minute; digits below a microsecond are cut. Exact up to the year 2255 (2^53 µs).
 */
export const microsOf = (eventTime: string): number => {
  const match = iso.exec(eventTime)
  if (match === null) return Number.NaN
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone] = match
  const [m, d, h, min, s] = [month, day, hour, minute, second].map(Number)
  const date = new Date(0)
  date.setUTCFullYear(Number(year), m - 1, d)
  const isDate = date.getUTCMonth() === m - 1 && date.getUTCDate() === d
  if (!isDate || h > 24 || min > 59 || s > 60 || (h === 24 && (min > 0 || s > 0))) return Number.NaN
  const seconds = date.getTime() / 1000 + h * 3600 + (min - zoneMinutes(zone)) * 60 + s
  return seconds * 1e6 + Number(fraction.slice(0, 6).padEnd(6, '0'))
}
