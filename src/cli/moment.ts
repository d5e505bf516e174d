import { InvalidArgumentError } from 'commander'
import { microsOf } from '../chunk/event-time.ts'

const unitMicros: Readonly<Record<string, number>> = { s: 1e6, m: 60e6, h: 3600e6, d: 86_400e6, w: 604_800e6 }

const ageOf = (text: string): number | undefined => {
  const match = /^(\d{1,9})([smhdw])$/.exec(text)
  return match === null ? undefined : Number(match[1]) * unitMicros[match[2]]
}

/** A date, in UTC unless it has a zone, or an age (`30d`) before `now` → microseconds since 1970. */
export const momentOf = (text: string, now = Date.now() * 1000): number => {
  const age = ageOf(text)
  const moment = age === undefined ? microsOf(text) : now - age
  if (!Number.isNaN(moment)) return moment
  throw new InvalidArgumentError('it must be a date (2026-11-01, 2026-11-01T12:00+01:00) or an age (30d, 12h, 2w).')
}
