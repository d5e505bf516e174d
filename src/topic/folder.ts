import { constants } from 'node:fs'
import { type FileHandle, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { compareUtf8 } from '../std/bytes.ts'
import { errnoOf, reasonOf, StreamError } from '../std/error.ts'

/** A file that holds the bytes of a partition from offset `base` on. */
export interface Segment {
  readonly base: number
  readonly path: string
}

/** The embedded log's own partition; any other is one old file, under its file's name. */
export const logPartition = 'log'

/** `segments` by their base, never empty. */
export interface Partition {
  readonly name: string
  readonly segments: readonly Segment[]
}

const baseDigits = 20
const ours = /^\d{20}\.ndjson$/
const packed = /^(\d{20}\.ndjson)\.(?:gz|zst)$/
const readable = /^[^.].*\.(?:ndjson|jsonl)$|^logs_.*\.txt$/s

/** A segment's file is named by the offset of its first byte: `00000000000000000000.ndjson`. */
export const segmentPath = (dir: string, base: number) => join(dir, `${String(base).padStart(baseDigits, '0')}.ndjson`)

const isOurs = (file: string) => ours.test(file) && Number.isSafeInteger(Number(file.slice(0, baseDigits)))

/** What cannot be read, as an error for a person. */
export const unreadable = (path: string, cause: unknown): StreamError => {
  const errno = errnoOf(cause)
  if (errno === 'ENOENT')
    return new StreamError('topic/not-found', `log folder "${path}": there is none; is the path right?`, { cause })
  if (errno === 'ENOTDIR')
    return new StreamError(
      'topic/not-found',
      `log folder "${path}" is not a folder; give the folder that holds the log`,
      { cause },
    )
  return new StreamError('topic/unreadable', `read "${path}": ${reasonOf(cause)}; check its permissions and its disk`, {
    cause,
  })
}

const entriesIn = (dir: string) =>
  readdir(dir, { withFileTypes: true }).catch(error => {
    throw unreadable(dir, error)
  })

/** Segments of ours that somebody packed, and that lie there in no other form: no topic reads them. */
export const packedIn = async (dir: string): Promise<string[]> => {
  const names = new Set((await entriesIn(dir)).map(({ name }) => name))
  return [...names].filter(name => packed.test(name) && !names.has(name.replace(packed, '$1'))).sort(compareUtf8)
}

const filesIn = async (dir: string): Promise<string[]> => {
  const entries = await entriesIn(dir)
  return entries
    .filter(entry => entry.isFile() && readable.test(entry.name))
    .map(({ name }) => name)
    .sort(compareUtf8)
}

const partitionOf = (dir: string, files: readonly string[]): Partition[] => {
  const segments = files.map(file => ({ base: Number(file.slice(0, baseDigits)), path: join(dir, file) }))
  return segments.length === 0 ? [] : [{ name: logPartition, segments }]
}

const oldPartition = (dir: string, file: string): Partition => ({
  name: file,
  segments: [{ base: 0, path: join(dir, file) }],
})

/** The partitions in the folder, in byte order of their files' names. Only plain files count: a link may lead out of it. */
export const partitionsIn = async (dir: string): Promise<Partition[]> => {
  const files = await filesIn(dir)
  const old = files.filter(file => !isOurs(file)).map(file => oldPartition(dir, file))
  const log = partitionOf(dir, files.filter(isOurs))
  const behind = old.findIndex(({ name }) => compareUtf8(name, segmentPath('', 0)) > 0)
  return behind === -1 ? [...old, ...log] : old.toSpliced(behind, 0, ...log)
}

/** Opens to read; `undefined` if it is gone, or is no plain file any more. */
export const openToRead = (path: string): Promise<FileHandle | undefined> =>
  open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(error => {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ELOOP') return undefined
    throw unreadable(path, error)
  })
