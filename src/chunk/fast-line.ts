import { microsOf } from './event-time.ts'

/**
 * Reads the lines that producers really write, without parsing them: the members `chunk`, `agent_id`,
 * `destination_uri`, `event_time` (or `timestamp`), and then `response_id` and `seq` or neither, in this order, with or
 * without a space behind `:` and `,`, and no escapes but in `chunk`. It goes backwards from the line's end, so that the
 * long member, which comes first, is not looked at: who unescapes its body finds out whether it is one.
 *
 * Whatever looks different is left to `decode`. What this accepts, `decode` accepts too, with the same meaning.
 */
export class FastLine {
  /** The body of the chunk's JSON string, between its quotes. */
  bodyFrom = 0
  bodyTo = 0
  agentFrom = 0
  agentTo = 0
  uriFrom = 0
  uriTo = 0
  /** Equal if there is no `response_id`. */
  idFrom = 0
  idTo = 0
  /** −1 if there is none. */
  seq = -1
  micros = 0

  readonly #days = new DayCache()

  /** Whether `[from, to)` is such a line; if so, the fields say what it holds. */
  read(bytes: Uint8Array, from: number, to: number): boolean {
    let at = to - 1
    if (at - from < shortestLine || bytes[at] !== closeBrace) return false
    this.seq = -1
    this.idFrom = this.idTo = 0
    if (bytes[at - 1] !== quote) {
      at = this.#readSeq(bytes, at)
      if (at < 0) return false
      const open = openingQuote(bytes, at, from)
      if (open < 0) return false
      this.idFrom = open + 1
      this.idTo = at - 1
      at = memberBefore(bytes, open, responseId)
      if (at < 0) return false
    }
    const time = openingQuote(bytes, at, from)
    if (time < 0) return false
    this.micros = this.#days.micros(bytes, time + 1, at - 1)
    at = memberBefore(bytes, time, eventTime)
    if (at < 0) at = memberBefore(bytes, time, timestamp)
    if (at < 0 || Number.isNaN(this.micros)) return false

    const uri = openingQuote(bytes, at, from)
    if (uri < 0 || uri + 1 === at - 1) return false
    this.uriFrom = uri + 1
    this.uriTo = at - 1
    at = memberBefore(bytes, uri, destinationUri)
    if (at < 0) return false
    const agent = openingQuote(bytes, at, from)
    if (agent < 0) return false
    this.agentFrom = agent + 1
    this.agentTo = at - 1
    at = memberBefore(bytes, agent, agentId)
    return at >= 0 && this.#readBody(bytes, from, at)
  }

  #readBody(bytes: Uint8Array, from: number, to: number): boolean {
    for (let i = 0; i < chunkKey.length; i++) if (bytes[from + i] !== chunkKey[i]) return false
    let at = from + chunkKey.length
    if (bytes[at] === space) at++
    if (bytes[at] !== quote || bytes[to - 1] !== quote || at + 1 > to - 1) return false
    this.bodyFrom = at + 1
    this.bodyTo = to - 1
    return true
  }

  /** The digits that end at `to`; gives where the member before them ends, or −1. */
  #readSeq(bytes: Uint8Array, to: number): number {
    let from = to
    let seq = 0
    let power = 1
    for (let digit = bytes[from - 1] - zero; digit >= 0 && digit <= 9; digit = bytes[from - 1] - zero) {
      seq += digit * power
      power *= 10
      from--
    }
    const digits = to - from
    if (digits === 0 || digits > seqDigitsMax || (digits > 1 && bytes[from] === zero)) return -1
    this.seq = seq
    return memberBefore(bytes, from, seqKey)
  }
}

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const colon = 0x3a
const space = 0x20
const zero = 0x30
const closeBrace = 0x7d

/** Nothing shorter has all the members; it also keeps the backward steps inside the line. */
const shortestLine = 60
/** Fewer than the digits of 2^53, so that every such number is exact. */
const seqDigitsMax = 15

const chunkKey = Buffer.from('{"chunk":')
const agentId = Buffer.from('"agent_id"')
const destinationUri = Buffer.from('"destination_uri"')
const eventTime = Buffer.from('"event_time"')
const timestamp = Buffer.from('"timestamp"')
const responseId = Buffer.from('"response_id"')
const seqKey = Buffer.from('"seq"')

/** The quote that opens the plain string whose closing quote ends at `to`; −1 if there is an escape or control byte in it. */
const openingQuote = (bytes: Uint8Array, to: number, from: number): number => {
  if (bytes[to - 1] !== quote) return -1
  for (let at = to - 2; at > from; at--) {
    const byte = bytes[at]
    if (byte === quote) return at
    if (byte === backslash || byte < space) return -1
  }
  return -1
}

/** If `,"key":` stands before the value at `value`, where its comma is, which is where the member before it ends; or −1. */
const memberBefore = (bytes: Uint8Array, value: number, key: Uint8Array): number => {
  let at = value - 1
  if (bytes[at] === space) at--
  if (bytes[at] !== colon) return -1
  at -= key.length
  for (let i = key.length - 1; i >= 0; i--) if (bytes[at + i] !== key[i]) return -1
  at--
  if (bytes[at] === space) at--
  return bytes[at] === comma ? at : -1
}

const twoDigits = (bytes: Uint8Array, at: number, max: number): number => {
  const tens = bytes[at] - zero
  const ones = bytes[at + 1] - zero
  if (tens < 0 || tens > 9 || ones < 0 || ones > 9) return Number.NaN
  const value = tens * 10 + ones
  return value > max ? Number.NaN : value
}

const dateLength = 10
const dayMicros = 86_400e6
const timeLength = 19
const letterT = 0x54
const letterZ = 0x5a
const point = 0x2e
const dash = 0x2d

/** `YYYY-MM-DDTHH:MM:SS`, with six decimals or none, with `Z` or not: the forms that producers write. Others are NaN. */
class DayCache {
  #date = Buffer.alloc(dateLength)
  #midnight = Number.NaN

  micros(bytes: Uint8Array, from: number, to: number): number {
    let at = from + timeLength
    let fraction = 0
    if (at < to && bytes[at] === point) {
      for (let i = 1; i <= 6; i++) {
        const digit = bytes[at + i] - zero
        if (digit < 0 || digit > 9) return Number.NaN
        fraction = fraction * 10 + digit
      }
      at += 7
    }
    if (at < to && bytes[at] === letterZ) at++
    if (at !== to) return Number.NaN
    if (bytes[from + 10] !== letterT || bytes[from + 13] !== colon || bytes[from + 16] !== colon) return Number.NaN
    const hours = twoDigits(bytes, from + 11, 23)
    const minutes = twoDigits(bytes, from + 14, 59)
    const seconds = twoDigits(bytes, from + 17, 59)
    return this.#midnightOf(bytes, from) + ((hours * 60 + minutes) * 60 + seconds) * 1e6 + fraction
  }

  #midnightOf(bytes: Uint8Array, from: number): number {
    const date = this.#date
    for (let i = dateLength - 1; ; i--) {
      if (i < 0) return this.#midnight
      if (bytes[from + i] !== date[i]) break
    }
    date.set(bytes.subarray(from, from + dateLength))
    const midnight = date[4] === dash ? microsOf(date.toString('latin1')) : Number.NaN
    this.#midnight = Number.isSafeInteger(midnight + dayMicros) ? midnight : Number.NaN
    return this.#midnight
  }
}
