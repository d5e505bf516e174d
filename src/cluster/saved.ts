import { StreamError } from '../std/error.ts'
import { hashingSeed, murmur3 } from './murmur3.ts'

const digestBytes = 4

export const damaged = (why: string): StreamError =>
  new StreamError(
    'cluster/follower',
    `saved state of an answer: ${why}; was the warehouse written by another version, or by another program? consume into a new one`,
  )

const digestOf = (bytes: Uint8Array, end: number) => murmur3(bytes, 0, end, hashingSeed) >>> 0

let scratch = Buffer.allocUnsafeSlow(4096)

/** Writes a saved state: whole numbers in seven bits a byte, lowest first, and bytes. Only one at a time: they share their room. */
export class SavedWriter {
  #length = 0

  constructor(version: number) {
    this.number(version)
  }

  number(value: number): void {
    this.#room(8)
    let rest = value
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) scratch[this.#length++] = (rest % 0x80) | 0x80
    scratch[this.#length++] = rest
  }

  /** A whole number of 16 bits, in two bytes. */
  short(value: number): void {
    this.#room(2)
    scratch[this.#length++] = value & 0xff
    scratch[this.#length++] = value >>> 8
  }

  /** With their number in front. */
  bytes(bytes: Uint8Array): void {
    this.number(bytes.length)
    this.#room(bytes.length)
    scratch.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /** A copy of all, with a digest behind it. */
  done(): Uint8Array {
    this.#room(digestBytes)
    scratch.writeUInt32LE(digestOf(scratch, this.#length), this.#length)
    return Uint8Array.prototype.slice.call(scratch, 0, this.#length + digestBytes)
  }

  #room(bytes: number) {
    if (this.#length + bytes <= scratch.length) return
    const larger = Buffer.allocUnsafeSlow(2 * (this.#length + bytes))
    larger.set(scratch.subarray(0, this.#length))
    scratch = larger
  }
}

/** Reads what a SavedWriter wrote. What it did not write, or what has changed since, is an error of code `cluster/follower`. */
export class SavedReader {
  readonly #bytes: Uint8Array
  readonly #end: number
  #at = 0

  constructor(saved: Uint8Array, version: number) {
    this.#bytes = saved
    this.#end = saved.length - digestBytes
    if (this.#end < 1) throw damaged(`${saved.length} bytes are too few`)
    const view = new DataView(saved.buffer, saved.byteOffset, saved.length)
    if (view.getUint32(this.#end, true) !== digestOf(saved, this.#end)) throw damaged('its digest does not fit')
    const found = this.number()
    if (found !== version) throw damaged(`it has version ${found}, not ${version}`)
  }

  /** At most `max`. */
  number(max = Number.MAX_SAFE_INTEGER): number {
    let value = 0
    let byte = 0x80
    for (let place = 1; byte >= 0x80 && this.#at < this.#end; place *= 0x80) {
      byte = this.#bytes[this.#at++]
      value += (byte & 0x7f) * place
    }
    if (byte >= 0x80 || value > max) throw damaged(`the number before byte ${this.#at} is none, or too large`)
    return value
  }

  /** At most `max`. */
  short(max: number): number {
    const value = this.#bytes[this.#at] | (this.#bytes[this.#at + 1] << 8)
    this.#at += 2
    if (this.#at > this.#end || value > max) throw damaged(`the number before byte ${this.#at} is none, or too large`)
    return value
  }

  /** At most `max` bytes. A view. */
  bytes(max: number): Uint8Array {
    const length = this.number(max)
    if (this.#at + length > this.#end) throw damaged(`ends within ${length} bytes from byte ${this.#at} on`)
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  done(): void {
    if (this.#at !== this.#end) throw damaged(`has ${this.#end - this.#at} bytes too many`)
  }
}
