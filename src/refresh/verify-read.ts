import { closeSync, constants, fstatSync, openSync } from 'node:fs'
import { errnoOf } from '../std/error.ts'
import { type Digest, digestRange } from './files.ts'

/** O_NONBLOCK: a FIFO that nobody writes to must not hold us up. O_NOFOLLOW: what a link names was not published. */
const plain = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY
const noLink = plain | constants.O_NOFOLLOW

/** What the system says of a name that leads to no file of ours; anything else is a fault to report as such. */
const absent = new Set(['ENOENT', 'ELOOP', 'ENOTDIR', 'ENXIO', 'ENODEV', 'ENAMETOOLONG', 'EISDIR'])

export interface OpenFile extends Disposable {
  readonly fd: number
  readonly size: number
}

/** Opens a regular file; `undefined` if there is none: nothing of that name, a folder, a FIFO, a device, or a link. */
export const openFile = (path: string, { links = false } = {}): OpenFile | undefined => {
  let fd: number
  try {
    fd = openSync(path, links ? plain : noLink)
  } catch (thrown) {
    if (absent.has(errnoOf(thrown) ?? '')) return undefined
    throw thrown
  }
  const stat = fstatSync(fd)
  if (stat.isFile()) return { fd, size: stat.size, [Symbol.dispose]: () => closeSync(fd) }
  closeSync(fd)
  return undefined
}

/** Digest of a whole regular file; `undefined` if there is none. */
export const digestOfFile = (path: string, options?: { links: boolean }): Digest | undefined => {
  using file = openFile(path, options)
  return file && digestRange(file.fd, 0, Number.MAX_SAFE_INTEGER)
}

export const sameDigest = (a: Digest, b: Digest): boolean => a.bytes === b.bytes && a.sha256 === b.sha256
