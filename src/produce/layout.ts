/**
 * Where the members lie in a line as `LineWriter` writes it, found backwards from its end without looking at the text.
 * Good for all records but an answer's first and last; `looksAt` is false for those and for anybody else's lines.
 */
export const layout = { chunkTo: 0, uriFrom: 0, uriTo: 0, idFrom: 0, idTo: 0, seq: 0 }

/** The chunk's text begins here, behind `{"chunk":"`. */
export const chunkFrom = 10

const quote = 0x22
const backslash = 0x5c
const digitsMax = 15
const [head, agentKey, uriKey, timeKey, idKey, seqKey] = [
  '{"chunk":"',
  '","agent_id":"',
  '","destination_uri":"',
  '","event_time":"',
  '","response_id":"',
  '","seq":',
].map(text => Buffer.from(text))

const isAt = (line: Uint8Array, at: number, key: Uint8Array) => {
  if (at < 0) return false
  for (let i = 0; i < key.length; i++) if (line[at + i] !== key[i]) return false
  return true
}

/** Where the value that ends at `to` begins, if `key` stands before it; else -1. */
const valueAt = (line: Uint8Array, to: number, key: Uint8Array) => {
  let at = to
  while (at > 0 && line[at - 1] !== quote) if (line[--at] === backslash) return -1
  return isAt(line, at - key.length, key) ? at : -1
}

const seqAt = (line: Uint8Array) => {
  let at = line.length - 1
  let seq = 0
  for (let ten = 1; at > 0 && line[at - 1] >= 0x30 && line[at - 1] <= 0x39; ten *= 10) seq += (line[--at] - 0x30) * ten
  const digits = line.length - 1 - at
  if (digits === 0 || digits > digitsMax || (digits > 1 && line[at] === 0x30)) return -1
  layout.seq = seq
  return isAt(line, at - seqKey.length, seqKey) ? at - seqKey.length : -1
}

export const looksAt = (line: Uint8Array): boolean => {
  if (line[line.length - 1] !== 0x7d || !isAt(line, 0, head)) return false
  const idTo = seqAt(line)
  const idFrom = valueAt(line, idTo, idKey)
  if (idTo < 0 || idFrom < 0) return false
  const timeFrom = valueAt(line, idFrom - idKey.length, timeKey)
  if (timeFrom < 0) return false
  const uriTo = timeFrom - timeKey.length
  const uriFrom = valueAt(line, uriTo, uriKey)
  if (uriFrom < 0 || uriFrom === uriTo) return false
  const agentFrom = valueAt(line, uriFrom - uriKey.length, agentKey)
  if (agentFrom < 0 || agentFrom - agentKey.length < chunkFrom) return false
  layout.chunkTo = agentFrom - agentKey.length
  layout.uriFrom = uriFrom
  layout.uriTo = uriTo
  layout.idFrom = idFrom
  layout.idTo = idTo
  return true
}
