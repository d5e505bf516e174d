import { closeSync } from 'node:fs'
import { hashBytes } from '../chunk/answer-table.ts'
import { bySeqBit, byTimeBit, disorderBit, hardBit } from './block.ts'
import type { Facts } from './facts.ts'

/** So many documents have their files open at once. */
export const documentsMax = 4096
const namesBytesMax = 1024 * 1024
const threadsMax = 16
const slotsPerDocument = 2

const mixed = bySeqBit | byTimeBit

/** Has parts that came too late for their place in the file. */
const lateBit = disorderBit

const layout = (memory: SharedArrayBuffer) => {
  let at = 0
  const take = <T>(
    type: new (b: SharedArrayBuffer, at: number, length: number) => T,
    bytes: number,
    length: number,
  ): T => {
    const array = new type(memory, at, length)
    at += Math.ceil((bytes * length) / 8) * 8
    return array
  }
  return {
    sizes: take(Float64Array, 8, documentsMax),
    lastKeys: take(Float64Array, 8, documentsMax),
    records: take(Float64Array, 8, documentsMax),
    outOfOrder: take(Float64Array, 8, documentsMax),
    firstMicros: take(Float64Array, 8, documentsMax),
    lastMicros: take(Float64Array, 8, documentsMax),
    lastGroups: take(Float64Array, 8, documentsMax),
    files: take(Int32Array, 4, documentsMax),
    nameFrom: take(Int32Array, 4, documentsMax + 1),
    uriLengths: take(Int32Array, 4, documentsMax),
    slots: take(Int32Array, 4, documentsMax * slotsPerDocument),
    groupFiles: take(Int32Array, 4, threadsMax),
    count: take(Int32Array, 4, 1),
    bits: take(Uint8Array, 1, documentsMax),
    names: take(Uint8Array, 1, namesBytesMax),
    byteLength: at,
  }
}

const noFile = -1
const awaitMs = 50
export const noGroup = -1
const firstOfNone = -1

/**
 * The documents of a run, in memory that threads share. All of it is written by the thread whose turn it is; only
 * `files` is waited for by others.
 */
export class DocumentTable {
  static readonly countMax = documentsMax
  static readonly threadsMax = threadsMax
  readonly sizes: Float64Array
  readonly records: Float64Array
  readonly outOfOrder: Float64Array
  readonly firstMicros: Float64Array
  readonly lastMicros: Float64Array
  readonly lastGroups: Float64Array
  readonly files: Int32Array
  readonly bits: Uint8Array
  readonly groupFiles: Int32Array
  readonly #lastKeys: Float64Array
  readonly #nameFrom: Int32Array
  readonly #uriLengths: Int32Array
  readonly #slots: Int32Array
  readonly #count: Int32Array
  readonly #names: Buffer

  constructor(memory: SharedArrayBuffer) {
    const at = layout(memory)
    this.sizes = at.sizes
    this.records = at.records
    this.outOfOrder = at.outOfOrder
    this.firstMicros = at.firstMicros
    this.lastMicros = at.lastMicros
    this.lastGroups = at.lastGroups
    this.files = at.files
    this.bits = at.bits
    this.groupFiles = at.groupFiles
    this.#lastKeys = at.lastKeys
    this.#nameFrom = at.nameFrom
    this.#uriLengths = at.uriLengths
    this.#slots = at.slots
    this.#count = at.count
    this.#names = Buffer.from(at.names.buffer, at.names.byteOffset, at.names.byteLength)
  }

  static memory(): SharedArrayBuffer {
    return new SharedArrayBuffer(documentsMax * (8 * 7 + 4 * (3 + slotsPerDocument) + 1) + namesBytesMax + 1024)
  }

  get count(): number {
    return this.#count[0]
  }

  uriOf(document: number): string {
    const from = this.#nameFrom[document]
    return this.#names.toString('utf8', from, from + this.#uriLengths[document])
  }

