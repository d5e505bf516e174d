import { openSync, unlinkSync } from 'node:fs'
import type { Block } from './block.ts'
import type { DocumentTable } from './document-table.ts'
import type { Facts } from './facts.ts'
import { readFully, writeFully } from './files.ts'

/** A group's header: where the document's group before it is, its number of records, where its text begins, a spare. */
const headerBytes = 32
const bytesPerRecord = 12
const threadsMax = 16

/** A text is shorter than a line, which leaves the top bit free: it says that the record arrived before its predecessor. */
const lengthMask = 0x7fffffff
const steppedBackBit = 0x80000000

const bytesOf = (records: number) => headerBytes + Math.ceil((records * bytesPerRecord) / 8) * 8

/** The records of one document in one slice: their keys and lengths, in the order in which their text was written. */
export interface Group {
  readonly textFrom: number
  readonly keys: Float64Array
  readonly lengths: Uint32Array
}

export const lengthOf = (word: number): number => word & lengthMask
export const steppedBack = (word: number): boolean => (word & steppedBackBit) !== 0

/**
 * Remembers on the disk how each document's file was put together: one log per thread, in which every group points back
 * to the document's group before it, whosever log that is in. Memory is bounded by a slice.
 */
export class GroupLog {
  readonly #thread: number
  readonly #documents: DocumentTable
  readonly #file: number
  #buffer = Buffer.allocUnsafeSlow(64 * 1024)
  #doubles = new Float64Array(this.#buffer.buffer)
  #words = new Uint32Array(this.#buffer.buffer)
  #used = 0
  #written = 0
  #block: Block | undefined

  constructor(path: string, thread: number, documents: DocumentTable) {
    this.#thread = thread
    this.#documents = documents
    this.#file = openSync(path, 'wx+')
    unlinkSync(path)
    documents.groupFiles[thread] = this.#file
  }

  begin(block: Block): void {
    const wanted = block.touchedCount * (headerBytes + 8) + block.records * bytesPerRecord
    if (wanted > this.#buffer.length) this.#grow(Math.ceil(wanted / 4) * 8)
    this.#block = block
  }

  add(document: number, textFrom: number, { records }: Facts, answer: number): void {
    const { order, keys, textLengths, firsts } = this.#block as Block
    const doubles = this.#doubles
    const words = this.#words
    const at = this.#used
    doubles[at / 8] = this.#documents.lastGroups[document]
    doubles[at / 8 + 1] = records
    doubles[at / 8 + 2] = textFrom
    this.#documents.lastGroups[document] = (this.#written + at) * threadsMax + this.#thread
    const keyAt = (at + headerBytes) / 8
    const lengthAt = (keyAt + records) * 2
    const from = firsts[answer]
    for (let i = 0; i < records; i++) {
      const record = order[from + i]
      doubles[keyAt + i] = keys[record]
      const isBack = i > 0 && record < order[from + i - 1]
      words[lengthAt + i] = isBack ? textLengths[record] | steppedBackBit : textLengths[record]
    }
    this.#used = at + bytesOf(records)
  }

  #grow(bytes: number) {
    this.#buffer = Buffer.allocUnsafeSlow(bytes)
    this.#doubles = new Float64Array(this.#buffer.buffer)
    this.#words = new Uint32Array(this.#buffer.buffer)
  }

  write(): void {
    writeFully(this.#file, this.#buffer.subarray(0, this.#used), this.#written)
    this.#written += this.#used
    this.#used = 0
  }
}

/** The groups of a document, in the order in which they were written; or nothing if they hold more than `recordsMax`. */
export const readGroups = (document: number, documents: DocumentTable, recordsMax: number): Group[] | undefined => {
  if (documents.records[document] > recordsMax) return undefined
  const groups: Group[] = []
  const header = Buffer.alloc(headerBytes)
  for (let pointer = documents.lastGroups[document]; pointer >= 0; ) {
    const file = documents.groupFiles[pointer % threadsMax]
    const at = Math.floor(pointer / threadsMax)
    readFully(file, header, 0, headerBytes, at)
    const records = header.readDoubleLE(8)
    const body = Buffer.allocUnsafeSlow(Math.max(8, records * bytesPerRecord))
    readFully(file, body, 0, records * bytesPerRecord, at + headerBytes)
    groups.push({
      textFrom: header.readDoubleLE(16),
      keys: new Float64Array(body.buffer, 0, records),
      lengths: new Uint32Array(body.buffer, records * 8, records),
    })
    pointer = header.readDoubleLE(0)
  }
  return groups.reverse()
}
