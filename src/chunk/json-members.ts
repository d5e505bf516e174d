/** One member of a JSON object: where its key (quotes included) and its value lie in the bytes. */
export interface Member {
  readonly key: string
  readonly from: number
  readonly valueFrom: number
  readonly to: number
}

const quote = 0x22
const backslash = 0x5c
const isSpace = (byte: number) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
const isOpen = (byte: number) => byte === 0x7b || byte === 0x5b
const isClose = (byte: number) => byte === 0x7d || byte === 0x5d
const comma = 0x2c

const skipSpace = (json: Buffer, at: number) => {
  while (isSpace(json[at])) at++
  return at
}

/** Behind the closing quote of the string that opens at `at`. */
const skipString = (json: Buffer, at: number) => {
  for (let close = json.indexOf(quote, at + 1); ; close = json.indexOf(quote, close + 1)) {
    let slashes = 0
    while (json[close - 1 - slashes] === backslash) slashes++
    if (slashes % 2 === 0) return close + 1
  }
}

const skipValue = (json: Buffer, at: number) => {
  let depth = 0
  for (;;) {
    const byte = json[at]
    if (byte === quote) at = skipString(json, at)
    else if (depth === 0 && (byte === comma || isClose(byte) || isSpace(byte))) return at
    else {
      if (isOpen(byte)) depth++
      else if (isClose(byte)) depth--
      at++
    }
    if (depth === 0 && (byte === quote || isClose(byte))) return at
  }
}

/**
 * The members of the JSON object that opens at `at`, in order, repeated keys included (JSON.parse hides those, and
 * rounds numbers). The bytes must be valid JSON: that is checked before, by JSON.parse.
 */
export const membersOf = (json: Buffer, at = 0): Member[] => {
  const members: Member[] = []
  at = skipSpace(json, skipSpace(json, at) + 1)
  while (json[at] === quote) {
    const from = at
    const keyTo = skipString(json, at)
    const valueFrom = skipSpace(json, skipSpace(json, keyTo) + 1)
    const to = skipValue(json, valueFrom)
    members.push({ key: JSON.parse(json.toString('utf8', from, keyTo)), from, valueFrom, to })
    at = skipSpace(json, to)
    if (json[at] === comma) at = skipSpace(json, at + 1)
  }
  return members
}

/** The first key that stands twice among `members`, if one does. */
export const repeatedKey = (members: readonly Member[]): string | undefined => {
  const seen = new Set<string>()
  for (const { key } of members) {
    if (seen.has(key)) return key
    seen.add(key)
  }
  return undefined
}
