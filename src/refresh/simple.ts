import { hash } from 'node:crypto'
import { type Answer, endFaults, stateOf } from './answer.ts'
import { type Block, bySeqBit, byTimeBit, hardBit } from './block.ts'
import type { Facts } from './facts.ts'

const mixed = bySeqBit | byTimeBit

/** Whether these bits leave anything to `reduce`. */
export const areSimple = (bits: number): boolean => (bits & hardBit) === 0 && (bits & mixed) !== mixed

export type SimpleFacts = Pick<
  Answer,
  'responseId' | 'source' | 'end' | 'bytes' | 'sha256' | 'firstMicros' | 'lastMicros' | 'outOfOrder'
> & {
  readonly agentId?: string | undefined
  readonly supersedes?: string | undefined
  readonly bySeq: boolean
  /** The closing record's among them. */
  readonly records: number
}

/** The account of an answer without repeats, conflicts or gaps, whose closing record, if it has one, is its last. */
export const simpleAnswer = (facts: SimpleFacts): Answer => {
  const { responseId, agentId, source, supersedes, end, bytes, sha256, bySeq, records } = facts
  const faults = end === undefined ? [] : endFaults(end, records - 1, bytes, sha256)
  return {
    responseId,
    agentId,
    source,
    supersedes,
    end,
    state: stateOf(bySeq, faults, end !== undefined),
    chunks: end === undefined ? records : records - 1,
    bytes,
    sha256,
    firstMicros: facts.firstMicros,
    lastMicros: facts.lastMicros,
    repeats: 0,
    conflicts: 0,
    gaps: 0,
    missing: 0,
    outOfOrder: facts.outOfOrder,
    faults,
  }
}

const isWhole = ({ contiguous, firstKey, lastKey, ends, endKey }: Facts) =>
  contiguous && firstKey === 0 && (ends === 0 || (ends === 1 && endKey === lastKey))

/** The account of an answer that a block holds whole; nothing if only `reduce` can tell. */
export const simpleAnswerOf = (block: Block, answer: number, facts: Facts, isOnly: boolean): Answer | undefined => {
  const bits = block.bits[answer]
  const bySeq = (bits & bySeqBit) !== 0
  if (!areSimple(bits) || (bySeq && !isWhole(facts))) return undefined
  const first = facts.first ?? (isOnly ? undefined : block.chunkOf(block.order[block.firsts[answer]]))
  const from = block.textFrom[answer]
  const { records, bytes, end, firstMicros, lastMicros, outOfOrder } = facts
  return simpleAnswer({
    responseId: block.table.idBytes(answer).toString(),
    agentId: first?.agent_id,
    source: first?.source,
    supersedes: first?.supersedes,
    end,
    bytes,
    sha256: hash('sha256', block.text.subarray(from, from + bytes), 'hex'),
    firstMicros,
    lastMicros,
    outOfOrder,
    bySeq,
    records,
  })
}
