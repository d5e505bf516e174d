/** One member of a JSON object: where its key (quotes included) and its value lie in the text. */
export interface Member {
  readonly key: string
  readonly from: number
  readonly valueFrom: number
  readonly to: number
}

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const isSpace = (code: number) => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
const isOpen = (code: number) => code === 0x7b || code === 0x5b
const isClose = (code: number) => code === 0x7d || code === 0x5d

const skipSpace = (json: string, at: number) => {
  while (isSpace(json.charCodeAt(at))) at++
  return at
}

/** Behind the closing quote of the string that opens at `at`. */
const skipString = (json: string, at: number) => {
  for (let close = json.indexOf('"', at + 1); ; close = json.indexOf('"', close + 1)) {
    let before = close - 1
    while (json.charCodeAt(before) === backslash) before--
    if ((close - before) % 2 === 1) return close + 1
  }
}

const skipScalar = (json: string, at: number) => {
  for (;;) {
    const code = json.charCodeAt(at)
    if (code === comma || isClose(code) || isSpace(code)) return at
    at++
  }
}

const skipNested = (json: string, at: number) => {
  let depth = 0
  do {
    const code = json.charCodeAt(at)
    if (isOpen(code)) depth++
    else if (isClose(code)) depth--
    at = code === quote ? skipString(json, at) : at + 1
  } while (depth > 0)
  return at
}

const skipValue = (json: string, at: number) => {
  const code = json.charCodeAt(at)
  if (code === quote) return skipString(json, at)
  return isOpen(code) ? skipNested(json, at) : skipScalar(json, at)
}

const keyAt = (json: string, from: number, to: number): string => {
  const raw = json.slice(from + 1, to - 1)
  return raw.includes('\\') ? JSON.parse(json.slice(from, to)) : raw
}

/**
 * The members of the JSON object that opens at `at`, in order, repeated keys included (JSON.parse hides those, and
 * rounds numbers). The text must be valid JSON: that is checked before, by JSON.parse.
 */
export const membersOf = (json: string, at = 0): Member[] => {
  const members: Member[] = []
  at = skipSpace(json, skipSpace(json, at) + 1)
  while (json.charCodeAt(at) === quote) {
    const from = at
    const keyTo = skipString(json, at)
    const valueFrom = skipSpace(json, skipSpace(json, keyTo) + 1)
    const to = skipValue(json, valueFrom)
    members.push({ key: keyAt(json, from, keyTo), from, valueFrom, to })
    at = skipSpace(json, to)
    if (json.charCodeAt(at) === comma) at = skipSpace(json, at + 1)
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
