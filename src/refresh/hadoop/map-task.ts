import { Block, bySeqBit, byTimeBit } from '../block.ts'
import { newCounters } from '../counters.ts'
import { tooLong } from '../judge.ts'
import { malformedHead, pieceBytesMax } from '../malformed.ts'
import { countBlock, countGiant } from '../share.ts'
import { FrameReader, FrameWriter, readingFrom, valueBehind } from './frames.ts'
import type { ListedInput } from './input-list.ts'
import { answerKey, countersKey, malformedKey, type Place, placeBytes, writePlace } from './key.ts'
import { follows, runBytes, runBytesMax, writeRunHead, writeRunRecord } from './runs.ts'
import { type LineTarget, SplitLines } from './split-lines.ts'
import type { Tell } from './tell.ts'

export interface MapOrder {
  /** Descriptors. */
  readonly input: number
  readonly output: number
  readonly inputs: readonly ListedInput[]
  readonly tell: Tell
}

const carriageReturn = 0x0d
/** Answers that are remembered from block to block. */
const answersMax = 16 * 1024

const withoutReturn = (bytes: Buffer): Buffer =>
  bytes.at(-1) === carriageReturn ? bytes.subarray(0, bytes.length - 1) : bytes

/** Sends what it is told of one input's lines to the reducers. */
class LineSender implements LineTarget {
  readonly counters = newCounters()
  readonly #out: FrameWriter
  readonly #block = new Block()
  readonly #keys: Buffer[] = []
  /** Bytes of a line that is too long; nobody knows yet whether they are its last ones. */
  readonly #held = Buffer.allocUnsafeSlow(pieceBytesMax)
  #heldBytes = 0
  #pieces = 0
  input: ListedInput = { path: '', name: '', base: 0, size: 0 }

  constructor(out: FrameWriter) {
    this.#out = out
  }

  block(bytes: Buffer, to: number, offset: number): void {
    const block = this.#block
    if (block.table.count > answersMax) {
      block.clear()
      this.#keys.length = 0
    }
    block.arrange(bytes, 0, to)
    countBlock(this.counters, block)
    for (const fault of block.faults) {
      const line = withoutReturn(bytes.subarray(fault.from, fault.to))
      this.#sendHead(offset + fault.from, fault.reason)
      this.#pieces = 0
      for (let at = 0; at < line.length; at += pieceBytesMax) {
        this.#sendPiece(offset + fault.from, line.subarray(at, at + pieceBytesMax))
      }
    }
    for (let i = 0; i < block.touchedCount; i++) this.#sendAnswer(block.touched[i], this.input.base + offset)
  }

  giant(offset: number, bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#heldBytes === pieceBytesMax) this.#sendHeld(offset, pieceBytesMax)
      const copied = bytes.copy(this.#held, this.#heldBytes, at)
      this.#heldBytes += copied
      at += copied
    }
  }

  giantEnd(offset: number, _length: number, terminated: boolean): void {
    countGiant(this.counters, { terminated })
    this.#sendHeld(offset, withoutReturn(this.#held.subarray(0, this.#heldBytes)).length)
    this.#pieces = 0
    // Without a head the pieces come to nothing: such a line is still being written.
    if (terminated) this.#sendHead(offset, tooLong)
  }

  #sendHead(offset: number, reason: string) {
    const { name, base } = this.input
    this.#out.write(malformedKey(base + offset, 0), malformedHead(name, offset, reason))
  }

  #sendHeld(offset: number, bytes: number) {
    if (bytes > 0) this.#sendPiece(offset, this.#held.subarray(0, bytes))
    this.#heldBytes = 0
  }

  #sendPiece(offset: number, bytes: Buffer) {
    this.#pieces++
    this.#out.write(malformedKey(this.input.base + offset, this.#pieces), bytes)
  }

  #placeOf(record: number, arrival: number): Place {
    const block = this.#block
    const bits = block.bits[block.answerOf[record]] & (bySeqBit | byTimeBit)
    const { seq, response_id = '' } = bits === (bySeqBit | byTimeBit) ? block.chunkOf(record) : {}
    const bySeq = bits === bySeqBit || (seq !== undefined && response_id !== '')
    return { bySeq, key: block.keys[record], arrival: arrival + block.lineFrom[record] }
  }

  /** Cuts an answer's records into runs; `arrival` is that of the block. */
  #sendAnswer(answer: number, arrival: number) {
    const { order, firsts, counts, lineFrom, lineTo } = this.#block
    const end = firsts[answer] + counts[answer]
    for (let from = firsts[answer]; from < end; ) {
      const first = this.#placeOf(order[from], arrival)
      let last = first
      let lineBytes = lineTo[order[from]] - lineFrom[order[from]]
      let to = from + 1
      for (; to < end; to++) {
        const length = lineTo[order[to]] - lineFrom[order[to]]
        const next = this.#placeOf(order[to], arrival)
        if (!follows(next, last) || lineBytes + length > runBytesMax) break
        last = next
        lineBytes += length
      }
      this.#sendRun(answer, from, to, first, last, lineBytes)
      from = to
    }
  }

  #sendRun(answer: number, from: number, to: number, first: Place, last: Place, lineBytes: number) {
    const { order, lineFrom } = this.#block
    const key = this.#keyOf(answer)
    const keyAt = this.#out.frame(key.length + placeBytes, runBytes(to - from, lineBytes))
    const { bytes } = this.#out
    bytes.set(key, keyAt)
    writePlace(first, bytes, keyAt + key.length)
    let at = writeRunHead(last, bytes, keyAt + key.length + placeBytes + valueBehind)
    for (let i = from; i < to; i++) {
      const behindFirst = lineFrom[order[i]] - lineFrom[order[from]]
      at = writeRunRecord(this.#block.lineOf(order[i]), behindFirst, bytes, at)
    }
  }

  #keyOf(answer: number): Buffer {
    const { table } = this.#block
    this.#keys[answer] ??= answerKey(table.uriBytes(answer), table.idBytes(answer))
    return this.#keys[answer]
  }
}

/**
 * The map of the job: parts of files → what was found in their lines, to be sorted. An empty key begins a part, with the
 * file's number in `inputs.json`; others are the offsets of the bytes that come with them.
 */
export const mapTask = ({ input, output, inputs, tell }: MapOrder): void => {
  const frames = new FrameReader(readingFrom(input))
  const out = new FrameWriter(output)
  const sender = new LineSender(out)
  const lines = new SplitLines(sender)
  let hasBegun = false
  for (let frame = frames.next(); frame !== undefined; frame = frames.next()) {
    const { key, value } = frame
    if (key.length === 0) {
      lines.end()
      hasBegun = false
      sender.input = inputs[value.readInt32BE(0)]
      continue
    }
    if (!hasBegun) lines.begin(Number(key.readBigInt64BE(0)))
    hasBegun = true
    lines.add(value)
  }
  lines.end()
  const { lines: all, blank, records, malformed, open_lines } = sender.counters
  const counted = { lines: all, blank, records, malformed, open_lines }
  out.write(countersKey, Buffer.from(JSON.stringify(counted)))
  out.flush()
  tell.counters(counted)
}
