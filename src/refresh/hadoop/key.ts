/**
 * The keys of what goes from mappers to reducers. Hadoop compares them byte by byte, and DocumentPartitioner reads the
 * uri in them.
 */

/** The first byte of a key. What comes first is sorted first. */
export const kinds = { counters: 0, malformed: 1, records: 2 } as const

export const countersKey = Buffer.of(kinds.counters)

const two32 = 2 ** 32
const bias = 2 ** 31
const numberBytes = 8

/** Safe integers as eight bytes that sort as the numbers do; NaN as eight zeros, before all. */
export const writeNumber = (number: number, into: Buffer, at: number): void => {
  if (Number.isNaN(number)) return void into.fill(0, at, at + numberBytes)
  const high = Math.floor(number / two32)
  into.writeUInt32BE(high + bias, at)
  into.writeUInt32BE(number - high * two32, at + 4)
}

export const readNumber = (from: Buffer, at: number): number => {
  const high = from.readUInt32BE(at)
  const low = from.readUInt32BE(at + 4)
  return high === 0 && low === 0 ? Number.NaN : (high - bias) * two32 + low
}

/** Of a malformed line: piece 0 says why it is none, the others are its bytes. */
export const malformedKey = (arrival: number, piece: number): Buffer => {
  const key = Buffer.alloc(1 + numberBytes + 4)
  key[0] = kinds.malformed
  writeNumber(arrival, key, 1)
  key.writeUInt32BE(piece, 1 + numberBytes)
  return key
}

export const readMalformedKey = (key: Buffer): { arrival: number; piece: number } => ({
  arrival: readNumber(key, 1),
  piece: key.readUInt32BE(1 + numberBytes),
})

/** A zero byte of a name becomes `0 1`, and two zeros end it: so that a name sorts before what it is the beginning of. */
const writeName = (name: Uint8Array, into: Buffer, at: number): number => {
  for (const byte of name) {
    into[at++] = byte
    if (byte === 0) into[at++] = 1
  }
  into[at++] = 0
  into[at++] = 0
  return at
}

/** How an answer's keys begin. */
export const answerKey = (uri: Uint8Array, responseId: Uint8Array): Buffer => {
  const key = Buffer.allocUnsafe(1 + 2 * (uri.length + responseId.length) + 4)
  key[0] = kinds.records
  return key.subarray(0, writeName(responseId, key, writeName(uri, key, 1)))
}

const readName = (key: Buffer, from: number, to: number): string => {
  const name = key.subarray(from, to)
  if (!name.includes(0)) return name.toString()
  return Buffer.from(name.filter((byte, at) => byte !== 1 || name[at - 1] !== 0)).toString()
}

const nameEnd = Buffer.alloc(2)

/** Whose answer it is whose keys begin like this. */
export const readAnswerKey = (key: Buffer): { uri: string; responseId: string } => {
  const uriTo = key.indexOf(nameEnd, 1)
  return { uri: readName(key, 1, uriTo), responseId: readName(key, uriTo + 2, key.length - 2) }
}

/** How an answer's keys end: records with `seq` first, then by `seq` or time, then by arrival. */
export interface Place {
  readonly bySeq: boolean
  /** NaN for a record without a time. */
  readonly key: number
  readonly arrival: number
}

export const placeBytes = 1 + 2 * numberBytes

export const writePlace = ({ bySeq, key, arrival }: Place, into: Buffer, at: number): void => {
  into[at] = bySeq ? 0 : 1
  writeNumber(key, into, at + 1)
  writeNumber(arrival, into, at + 1 + numberBytes)
}

export const readPlace = (from: Buffer, at: number): Place => ({
  bySeq: from[at] === 0,
  key: readNumber(from, at + 1),
  arrival: readNumber(from, at + 1 + numberBytes),
})
