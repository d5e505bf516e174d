import { asBuffer } from '../std/bytes.ts'
import { excerptBytesMax } from './cluster.ts'

const bytesAtFirst = 64
/** Up to here a loop is quicker than a view and a copy. */
const loopBytesMax = 48

const none = new Uint8Array(0)
const isContinuation = (byte: number) => (byte & 0xc0) === 0x80

/** Keeps the last `excerptBytesMax` bytes of a text: a ring that grows as text comes. */
export class LastText {
  #ring = none
  /** Where the next byte goes. */
  #at = 0
  /** How many bytes are kept. */
  #length = 0

  push(utf8: Uint8Array, from: number, to: number): void {
    const first = Math.max(from, to - excerptBytesMax)
    const length = to - first
    if (this.#length + length > this.#ring.length && this.#ring.length < excerptBytesMax) this.#grow(length)
    const part = Math.min(length, this.#ring.length - this.#at)
    this.#put(utf8, first, first + part)
    this.#put(utf8, first + part, to)
  }

  /** A copy of what is kept, without the character that was cut at its beginning. */
  read(): Buffer {
    const bytes = Buffer.allocUnsafeSlow(this.#length)
    const first = this.#length < this.#ring.length ? 0 : this.#at
    bytes.set(this.#ring.subarray(first, this.#length))
    bytes.set(this.#ring.subarray(0, first), this.#length - first)
    let start = 0
    while (start < bytes.length && isContinuation(bytes[start])) start++
    return asBuffer(bytes.subarray(start))
  }

  #put(utf8: Uint8Array, from: number, to: number) {
    if (to - from > loopBytesMax) this.#ring.set(utf8.subarray(from, to), this.#at)
    else for (let i = from, at = this.#at; i < to; i++, at++) this.#ring[at] = utf8[i]
    this.#at = (this.#at + to - from) % (this.#ring.length || 1)
    this.#length = Math.min(this.#length + to - from, this.#ring.length)
  }

  /** Only before it is full for the first time: the bytes stand in order, from 0. */
  #grow(bytes: number) {
    let room = Math.max(bytesAtFirst, this.#ring.length)
    while (room < this.#length + bytes && room < excerptBytesMax) room *= 2
    const larger = new Uint8Array(room)
    larger.set(this.#ring.subarray(0, this.#length))
    this.#ring = larger
    this.#at = this.#length % room
  }
}
