import { closeSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import type { Block } from './block.ts'
import { type Counters, newCounters } from './counters.ts'
import { FileWriter } from './files.ts'
import type { Input } from './inputs.ts'
import { tooLong } from './judge.ts'
import { digestOf } from './listing.ts'
import { MalformedFile } from './malformed.ts'
import type { Giant, Slice, SliceReader } from './slices.ts'
import type { Turns } from './turns.ts'

/** What every thread of a phase over the inputs is told. */
export interface InputTask {
  readonly inputs: readonly Input[]
  readonly slices: readonly Slice[]
  readonly scratch: string
  readonly turns: SharedArrayBuffer
  readonly threads: number
  /** Which inputs' digests are still to be made. */
  readonly toHash: readonly number[]
}

export interface MalformedPart {
  readonly slice: number
  readonly path: string
  readonly from: number
  readonly to: number
  readonly count: number
}

/** What a thread has to tell of its share of the inputs. */
export interface InputShare {
  readonly counters: Counters
  readonly malformed: MalformedPart[]
  readonly digests: (readonly [input: number, sha256: string])[]
}

export const countBlock = (to: Counters, { lines, blank, records, open, faults }: Block): void => {
  to.lines += lines
  to.blank += blank
  to.records += records
  to.open_lines += open
  to.malformed += faults.length
}

export const countGiant = (to: Counters, { terminated }: Pick<Giant, 'terminated'>): void => {
  to.lines++
  if (terminated) to.malformed++
  else to.open_lines++
}

/** Counts lines, and puts the malformed ones on record, for one thread. */
export class LineAccount implements Disposable {
  readonly counters = newCounters()
  readonly parts: MalformedPart[] = []
  readonly #path: string
  readonly #inputs: readonly Input[]
  #file: MalformedFile | undefined

  constructor(path: string, inputs: readonly Input[]) {
    this.#path = path
    this.#inputs = inputs
  }

  add(index: number, slice: Slice, reader: SliceReader, block: Block): void {
    const { giant } = reader
    countBlock(this.counters, block)
    if (giant !== undefined) countGiant(this.counters, giant)
    if (block.faults.length > 0 || giant?.terminated) this.#record(index, slice, reader, block)
  }

  #record(index: number, slice: Slice, { giant, offset }: SliceReader, { faults }: Block) {
    this.#file ??= new MalformedFile(this.#path)
    const input = this.#inputs[slice.input]
    const from = this.#file.length
    for (const { from: at, to, reason } of faults) {
      this.#file.add({ input, offset: offset + at, length: to - at, reason })
    }
    if (giant?.terminated) this.#file.add({ input, offset: giant.offset, length: giant.length, reason: tooLong })
    const count = faults.length + (giant?.terminated ? 1 : 0)
    this.parts.push({ slice: index, path: this.#path, from, to: this.#file.length, count })
  }

  [Symbol.dispose](): void {
    this.#file?.[Symbol.dispose]()
  }
}

/** The kinds of work that threads claim by number. */
export const work = { slice: 0, hash: 1, part: 2 } as const

/** Digests of inputs that no thread has taken yet. */
export const hashShare = ({ inputs, toHash }: InputTask, turns: Turns): InputShare['digests'] => {
  const digests: InputShare['digests'] = []
  for (let i = turns.claim(work.hash); i < toHash.length && !turns.stopped; i = turns.claim(work.hash)) {
    const { path, size } = inputs[toHash[i]]
    digests.push([toHash[i], digestOf(path, 0, size)])
  }
  return digests
}

/** The last thread begins with the digests, while the others are at the slices already. */
export const hashesFirst = ({ threads }: InputTask, thread: number): boolean => thread > 0 && thread === threads - 1

export const nothingShared = (): InputShare => ({ counters: newCounters(), malformed: [], digests: [] })

export const accountOf = ({ scratch, inputs }: InputTask, thread: number): LineAccount =>
  new LineAccount(join(scratch, `malformed-${thread}`), inputs)

/** Joins the threads' parts in the order of the slices. */
export const joinMalformed = (parts: readonly MalformedPart[], path: string): { bytes: number; count: number } => {
  using file = new FileWriter(path)
  let count = 0
  for (const part of parts.toSorted((a, b) => a.slice - b.slice)) {
    count += part.count
    const fd = openSync(part.path, 'r')
    try {
      const bytes = Buffer.allocUnsafe(Math.min(1024 * 1024, part.to - part.from))
      for (let at = part.from; at < part.to; ) {
        const got = readSync(fd, bytes, 0, Math.min(bytes.length, part.to - at), at)
        if (got === 0) break
        file.write(bytes.subarray(0, got))
        at += got
      }
    } finally {
      closeSync(fd)
    }
  }
  return { bytes: file.length, count }
}
