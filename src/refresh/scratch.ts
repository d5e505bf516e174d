import { closeSync, openSync, readSync, unlinkSync } from 'node:fs'
import { writeFully } from './files.ts'

const memoryBytesMax = 8 * 1024 * 1024
const copyBytesMax = 1024 * 1024

/** Bytes appended one after another and read again by range: in memory up to a limit, beyond it in a nameless file. */
export class Scratch implements Disposable {
  readonly #path: string
  readonly #memory = Buffer.allocUnsafeSlow(memoryBytesMax)
  #used = 0
  #filed = 0
  #fd = -1

  constructor(path: string) {
    this.#path = path
  }

  get length(): number {
    return this.#filed + this.#used
  }

  append(bytes: Uint8Array): void {
    if (this.#used + bytes.length > memoryBytesMax) this.#spill()
    if (bytes.length > memoryBytesMax) {
      this.#file(bytes)
      return
    }
    this.#memory.set(bytes, this.#used)
    this.#used += bytes.length
  }

  clear(): void {
    this.#used = 0
    this.#filed = 0
  }

  /** Hands `length` bytes from `from` on to `write`, in pieces that are valid until it returns. */
  read(from: number, length: number, write: (bytes: Buffer) => void): void {
    const to = from + length
    const piece = from < this.#filed ? Buffer.allocUnsafe(Math.min(copyBytesMax, this.#filed - from)) : undefined
    let at = from
    while (piece !== undefined && at < Math.min(to, this.#filed)) {
      const got = readSync(this.#fd, piece, 0, Math.min(piece.length, Math.min(to, this.#filed) - at), at)
      if (got === 0) throw new Error(`scratch ends at ${at}, wanted ${to}`)
      write(piece.subarray(0, got))
      at += got
    }
    if (at < to) write(this.#memory.subarray(at - this.#filed, to - this.#filed))
  }

  [Symbol.dispose](): void {
    if (this.#fd >= 0) closeSync(this.#fd)
    this.#fd = -1
  }

  #spill() {
    if (this.#used > 0) this.#file(this.#memory.subarray(0, this.#used))
    this.#used = 0
  }

  #file(bytes: Uint8Array) {
    if (this.#fd < 0) {
      this.#fd = openSync(this.#path, 'wx+')
      unlinkSync(this.#path)
    }
    writeFully(this.#fd, bytes, this.#filed)
    this.#filed += bytes.length
  }
}
