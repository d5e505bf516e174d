import { closeSync, openSync, writeSync } from 'node:fs'

const bufferBytes = 8 * 1024 * 1024

/** A log that is written line by line, through one buffer. */
export class LogFile implements Disposable {
  readonly #file: number
  readonly #buffer = Buffer.allocUnsafe(bufferBytes)
  #used = 0
  bytes = 0
  lines = 0

  constructor(path: string) {
    this.#file = openSync(path, 'w')
  }

  put(line: Uint8Array): void {
    if (this.#used + line.length + 1 > bufferBytes) this.#flush()
    this.#buffer.set(line, this.#used)
    this.#buffer[this.#used + line.length] = 0x0a
    this.#used += line.length + 1
    this.lines++
  }

  /** Writes out what is left, and says how large the file is. */
  end(): number {
    this.#flush()
    return this.bytes
  }

  [Symbol.dispose](): void {
    closeSync(this.#file)
  }

  #flush() {
    for (let at = 0; at < this.#used; ) at += writeSync(this.#file, this.#buffer, at, this.#used - at)
    this.bytes += this.#used
    this.#used = 0
  }
}
