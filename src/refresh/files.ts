import { createHash } from 'node:crypto'
import { closeSync, constants, mkdirSync, openSync, readSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** A write may be short (a full disk, a signal): goes on until all is written or the system says why not. */
export const writeFully = (fd: number, bytes: Uint8Array, position: number | null = null): void => {
  let done = 0
  while (done < bytes.length) {
    done += writeSync(fd, bytes, done, bytes.length - done, position === null ? null : position + done)
  }
}

/** Reads until `length` bytes are there or the file ends; gives how many there were. */
export const readFully = (fd: number, into: Buffer, at: number, length: number, position: number): number => {
  let done = 0
  while (done < length) {
    const got = readSync(fd, into, at + done, length - done, position + done)
    if (got === 0) break
    done += got
  }
  return done
}

/** A file that is written from front to back, and whole once it is disposed of. */
export interface OutputFile extends Disposable {
  write(bytes: Uint8Array): void
}

/** Begins a file by its name, relative to an output and with `/` between. */
export type OpenFile = (name: string) => OutputFile

/** As numbers: two hundred thousand files notice that a word has to be looked up. */
const toWrite = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC

/** Files of a folder, and of folders below it, which are made. */
export const filesIn =
  (dir: string): OpenFile =>
  name => {
    const path = `${dir}/${name}`
    if (name.includes('/')) mkdirSync(dirname(path), { recursive: true })
    const fd = openSync(path, toWrite)
    return { write: bytes => writeFully(fd, bytes), [Symbol.dispose]: () => closeSync(fd) }
  }

export interface Digest {
  readonly bytes: number
  readonly sha256: string
}

const block = Buffer.allocUnsafeSlow(256 * 1024)

/** Digest of what an open file holds from `from` up to `to`, or up to its end if that comes first. */
export const digestRange = (fd: number, from: number, to: number): Digest => {
  const hash = createHash('sha256')
  let at = from
  while (at < to) {
    const got = readFully(fd, block, 0, Math.min(block.length, to - at), at)
    if (got === 0) break
    hash.update(block.subarray(0, got))
    at += got
  }
  return { bytes: at - from, sha256: hash.digest('hex') }
}

const bufferBytesMax = 256 * 1024

/** Writes a file from front to back through one buffer. */
export class FileWriter implements Disposable {
  readonly path: string
  #fd: number
  readonly #buffer = Buffer.allocUnsafe(bufferBytesMax)
  #used = 0
  length = 0

  constructor(path: string) {
    this.path = path
    this.#fd = openSync(path, 'w')
  }

  write(bytes: Uint8Array): void {
    this.length += bytes.length
    if (this.#used + bytes.length > bufferBytesMax) this.flush()
    if (bytes.length > bufferBytesMax) writeFully(this.#fd, bytes)
    else {
      this.#buffer.set(bytes, this.#used)
      this.#used += bytes.length
    }
  }

  /** Encodes straight into the buffer where it surely fits. */
  writeText(text: string): void {
    const bytesMax = text.length * 3
    if (bytesMax > bufferBytesMax) return void this.write(Buffer.from(text))
    if (this.#used + bytesMax > bufferBytesMax) this.flush()
    const bytes = this.#buffer.write(text, this.#used)
    this.#used += bytes
    this.length += bytes
  }

  flush(): void {
    const used = this.#used
    this.#used = 0
    if (used > 0) writeFully(this.#fd, this.#buffer.subarray(0, used))
  }

  [Symbol.dispose](): void {
    if (this.#fd < 0) return
    try {
      this.flush()
    } finally {
      closeSync(this.#fd)
      this.#fd = -1
    }
  }
}
