import { harmless } from '../std/terminal.ts'
import type { FileStatus } from '../wire/hdfs.ts'
import type { Source } from './hdfs-get.ts'
import { writeOut } from './output.ts'

async function* entriesOf({ hdfs, path }: Source): AsyncGenerator<FileStatus> {
  const status = await hdfs.status(path)
  if (status?.kind === 'file') yield status
  else yield* hdfs.list(path)
}

const bytesWidth = 19

const line = ({ name, kind, bytes, modifiedMs }: FileStatus) => {
  const size = kind === 'folder' ? '-' : bytes.toLocaleString('en')
  return `${size.padStart(bytesWidth)}  ${new Date(modifiedMs).toISOString()}  ${harmless(name)}${kind === 'folder' ? '/' : ''}`
}

const json = ({ name, path, kind, bytes, modifiedMs }: FileStatus) =>
  JSON.stringify({ name, path, kind, bytes, modified: new Date(modifiedMs).toISOString() })

/** As they come: a folder may hold more than should be in memory at once. */
export const list = async (source: Source, isJson: boolean): Promise<void> => {
  for await (const status of entriesOf(source)) await writeOut(`${isJson ? json(status) : line(status)}\n`)
}
