import { createHash } from 'node:crypto'
import { createReadStream, opendirSync, type Stats, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { StreamError } from '../std/error.ts'
import type { Side } from './hdfs-standing.ts'

const blockBytes = 1024 * 1024

/** A file of this machine, up to its end as it was when it was found. */
export interface LocalFile extends Side {
  readonly path: string
  /** Relative to what was given, with `/` between. */
  readonly name: string
}

async function* bytesOf(path: string, bytes: number): AsyncGenerator<Buffer> {
  if (bytes === 0) return
  let left = bytes
  for await (const piece of createReadStream(path, { end: bytes - 1, highWaterMark: blockBytes })) {
    left -= piece.length
    yield piece
  }
  if (left > 0) throw new StreamError('hdfs/changed', `read "${path}": it became shorter meanwhile; copy it again`)
}

export const readLocal = ({ path, bytes }: LocalFile): AsyncGenerator<Buffer> => bytesOf(path, bytes)

export const digestOf = async (pieces: AsyncIterable<Uint8Array>): Promise<string> => {
  const hash = createHash('sha256')
  for await (const piece of pieces) hash.update(piece)
  return hash.digest('hex')
}

export const localFile = (path: string, name: string, { size, mtimeMs }: Stats): LocalFile => ({
  path,
  name,
  bytes: size,
  modifiedMs: mtimeMs,
  digest: bytes => digestOf(bytesOf(path, bytes)),
})

const refuseIllFormed = (path: string) => {
  if (path.includes('\ufffd'))
    throw new StreamError('hdfs/usage', `put "${path}": its name is no UTF-8, which HDFS wants; rename it`)
}

/** Plain files below a folder, one after another; none behind a link, none whose name begins with a dot. */
function* filesBelow(folder: string, prefix: string): Generator<LocalFile> {
  const dir = opendirSync(folder)
  try {
    for (let entry = dir.readSync(); entry !== null; entry = dir.readSync()) {
      const path = join(folder, entry.name)
      if (entry.name.startsWith('.')) continue
      refuseIllFormed(path)
      if (entry.isDirectory()) yield* filesBelow(path, `${prefix}${entry.name}/`)
      const stat = entry.isFile() ? statSync(path, { throwIfNoEntry: false }) : undefined
      if (stat !== undefined) yield localFile(path, `${prefix}${entry.name}`, stat)
    }
  } finally {
    dir.closeSync()
  }
}

/** A file by its name, or what lies in a folder. */
export function* localFiles(source: string): Generator<LocalFile> {
  const stat = statSync(source, { throwIfNoEntry: false })
  if (stat === undefined) throw new StreamError('hdfs/usage', `put "${source}": no such file or folder`)
  if (stat.isDirectory()) yield* filesBelow(source, '')
  else if (stat.isFile()) yield localFile(source, basename(source), stat)
  else throw new StreamError('hdfs/usage', `put "${source}": it is no file and no folder`)
}
