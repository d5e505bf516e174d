import { fstatSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { syncFolder } from '../std/durable.ts'
import { StreamError } from '../std/error.ts'
import { segmentPath } from './folder.ts'

/** A write that stops short says why only when it is asked to go on: most often the disk is full. */
const writeAll = async (handle: FileHandle, blocks: readonly Buffer[], bytes: number) => {
  const { bytesWritten } = await handle.writev(blocks as Buffer[])
  if (bytesWritten === bytes) return
  await handle.write(blocks.at(-1)!)
  throw new Error(`short write: ${bytesWritten} of ${bytes} bytes`)
}

/**
 * If not, then bytes are missing, or somebody else appended to our file: an offset would point to the wrong place. In a
 * file that was removed nobody will ever find them.
 */
const checkSize = (handle: FileHandle, expected: number) => {
  const { size, nlink } = fstatSync(handle.fd)
  if (nlink === 0) throw new StreamError('topic/removed', 'somebody removed it while it was written to')
  if (size !== expected) throw new Error(`it is ${size} bytes long instead of ${expected}: something else wrote to it`)
}

const reserve = async (dir: string, base: number) => {
  const handle = await open(segmentPath(dir, base), 'ax')
  await handle.close()
  await syncFolder(dir)
}

const succeeds = (action: Promise<unknown>): Promise<boolean> =>
  action.then(
    () => true,
    () => false,
  )

/** A file of the log that is being appended to, by the one who created it and by nobody else ever after. */
export class Segment implements AsyncDisposable {
  readonly base: number
  readonly path: string
  readonly #dir: string
  readonly #handle: FileHandle
  #durable = 0
  #tried = 0

  private constructor(dir: string, base: number, handle: FileHandle) {
    this.#dir = dir
    this.base = base
    this.path = segmentPath(dir, base)
    this.#handle = handle
  }

  /** An empty segment whose name survives a power cut. Refused if there is one at `base`. */
  static async create(dir: string, base: number): Promise<Segment> {
    const handle = await open(segmentPath(dir, base), 'ax')
    try {
      await syncFolder(dir)
    } catch (error) {
      await handle.close()
      throw error
    }
    return new Segment(dir, base, handle)
  }

  /** The offset behind the last durable byte. */
  get end(): number {
    return this.base + this.#durable
  }

  get bytes(): number {
    return this.#durable
  }

  /** Resolves once all bytes are durable. After a rejection only `cutBack` may follow. */
  async append(blocks: readonly Buffer[], bytes: number): Promise<void> {
    this.#tried = this.#durable + bytes
    await writeAll(this.#handle, blocks, bytes)
    checkSize(this.#handle, this.#tried)
    await this.#handle.datasync()
    this.#durable = this.#tried
  }

  /**
   * Undoes what a failed `append` may have written, as best it can. An empty segment behind it keeps its offsets from
   * being used for other bytes: somebody may have read them. A full disk may have room for that only after the cut.
   */
  async cutBack(): Promise<void> {
    const base = this.base + Math.max(1, this.#tried)
    const reserved = await succeeds(reserve(this.#dir, base))
    await succeeds(this.#handle.truncate(this.#durable).then(() => this.#handle.sync()))
    if (!reserved) await succeeds(reserve(this.#dir, base))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await succeeds(this.#handle.close())
  }
}
