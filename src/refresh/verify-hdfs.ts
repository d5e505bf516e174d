import { StreamError } from '../std/error.ts'
import type { OnHdfs } from './hdfs-inputs.ts'
import { digestOfStream } from './stream-digest.ts'
import { linesOfStream } from './stream-lines.ts'
import type { Folder } from './verify-folder.ts'

/** Each has a connection, and waits for the NameNode first. */
const filesAtOnce = 8

const noFile = new Set(['hdfs/absent', 'hdfs/not-a-file', 'hdfs/not-a-folder'])

const unlessAbsent = (thrown: unknown): undefined => {
  if (thrown instanceof StreamError && noFile.has(thrown.code)) return undefined
  throw thrown
}

const namesOf = async function* ({ hdfs, path }: OnHdfs): AsyncGenerator<string> {
  for await (const { name } of hdfs.list(path)) yield name
}

const linesOfFile = async function* ({ hdfs, path }: OnHdfs, bytesMax: number): AsyncGenerator<Buffer> {
  try {
    yield* linesOfStream(hdfs.read(path), bytesMax)
  } catch (thrown) {
    unlessAbsent(thrown)
  }
}

const wholeFile = async ({ hdfs, path }: OnHdfs, bytesMax: number) => {
  const status = await hdfs.status(path)
  if (status?.kind !== 'file') return undefined
  if (status.bytes > bytesMax) return 'too long'
  const pieces: Buffer[] = []
  for await (const piece of hdfs.read(path, { to: bytesMax })) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** Every byte comes through WebHDFS, and none rests on this machine. */
export const hdfsFolder = ({ hdfs, path }: OnHdfs): Folder => {
  const at = (name: string): OnHdfs => ({ hdfs, path: name === '' ? path : `${path}/${name}` })
  return {
    name: hdfs.name + path,
    filesAtOnce,
    isFolder: async name => (await hdfs.status(at(name).path))?.kind === 'folder',
    digest: name => digestOfStream(hdfs.read(at(name).path)).catch(unlessAbsent),
    whole: (name, bytesMax) => wholeFile(at(name), bytesMax),
    lines: (name, bytesMax) => linesOfFile(at(name), bytesMax),
    names: folder => namesOf(at(folder)),
  }
}
