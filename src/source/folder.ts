import type { FileHandle } from 'node:fs/promises'
import { type Clock, systemClock } from '../std/clock.ts'
import { errnoOf, reasonOf, StreamError } from '../std/error.ts'
import { countCharacters, offsetOfCharacter } from '../std/utf8.ts'
import { blocksOf } from './blocks.ts'
import { Contents, type Version } from './content.ts'
import { type Names, namesInside, openInside } from './inside.ts'
import type { OpenOptions, Source, TextStream } from './source.ts'

/** A character is at most six bytes as JSON, so that a chunk stays below the `lineBytesMax` of a record. */
export const chunkSizeMax = 1024 * 1024
const seekBytesMax = 256 * 1024

export interface FolderOptions {
  /** Characters (code points) per chunk, 1 to `chunkSizeMax`. */
  readonly chunkSize: number
  readonly clock?: Clock
  /** Told once of each: files left out because their names are not UTF-8, and folders. */
  readonly warn?: (message: string) => void
}

const quoted = (text: string) => JSON.stringify(text)
const hex = (byte: number) => `0x${byte.toString(16).padStart(2, '0')}`

const checked = (chunkSize: number) => {
  if (Number.isInteger(chunkSize) && chunkSize >= 1 && chunkSize <= chunkSizeMax) return chunkSize
  const message = `chunk size ${chunkSize}: must be a whole number of characters from 1 to ${chunkSizeMax}`
  throw new StreamError('source/usage', message)
}

/** Faults that pass, or that are of the folder and not of one text. */
const isPassing = (thrown: unknown) =>
  ['ENOENT', 'ENOTDIR', 'EMFILE', 'ENFILE', 'ENOMEM'].includes(errnoOf(thrown) ?? '')

const refuse = (what: string, thrown: unknown): never => {
  if (errnoOf(thrown) === undefined) throw thrown
  const code = isPassing(thrown) ? 'source/unreachable' : 'source/unreadable'
  throw new StreamError(code, `${what}: ${reasonOf(thrown)}`, { cause: thrown })
}

/** The byte at which the character begins, and how many characters there are if it doesn't. */
const seek = async (file: FileHandle, character: number) => {
  const text = Buffer.allocUnsafeSlow(seekBytesMax)
  let characters = 0
  for (let offset = 0; ; ) {
    const { bytesRead } = await file.read(text, 0, text.length, offset)
    const count = countCharacters(text, bytesRead)
    if (bytesRead === 0 || characters + count > character) {
      return { offset: offset + offsetOfCharacter(text, bytesRead, character - characters), characters }
    }
    characters += count
    offset += bytesRead
  }
}

class Folder implements Source {
  readonly url: string
  readonly #chunkSize: number
  readonly #warn: (message: string) => void
  readonly #contents: Contents
  readonly #warned = new Set<string>()

  constructor(dir: string, { chunkSize, clock = systemClock, warn = process.emitWarning }: FolderOptions) {
    this.url = dir
    this.#chunkSize = checked(chunkSize)
    this.#contents = new Contents(clock)
    this.#warn = warn
  }

  async list(): Promise<readonly string[]> {
    const found = await namesInside(this.url).catch(thrown => refuse(`list ${quoted(this.url)}`, thrown))
    this.#warnOf(found)
    return found.names
  }

  async open(name: string, { from = 0, ifMatch, signal }: OpenOptions = {}): Promise<TextStream> {
    signal?.throwIfAborted()
    const what = quoted(name)
    await using file = await this.#file(name, what)
    const { version, content } = await this.#contents.of(file, what).catch(thrown => refuse(`read ${what}`, thrown))
    if ('byte' in content) {
      const where = `byte ${hex(content.byte)} at offset ${content.offset}`
      throw new StreamError(
        'source/not-utf8',
        `stream ${what}: not UTF-8: ${where}; convert it (iconv -t UTF-8) or leave it out`,
      )
    }
    const chunkSize = this.#chunkSize
    const etag = `"${content.sha256}-${chunkSize}"`
    if (ifMatch !== undefined && ifMatch !== etag) {
      throw new StreamError(
        'source/changed',
        `stream ${what}: the text is ${etag} now, not ${ifMatch}; capture it anew`,
      )
    }
    const offset = await this.#offsetOf(file, what, version, from).catch(thrown => refuse(`read ${what}`, thrown))
    signal?.throwIfAborted()
    const open = () => this.#file(name, what)
    return {
      etag,
      chunkSize,
      from,
      blocks: blocksOf({ what: `stream ${what}`, open, version, from: offset, chunkSize, signal }),
    }
  }

  async #file(name: string, what: string): Promise<FileHandle> {
    const file = await openInside(this.url, name).catch(thrown => refuse(`open ${what}`, thrown))
    if (file === undefined) throw new StreamError('source/not-found', `open ${what}: File not found`)
    return file
  }

  /** Where chunk `from` begins. The first test keeps the product below within what a number holds exactly. */
  async #offsetOf(file: FileHandle, what: string, { size }: Version, from: number): Promise<number> {
    if (from === 0) return 0
    if (from <= size) {
      const { offset, characters } = await seek(file, from * this.#chunkSize)
      if (offset < size || from === Math.ceil(characters / this.#chunkSize)) return offset
    }
    throw new StreamError('source/range', `stream ${what}: chunk ${from} lies behind the end`)
  }

  #warnOf({ unnameable, folders }: Names): void {
    const first = unnameable.at(0)?.toString('latin1')
    this.#warnOnce('their names are not UTF-8', unnameable.length, first, 'rename them')
    this.#warnOnce('folders in a folder are not read', folders.length, folders.at(0), 'serve each by itself')
  }

  #warnOnce(why: string, count: number, first: string | undefined, advice: string): void {
    if (first === undefined || this.#warned.has(why)) return
    this.#warned.add(why)
    this.#warn(`list ${quoted(this.url)}: ${count} left out, ${why}: ${quoted(first)}; ${advice}`)
  }
}

/**
 * The files of one folder as texts; `inside.ts` says which. Chunks are cut by characters, never inside one; whatever
 * the file holds comes out as it went in. Memory is the same for a file of any size.
 */
export const folder = (dir: string, options: FolderOptions): Source => new Folder(dir, options)
