import { isUtf8 } from 'node:buffer'
import { constants, type Dirent } from 'node:fs'
import { type FileHandle, lstat, open, readdir, realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { errnoOf } from '../std/error.ts'

/** O_NONBLOCK: a FIFO that nobody writes to must not hold us up. O_NOFOLLOW: a link is resolved and judged first. */
const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW | constants.O_NOCTTY

/** What the system says of a name that leads to no text: not there, a link, a socket, a FIFO, not a possible name. */
const absent = new Set(['ENOENT', 'ELOOP', 'ENOTDIR', 'ENXIO', 'ENODEV', 'ENAMETOOLONG', 'EINVAL', 'EISDIR'])

const isPlainName = (name: string) =>
  name !== '' && !name.startsWith('.') && !/[\0/]/.test(name) && !name.includes(sep) && name.isWellFormed()

const isBelow = (root: string, path: string) => path.startsWith(root.endsWith(sep) ? root : root + sep)

const absentAsUndefined = (thrown: unknown) => {
  if (absent.has(errnoOf(thrown) ?? '')) return undefined
  throw thrown
}

const regular = async (file: FileHandle): Promise<FileHandle | undefined> => {
  if ((await file.stat()).isFile()) return file
  await file.close()
  return undefined
}

const isStill = async (file: FileHandle, path: string) => {
  const [opened, named, real] = await Promise.all([file.stat(), lstat(path), realpath(path)])
  return real === path && opened.dev === named.dev && opened.ino === named.ino
}

/** The place that a link names is judged before it is opened, and once more after: it may have been swapped meanwhile. */
const openLink = async (root: string, link: string): Promise<FileHandle | undefined> => {
  const path = await realpath(link)
  if (!isBelow(root, path)) return undefined
  const file = await open(path, flags)
  if (await isStill(file, path).catch(() => false)) return regular(file)
  await file.close()
  return undefined
}

const openNamed = async (root: string, name: string): Promise<FileHandle | undefined> => {
  const path = join(root, name)
  try {
    return await regular(await open(path, flags))
  } catch (thrown) {
    if (errnoOf(thrown) !== 'ELOOP') throw thrown
    return openLink(root, path)
  }
}

/**
 * Opens a regular file that lies directly in `dir`, or that a link there names and that lies somewhere inside `dir`.
 * `undefined` for everything else: names with a separator, NUL or a leading dot, folders, FIFOs, devices, links that
 * lead out, and what isn't there. Rejects only if `dir` is not there or the system fails (no permission, too many open files).
 */
export const openInside = async (dir: string, name: string): Promise<FileHandle | undefined> => {
  const root = await realpath(dir)
  return isPlainName(name) ? openNamed(root, name).catch(absentAsUndefined) : undefined
}

const leadsInside = async (root: string, name: string) => {
  const path = await realpath(join(root, name)).catch(absentAsUndefined)
  return path !== undefined && isBelow(root, path) && (await lstat(path)).isFile()
}

const isText = async (root: string, entry: Dirent<Buffer>, name: string) =>
  entry.isFile() || (entry.isSymbolicLink() && (await leadsInside(root, name)))

export interface Names {
  /** In byte order. */
  readonly names: readonly string[]
  /** Files whose names are not UTF-8, and so can't be asked for. */
  readonly unnameable: readonly Buffer[]
  /** Folders that are not hidden: texts in them are not ours. */
  readonly folders: readonly string[]
}

/** What `openInside` would open. */
export const namesInside = async (dir: string): Promise<Names> => {
  const root = await realpath(dir)
  const entries = await readdir(root, { withFileTypes: true, encoding: 'buffer' })
  entries.sort((a, b) => a.name.compare(b.name))
  const names: string[] = []
  const unnameable: Buffer[] = []
  const folders: string[] = []
  for (const entry of entries) {
    const name = entry.name.toString()
    if (!isUtf8(entry.name)) unnameable.push(entry.name)
    else if (!isPlainName(name)) continue
    else if (entry.isDirectory()) folders.push(name)
    else if (await isText(root, entry, name)) names.push(name)
  }
  return { names, unnameable, folders }
}
