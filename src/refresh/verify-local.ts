import { lstatSync, opendirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { readFully } from './files.ts'
import { linesOf } from './lines.ts'
import type { Folder } from './verify-folder.ts'
import { digestOfFile, openFile } from './verify-read.ts'

const nothing = Buffer.alloc(0)

function* linesAt(path: string, bytesMax: number): Generator<Buffer> {
  using file = openFile(path)
  if (file === undefined) return
  for (const { bytes, length } of linesOf(file.fd, 0, file.size, bytesMax)) yield length > bytesMax ? nothing : bytes
}

/** One after another: a folder may hold more names than should be in memory at once. */
function* namesAt(path: string): Generator<string> {
  const dir = opendirSync(path)
  try {
    for (let entry = dir.readSync(); entry !== null; entry = dir.readSync()) yield entry.name
  } finally {
    dir.closeSync()
  }
}

const wholeAt = (path: string, bytesMax: number) => {
  using file = openFile(path)
  if (file === undefined) return undefined
  if (file.size > bytesMax) return 'too long'
  const bytes = Buffer.alloc(file.size)
  return bytes.subarray(0, readFully(file.fd, bytes, 0, file.size, 0))
}

/** The folder itself may be a link; what lies in it may not. */
const isFolderAt = (dir: string, name: string) =>
  (name === '' ? statSync : lstatSync)(join(dir, name), { throwIfNoEntry: false })?.isDirectory() === true

export const localFolder = (dir: string): Folder => ({
  name: dir,
  filesAtOnce: 1,
  isFolder: name => isFolderAt(dir, name),
  digest: name => digestOfFile(join(dir, name)),
  whole: (name, bytesMax) => wholeAt(join(dir, name), bytesMax),
  lines: (name, bytesMax) => linesAt(join(dir, name), bytesMax),
  names: folder => namesAt(join(dir, folder)),
})
