import type { Digest } from './files.ts'

/** On the disk it is there at once; over a network it takes a while. */
export type Soon<T> = T | Promise<T>

/** An output folder, as `verify` looks at it. Names are relative, with `/` between; nothing that is asked leads out of it. */
export interface Folder {
  /** For people. */
  readonly name: string
  /** So many of its files are worth being read at once. */
  readonly filesAtOnce: number
  /** Whether it is a folder, and no link to one. */
  isFolder(name: string): Soon<boolean>
  /** Of a whole regular file; `undefined` if there is none: nothing of that name, a folder, a link. */
  digest(name: string): Soon<Digest | undefined>
  /** A whole file, or that it is longer than `bytesMax`. */
  whole(name: string, bytesMax: number): Soon<Buffer | 'too long' | undefined>
  /** Lines without their ends, valid until the next one is asked for; one of more than `bytesMax` is empty. None if there is no file. */
  lines(name: string, bytesMax: number): Iterable<Buffer> | AsyncIterable<Buffer>
  /** What lies in one of its folders. */
  names(folder: string): Iterable<string> | AsyncIterable<string>
}
