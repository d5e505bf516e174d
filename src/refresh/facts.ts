import type { Chunk, End } from '../chunk/chunk.ts'
import { type Block, bySeqBit } from './block.ts'

/** What a block says of one of its answers, found in one walk over its records in the order of the text. */
export interface Facts {
  readonly records: number
  readonly bytes: number
  readonly firstKey: number
  readonly lastKey: number
  /** Every `seq` is the one before it and one. */
  readonly contiguous: boolean
  readonly outOfOrder: number
  readonly firstMicros: number
  readonly lastMicros: number
  /** The first record, if it is an odd one. */
  readonly first: Chunk | undefined
  /** The last closing record's, and how many there are. */
  readonly end: End | undefined
  readonly endKey: number
  readonly ends: number
}

export const factsOf = (block: Block, answer: number): Facts => {
  const { order, keys, micros, textLengths, bodyTo, bodyFrom, odd } = block
  const at = block.firsts[answer]
  const records = block.counts[answer]
  const bySeq = (block.bits[answer] & bySeqBit) !== 0
  let bytes = 0
  let contiguous = true
  let outOfOrder = 0
  let firstMicros = Number.NaN
  let lastMicros = Number.NaN
  let ends = 0
  let endKey = -1
  let end: End | undefined
  let last = -1
  for (let i = at; i < at + records; i++) {
    const record = order[i]
    bytes += textLengths[record]
    if (last >= 0) {
      if (record < last) outOfOrder++
      if (keys[record] !== keys[last] + 1) contiguous = false
    }
    last = record
    const time = micros[record]
    if (!(time >= firstMicros) && !Number.isNaN(time)) firstMicros = time
    if (!(time <= lastMicros) && !Number.isNaN(time)) lastMicros = time
    if (bodyTo[record] >= 0) continue
    const found = odd[bodyFrom[record]].chunk.end
    if (found === undefined || !bySeq) continue
    ends++
    end = found
    endKey = keys[record]
  }
  const first = order[at]
  return {
    records,
    bytes,
    firstKey: keys[first],
    lastKey: keys[order[at + records - 1]],
    contiguous,
    outOfOrder,
    firstMicros,
    lastMicros,
    first: bodyTo[first] < 0 ? odd[bodyFrom[first]].chunk : undefined,
    end,
    endKey,
    ends,
  }
}
