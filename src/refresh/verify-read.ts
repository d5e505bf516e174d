import { createHash } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync } from 'node:fs'
import { errnoOf } from '../std/error.ts'
import { readFully } from './files.ts'

const blockBytes = 1024 * 1024
const block = Buffer.allocUnsafeSlow(blockBytes)

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

export interface Digest {
  readonly bytes: number
  readonly sha256: string
}

/** Digest of what an open file holds from `from` up to `to`, or up to its end if that comes first. */
export const digestOfRange = ({ fd }: OpenFile, from: number, to: number): Digest => {
  const hash = createHash('sha256')
  let at = from
  while (at < to) {
    const got = readFully(fd, block, 0, Math.min(blockBytes, to - at), at)
    if (got === 0) break
    hash.update(block.subarray(0, got))
    at += got
  }
  return { bytes: at - from, sha256: hash.digest('hex') }
}

/** Digest of a whole regular file; `undefined` if there is none. */
export const digestOfFile = (path: string, options?: { links: boolean }): Digest | undefined => {
  using file = openFile(path, options)
  return file && digestOfRange(file, 0, Number.MAX_SAFE_INTEGER)
}

export const sameDigest = (a: Digest, b: Digest): boolean => a.bytes === b.bytes && a.sha256 === b.sha256
