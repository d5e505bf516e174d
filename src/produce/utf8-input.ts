import { isUtf8 } from 'node:buffer'

const isTail = (byte: number) => (byte & 0xc0) === 0x80

/** Length of the character that begins with this byte; 0 if none does. */
const lengthOf = (lead: number) => {
  if (lead < 0x80) return 1
  if (lead >= 0xc2 && lead < 0xe0) return 2
  if (lead >= 0xe0 && lead < 0xf0) return 3
  return lead >= 0xf0 && lead < 0xf5 ? 4 : 0
}

/** Where an unfinished character begins, or the end. */
const borderIn = (bytes: Buffer) => {
  let at = bytes.length - 1
  while (at > 0 && bytes.length - at < 4 && isTail(bytes[at])) at--
  return at >= 0 && lengthOf(bytes[at]) > bytes.length - at ? at : bytes.length
}

const firstFault = (bytes: Buffer) => {
  for (let at = 0; at < bytes.length; ) {
    const length = lengthOf(bytes[at])
    if (length === 0 || !isUtf8(bytes.subarray(at, at + length))) return at
    at += length
  }
  return bytes.length
}

/** Told of a place that is not UTF-8, and what reads as U+FFFD now: there is nobody to ask for it again. */
export type OnFault = (offset: number, byte: number) => void

/** Blocks that end anywhere, even inside a character → their text, as far as it is whole. */
export class Utf8Input {
  readonly #onFault: OnFault
  #rest = Buffer.alloc(0)
  #offset = 0

  constructor(onFault: OnFault) {
    this.#onFault = onFault
  }

  push(block: Uint8Array): string {
    const bytes = Buffer.concat([this.#rest, block])
    const border = borderIn(bytes)
    this.#rest = Buffer.from(bytes.subarray(border))
    return this.#textOf(bytes.subarray(0, border))
  }

  /** What is left: the beginning of a character that never came to its end. */
  end(): string {
    const rest = this.#rest
    this.#rest = Buffer.alloc(0)
    return this.#textOf(rest)
  }

  #textOf(bytes: Buffer) {
    if (!isUtf8(bytes)) {
      const at = firstFault(bytes)
      this.#onFault(this.#offset + at, bytes[at])
    }
    this.#offset += bytes.length
    return bytes.toString()
  }
}
