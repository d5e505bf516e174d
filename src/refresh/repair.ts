import { bySeqBit } from './block.ts'
import type { DocumentTable } from './document-table.ts'
import { readFully, writeFully } from './files.ts'
import { type Group, lengthOf, readGroups, steppedBack } from './group-log.ts'

const recordsMax = 1_000_000
/** The longest piece of a file that is put in order in memory. */
const pieceBytesMax = 16 * 1024 * 1024

/** A document's records as they lie in its file, one behind the other. */
interface Records {
  readonly keys: Float64Array
  /** With the flag of `steppedBack`. */
  readonly lengths: Uint32Array
  readonly groupOf: Int32Array
}

const join = (groups: readonly Group[]): Records => {
  const count = groups.reduce((sum, { keys }) => sum + keys.length, 0)
  const records = { keys: new Float64Array(count), lengths: new Uint32Array(count), groupOf: new Int32Array(count) }
  let at = 0
  for (const [i, { keys, lengths }] of groups.entries()) {
    records.keys.set(keys, at)
    records.lengths.set(lengths, at)
    records.groupOf.fill(i, at, at + keys.length)
    at += keys.length
  }
  return records
}

/** `least[i]`: the least key from `i` on. */
const leastFrom = (keys: Float64Array): Float64Array => {
  const least = new Float64Array(keys.length + 1)
  least[keys.length] = Number.POSITIVE_INFINITY
  for (let i = keys.length - 1; i >= 0; i--) least[i] = Math.min(keys[i], least[i + 1])
  return least
}

/** Where the piece that begins at `from` ends: no key behind it is smaller than one in it. */
const pieceEnd = (keys: Float64Array, least: Float64Array, from: number): number => {
  let greatest = keys[from]
  let to = from + 1
  for (; to < keys.length && least[to] < greatest; to++) greatest = Math.max(greatest, keys[to])
  return to
}

const bytesOf = (lengths: Uint32Array, from: number, to: number): number => {
  let bytes = 0
  for (let i = from; i < to; i++) bytes += lengthOf(lengths[i])
  return bytes
}

/** Puts the records `sorted`, which now lie from `from` on and at `offset`, into their order. */
const movePiece = (
  file: number,
  lengths: Uint32Array,
  from: number,
  sorted: Int32Array,
  offset: number,
  bytes: number,
) => {
  const starts = new Int32Array(sorted.length)
  for (let i = 1; i < sorted.length; i++) starts[i] = starts[i - 1] + lengthOf(lengths[from + i - 1])
  const is = Buffer.allocUnsafe(bytes)
  const ought = Buffer.allocUnsafe(bytes)
  readFully(file, is, 0, bytes, offset)
  let write = 0
  for (const record of sorted) {
    const start = starts[record - from]
    write += is.copy(ought, write, start, start + lengthOf(lengths[record]))
  }
  writeFully(file, ought, offset)
}

/** Where the order of the text steps back in the order of arrival. */
const countStepsBack = (order: Int32Array, { lengths, groupOf }: Records): number => {
  let steps = 0
  for (let i = 1; i < order.length; i++) {
    const group = groupOf[order[i]]
    const before = groupOf[order[i - 1]]
    if (group === before ? steppedBack(lengths[order[i]]) : group < before) steps++
  }
  return steps
}

const isWholeSequence = (order: Int32Array, keys: Float64Array): boolean =>
  order.every((record, i) => keys[record] === i)

const inOrder = (from: number, to: number): Int32Array => Int32Array.from({ length: to - from }, (_, i) => from + i)

/**
 * Puts the text of a document that was written as it arrived into order, in place: only the pieces that are out of order
 * are touched. False if that is not all that is wrong with it (repeats, gaps), or it is too much for memory: then nothing
 * can be said of the file.
 */
export const repair = (document: number, documents: DocumentTable, file: number): boolean => {
  const groups = readGroups(document, documents, recordsMax)
  if (groups === undefined) return false
  const records = join(groups)
  const { keys, lengths } = records
  const least = leastFrom(keys)
  const order = inOrder(0, keys.length)
  let offset = 0
  for (let from = 0; from < keys.length; ) {
    const to = pieceEnd(keys, least, from)
    const bytes = bytesOf(lengths, from, to)
    if (to > from + 1) {
      if (bytes > pieceBytesMax) return false
      const sorted = order.subarray(from, to).sort((a, b) => keys[a] - keys[b] || a - b)
      movePiece(file, lengths, from, sorted, offset, bytes)
    }
    offset += bytes
    from = to
  }
  if ((documents.bits[document] & bySeqBit) !== 0 && !isWholeSequence(order, keys)) return false
  documents.outOfOrder[document] = countStepsBack(order, records)
  return true
}
