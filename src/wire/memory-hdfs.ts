import { StreamError } from '../std/error.ts'
import type { FileStatus, Hdfs } from './hdfs.ts'
import { hdfsPath } from './hdfs-address.ts'

interface Entry {
  /** Of a file; a folder has none. */
  readonly bytes: Buffer | undefined
  readonly modifiedMs: number
  readonly id: number
}

const fault = (reason: string, path: string, why: string) =>
  new StreamError(`hdfs/${reason}`, `"hdfs://memory${path}": ${why}`)

const parentOf = (path: string) => path.slice(0, path.lastIndexOf('/')) || '/'
const isBelow = (path: string, folder: string) => path.startsWith(folder === '/' ? '/' : `${folder}/`)

/** HDFS in this process's memory: the reference of what the port promises. */
class MemoryHdfs implements Hdfs {
  readonly name = 'hdfs://memory:8020'
  readonly #entries = new Map<string, Entry>()
  #nextId = 1

  constructor() {
    this.#set('/', undefined)
  }

  async status(path: string): Promise<FileStatus | undefined> {
    const entry = this.#entries.get(hdfsPath(path))
    return entry && this.#statusOf(hdfsPath(path), entry)
  }

  async *list(folder: string): AsyncGenerator<FileStatus> {
    const path = hdfsPath(folder)
    const entry = this.#entries.get(path)
    if (entry === undefined) throw fault('absent', path, 'no such folder')
    if (entry.bytes !== undefined) throw fault('not-a-folder', path, 'it is a file')
    const within = [...this.#entries.keys()].filter(one => one !== '/' && parentOf(one) === path)
    for (const one of within.sort()) {
      const now = this.#entries.get(one)
      if (now !== undefined) yield this.#statusOf(one, now)
    }
  }

  async *read(path: string, { from = 0, to }: { readonly from?: number; readonly to?: number } = {}) {
    const entry = this.#entries.get(hdfsPath(path))
    if (entry === undefined) throw fault('absent', path, 'no such file')
    if (entry.bytes === undefined) throw fault('not-a-file', path, 'it is a folder')
    const bytes = entry.bytes.subarray(from, to)
    if (bytes.length > 0) yield bytes
  }

  async write(
    path: string,
    bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    { overwrite = false }: { readonly overwrite?: boolean } = {},
  ): Promise<void> {
    const at = hdfsPath(path)
    const there = this.#entries.get(at)
    if (there !== undefined && (!overwrite || there.bytes === undefined)) throw fault('exists', at, 'it is there')
    await this.makeFolder(parentOf(at))
    const pieces: Uint8Array[] = []
    for await (const piece of bytes) pieces.push(piece)
    this.#set(at, Buffer.concat(pieces))
  }

  async makeFolder(path: string): Promise<void> {
    const at = hdfsPath(path)
    const there = this.#entries.get(at)
    if (there?.bytes !== undefined) throw fault('exists', at, 'it is a file')
    if (there !== undefined) return
    await this.makeFolder(parentOf(at))
    this.#set(at, undefined)
  }

  async rename(from: string, to: string, { overwrite = false }: { readonly overwrite?: boolean } = {}): Promise<void> {
    const [source, target] = [hdfsPath(from), hdfsPath(to)]
    const there = this.#entries.get(target)
    const entry = this.#entries.get(source)
    if (entry === undefined) throw fault('absent', source, 'nothing of that name is there')
    const mayReplace = overwrite && there?.bytes !== undefined && entry.bytes !== undefined && source !== target
    if (there !== undefined && !mayReplace) throw fault('exists', target, 'it is there')
    if (this.#entries.get(parentOf(target))?.bytes !== undefined || !this.#entries.has(parentOf(target)))
      throw fault('absent', parentOf(target), 'no such folder')
    if (isBelow(target, source)) throw fault('failed', target, 'it lies below what is renamed')
    const moved = [...this.#entries].filter(([path]) => path === source || isBelow(path, source))
    for (const [path] of moved) this.#entries.delete(path)
    for (const [path, one] of moved) this.#entries.set(target + path.slice(source.length), one)
  }

  async remove(path: string): Promise<boolean> {
    const at = hdfsPath(path)
    if (!this.#entries.has(at)) return false
    for (const one of [...this.#entries.keys()]) if (one === at || isBelow(one, at)) this.#entries.delete(one)
    return true
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #set(path: string, bytes: Buffer | undefined) {
    this.#entries.set(path, { bytes, modifiedMs: Date.now(), id: this.#nextId++ })
  }

  #statusOf(path: string, { bytes, modifiedMs, id }: Entry): FileStatus {
    const kind = bytes === undefined ? 'folder' : 'file'
    return { name: path.slice(path.lastIndexOf('/') + 1), path, kind, bytes: bytes?.length ?? 0, modifiedMs, id }
  }
}

export const memoryHdfs = (): Hdfs => new MemoryHdfs()