  idOf(document: number): string {
    return this.#names.toString(
      'utf8',
      this.#nameFrom[document] + this.#uriLengths[document],
      this.#nameFrom[document + 1],
    )
  }

  isHard(document: number): boolean {
    return (this.bits[document] & hardBit) !== 0
  }

  isLate(document: number): boolean {
    return (this.bits[document] & lateBit) !== 0
  }

  setHard(document: number): void {
    this.bits[document] |= hardBit
  }

  /** The document with this uri, made if there is none; hard from now on if it has an answer of another id. −1 if there is no room. */
  find(uri: Buffer, id: Buffer): number {
    let slot = (hashBytes(uri, 0, uri.length) >>> 0) % this.#slots.length
    for (; this.#slots[slot] !== 0; slot = (slot + 1) % this.#slots.length) {
      const document = this.#slots[slot] - 1
      const from = this.#nameFrom[document]
      const idFrom = from + this.#uriLengths[document]
      if (!this.#names.subarray(from, idFrom).equals(uri)) continue
      if (!this.#names.subarray(idFrom, this.#nameFrom[document + 1]).equals(id)) this.setHard(document)
      return document
    }
    return this.#add(slot, uri, id)
  }

  /** Takes in what a slice says of a document; its part begins where `sizes` says before. */
  add(document: number, blockBits: number, facts: Facts): void {
    const bits = this.bits[document] | (blockBits & (hardBit | mixed))
    this.bits[document] = (bits & mixed) === mixed ? bits | hardBit : bits
    if (this.#isLate(document, facts)) this.bits[document] |= lateBit
    this.sizes[document] += facts.bytes
    this.records[document] += facts.records
    this.outOfOrder[document] += facts.outOfOrder
    if (!(facts.lastKey <= this.#lastKeys[document])) this.#lastKeys[document] = facts.lastKey
    if (!(facts.firstMicros >= this.firstMicros[document]) && !Number.isNaN(facts.firstMicros))
      this.firstMicros[document] = facts.firstMicros
    if (!(facts.lastMicros <= this.lastMicros[document]) && !Number.isNaN(facts.lastMicros))
      this.lastMicros[document] = facts.lastMicros
  }

  /** For a run that is given up. */
  closeFiles(): void {
    for (const file of this.files.subarray(0, this.count)) if (file > 0) closeSync(file)
  }

  closeGroupFiles(threads: number): void {
    for (const file of this.groupFiles.subarray(0, threads)) if (file > 0) closeSync(file)
  }

  setFile(document: number, file: number): void {
    Atomics.store(this.files, document, file)
    Atomics.notify(this.files, document)
  }

  /** The document's file, which the thread that saw the document first is opening. */
  awaitFile(document: number, isStopped: () => boolean): number {
    for (;;) {
      const file = Atomics.load(this.files, document)
      if (file !== noFile) return file
      if (isStopped()) throw new Error('another thread failed')
      Atomics.wait(this.files, document, noFile, awaitMs)
    }
  }

  #isLate(document: number, { firstKey, contiguous }: Facts): boolean {
    const last = this.#lastKeys[document]
    if ((this.bits[document] & bySeqBit) !== 0) return !contiguous || firstKey !== last + 1
    return this.records[document] > 0 && firstKey < last
  }

  #add(slot: number, uri: Buffer, id: Buffer): number {
    const document = this.count
    const from = this.#nameFrom[document]
    const to = from + uri.length + id.length
    if (document === documentsMax || to > namesBytesMax) return -1
    uri.copy(this.#names, from)
    id.copy(this.#names, from + uri.length)
    this.#uriLengths[document] = uri.length
    this.#nameFrom[document + 1] = to
    this.#lastKeys[document] = firstOfNone
    this.firstMicros[document] = this.lastMicros[document] = Number.NaN
    this.lastGroups[document] = noGroup
    this.files[document] = noFile
    this.#slots[slot] = document + 1
    this.#count[0] = document + 1
    return document
  }
}
