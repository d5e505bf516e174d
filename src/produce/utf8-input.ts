import { isUtf8 } from 'node:buffer'
import { firstFault, unfinished } from '../std/utf8.ts'

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
    const border = bytes.length - unfinished(bytes, bytes.length)
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
      const at = firstFault(bytes, bytes.length)
      this.#onFault(this.#offset + at, bytes[at])
    }
    this.#offset += bytes.length
    return bytes.toString()
  }
}
