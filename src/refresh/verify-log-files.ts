import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { StreamError } from '../std/error.ts'
import { harmless } from '../std/terminal.ts'
import { digestRange } from './files.ts'
import type { OnHdfs } from './hdfs-inputs.ts'
import type { Receipt } from './refresh.ts'
import { digestOfStream } from './stream-digest.ts'
import type { Soon } from './verify-folder.ts'
import { openFile } from './verify-read.ts'

type Input = Receipt['inputs'][number]

/** A file that may be an input, as it is now. */
export interface LogFile {
  readonly name: string
  /** Why it is not what was read, if it isn't. */
  problem(input: Input): Soon<string | undefined>
}

export const missing = 'is missing'

const noSuch = (name: string) => new StreamError('verify/usage', `verify --log "${name}": no such file or folder`)

const tooShort = (bytes: number, { to }: Input) => `has ${bytes} bytes; the refresh read it up to ${to}`

const compare = (found: string, { from, to, sha256 }: Input) =>
  found === sha256 ? undefined : `has another sha256 from ${from} to ${to}`

const localProblem = (path: string, input: Input): string | undefined => {
  using file = openFile(path, { links: true })
  if (file === undefined) return missing
  if (file.size < input.to) return tooShort(file.size, input)
  return compare(digestRange(file.fd, input.from, input.to).sha256, input)
}

const onHdfsProblem = async ({ hdfs, path }: OnHdfs, input: Input): Promise<string | undefined> => {
  const status = await hdfs.status(path)
  if (status?.kind !== 'file') return missing
  if (status.bytes < input.to) return tooShort(status.bytes, input)
  const { sha256 } = await digestOfStream(hdfs.read(path, { from: input.from, to: input.to }))
  return compare(sha256, input)
}

export const localFile = (path: string): LogFile => ({ name: path, problem: input => localProblem(path, input) })

export const fileOnHdfs = (place: OnHdfs): LogFile => ({
  name: place.path,
  problem: input => onHdfsProblem(place, input),
})

/** A file, or those of a folder. */
export const localFiles = (path: string): LogFile[] => {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) throw noSuch(path)
  return stat.isDirectory() ? readdirSync(path).map(name => localFile(join(path, name))) : [localFile(path)]
}

export const filesOnHdfs = async (place: OnHdfs): Promise<LogFile[]> => {
  const { hdfs, path } = place
  const status = await hdfs.status(path)
  if (status === undefined) throw noSuch(harmless(hdfs.name + path))
  if (status.kind === 'file') return [fileOnHdfs(place)]
  const files: LogFile[] = []
  for await (const file of hdfs.list(path)) files.push(fileOnHdfs({ hdfs, path: file.path }))
  return files
}
