import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { fstatSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../std/clock.ts'
import { StreamError } from '../std/error.ts'
import { firstFault, type Utf8Fault, unfinished } from '../std/utf8.ts'

const readBytesMax = 256 * 1024
/** Texts that are read through at the same time; more would only share the same disk and the same core. */
const readsAtOnceMax = 4
const cachedMax = 10_000
const attemptsMax = 3
/** A file system's clock ticks every 1 to 10 ms: within a tick, a second change leaves the same time of change. */
const settleMs = 20

/** One state of one file: as long as `key` is the same, so is the content. */
export interface Version {
  readonly key: string
  readonly size: number
  readonly changedMs: number
}

export type Content = { readonly sha256: string } | Utf8Fault

/** Synchronous: the answer lies in memory, and asking for it costs a tenth of a turn through the thread pool. */
export const versionOf = ({ fd }: FileHandle): Version => {
  const { dev, ino, size, mtimeNs, ctimeNs, ctimeMs } = fstatSync(fd, { bigint: true })
  return { key: `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`, size: Number(size), changedMs: Number(ctimeMs) }
}

/** Reads a file to its end, once: its digest, or where it stops being UTF-8. */
const readThrough = async (file: FileHandle, size: number): Promise<Content> => {
  const text = Buffer.allocUnsafeSlow(Math.min(readBytesMax, size + 4))
  const hash = createHash('sha256')
  let kept = 0
  for (let offset = 0; ; ) {
    const { bytesRead } = await file.read(text, kept, text.length - kept, offset)
    hash.update(text.subarray(kept, kept + bytesRead))
    const from = offset - kept
    const end = kept + bytesRead
    kept = bytesRead === 0 ? 0 : unfinished(text, end)
    const whole = end - kept
    if (!isUtf8(text.subarray(0, whole))) {
      const at = firstFault(text, whole)
      return { offset: from + at, byte: text[at] }
    }
    if (bytesRead === 0 || offset > size) return { sha256: hash.digest('hex') }
    text.copyWithin(0, whole, end)
    offset += bytesRead
  }
}

/** What is known of files' content, by version, so that a text that is asked for again is not read through again. */
export class Contents {
  readonly #clock: Clock
  readonly #known = new Map<string, Promise<Content>>()
  readonly #waiting: (() => void)[] = []
  #reading = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The file's version, and what it holds in just that version. */
  async of(file: FileHandle, name: string): Promise<{ version: Version; content: Content }> {
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const version = versionOf(file)
      const content = await (this.#known.get(version.key) ?? this.#read(file, version))
      if (versionOf(file).key === version.key) return { version, content }
      this.#known.delete(version.key)
    }
    throw new StreamError('source/unreachable', `read "${name}": it is being written to; try again when it is finished`)
  }

  #read(file: FileHandle, version: Version): Promise<Content> {
    const reading = this.#inTurn(async () => {
      await this.#settled(version)
      return readThrough(file, version.size)
    })
    this.#keep(version.key, reading)
    return reading
  }

  #keep(key: string, reading: Promise<Content>): void {
    this.#known.set(key, reading)
    reading.catch(() => this.#known.delete(key))
    if (this.#known.size > cachedMax) this.#known.delete(this.#known.keys().next().value!)
  }

  async #settled({ changedMs }: Version): Promise<void> {
    const leftMs = changedMs + settleMs - this.#clock() / 1000
    if (leftMs > 0) await sleep(Math.min(leftMs, settleMs) + 1)
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#reading === readsAtOnceMax) await new Promise<void>(resolve => this.#waiting.push(resolve))
    else this.#reading++
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#reading--
      else next()
    }
  }
}
