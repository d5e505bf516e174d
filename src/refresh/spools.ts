import { createHash } from 'node:crypto'
import { closeSync, openSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Chunk } from '../chunk/chunk.ts'
import { decode, isMalformed } from '../chunk/codec.ts'
import { FileWriter } from './files.ts'
import { linesOf } from './lines.ts'
import { mapper } from './map.ts'
import { type ReduceTarget, reduce } from './reduce.ts'
import { Sorter } from './sort.ts'

const spoolBytes = 8 * 1024 * 1024
const spoolsMax = 128
const newline = Buffer.of(0x0a)

/** The shuffle: records by document, in the order of their arrival, so that each part can be reduced by itself. */
export class Spools implements Disposable {
  readonly #files: FileWriter[]

  constructor(dir: string, allBytes: number) {
    const count = Math.min(spoolsMax, Math.max(1, Math.ceil(allBytes / spoolBytes)))
    this.#files = Array.from({ length: count }, (_, i) => new FileWriter(join(dir, `spool-${i}`)))
  }

  /** `line` is a record's, without line end. */
  add(uri: string, line: Buffer): void {
    const file = this.#files[this.#partOf(uri)]
    file.write(line)
    file.write(newline)
  }

  /** Ends the writing; the spools' paths. */
  close(): string[] {
    this[Symbol.dispose]()
    return this.#files.map(({ path }) => path)
  }

  [Symbol.dispose](): void {
    for (const file of this.#files) file[Symbol.dispose]()
  }

  #partOf(uri: string): number {
    if (this.#files.length === 1) return 0
    return createHash('md5').update(uri).digest().readUInt32LE(0) % this.#files.length
  }
}

/** Sorts and reduces what lies in one spool, and removes it. */
export const reduceSpool = (path: string, target: ReduceTarget): void => {
  const map = mapper()
  const sorter = new Sorter(path)
  let arrival = 0
  const fd = openSync(path, 'r')
  try {
    for (const { bytes } of linesOf(fd, 0, Number.MAX_SAFE_INTEGER)) {
      const chunk = decode(bytes)
      if (chunk === undefined || isMalformed(chunk)) throw new Error(`not a record any more: ${path}`)
      sorter.add(map(chunk as Chunk, arrival++), bytes)
    }
  } finally {
    closeSync(fd)
    unlinkSync(path)
  }
  reduce(sorter.sorted(), target)
}
