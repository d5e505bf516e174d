import { createHash, type Hash } from 'node:crypto'
import { closeSync, constants, copyFileSync, openSync, readSync } from 'node:fs'
import { writeFully } from '../refresh/files.ts'
import { unfinished } from '../std/utf8.ts'

/** The end of the text, which nearly all readers want, is kept in memory. */
const recentBytes = 256 * 1024
const digestCharacters = 16

/** Of what a reader has: how many bytes, and which. */
export const markOf = (bytes: number, hash: Hash): string =>
  `${bytes}-${hash.copy().digest('hex').slice(0, digestCharacters)}`

/** What a mark says; none if it is not one of ours. */
export const parseMark = (mark: string): { bytes: number; digest: string } | undefined => {
  const match = /^(\d{1,15})-([0-9a-f]{16})$/.exec(mark)
  return match === null ? undefined : { bytes: Number(match[1]), digest: match[2] }
}

/** A text that grows, in a file; what was read of it once stays as it is. */
export class TextFile implements Disposable {
  readonly #fd: number
  readonly #recent = Buffer.allocUnsafeSlow(recentBytes)
  #recentFrom: number
  length: number

  /** Begins with the text in the file `from`, `bytes` of it, in a file of its own. */
  constructor(path: string, from: string | undefined, bytes: number) {
    if (from !== undefined) copyFileSync(from, path, constants.COPYFILE_FICLONE)
    this.#fd = openSync(path, from === undefined ? 'w+' : 'r+')
    this.length = bytes
    this.#recentFrom = bytes
  }

  append(text: Uint8Array): void {
    writeFully(this.#fd, text, this.length)
    this.length += text.length
    if (text.length > recentBytes || this.length - this.#recentFrom > recentBytes) this.#recentFrom = this.length
    else this.#recent.set(text, this.length - text.length - this.#recentFrom)
  }

  /** Whole characters from `at` on, at most `bytesMax`; valid until the next append. */
  read(at: number, bytesMax: number): Buffer {
    const wanted = Math.min(bytesMax, this.length - at)
    const bytes = at >= this.#recentFrom ? this.#fromMemory(at, wanted) : this.#fromFile(at, wanted)
    return at + bytes.length === this.length ? bytes : bytes.subarray(0, bytes.length - unfinished(bytes, bytes.length))
  }

  #fromMemory(at: number, wanted: number) {
    return this.#recent.subarray(at - this.#recentFrom, at - this.#recentFrom + wanted)
  }

  #fromFile(at: number, wanted: number) {
    const bytes = Buffer.allocUnsafe(wanted)
    return bytes.subarray(0, readSync(this.#fd, bytes, 0, wanted, at))
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd)
  }
}

export const newHash = (): Hash => createHash('sha256')
