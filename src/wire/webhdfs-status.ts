import type { FileStatus } from './hdfs.ts'
import { HdfsFault } from './webhdfs-fault.ts'
import type { NameNodes } from './webhdfs-namenodes.ts'

interface Page {
  readonly entries: FileStatus[]
  readonly remaining: number
}

const strange = (what: string) =>
  new HdfsFault('hdfs/failed', `${what}: the NameNode's answer is not what WebHDFS says; is it a NameNode?`, 'never')

/** Lists of other systems may hold names that lead elsewhere. */
const isName = (name: string) => name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name)

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

const statusFrom = (what: string, json: unknown, path: string, name: string): FileStatus => {
  const { type, length, modificationTime, fileId = 0 } = (json ?? {}) as Record<string, unknown>
  if (typeof type !== 'string' || !isCount(length) || !isCount(modificationTime) || !isCount(fileId))
    throw strange(what)
  const kind = type === 'DIRECTORY' ? 'folder' : 'file'
  return { name, path, kind, bytes: length, modifiedMs: modificationTime, id: fileId }
}

const nameIn = (json: unknown): string => {
  const name = (json as { pathSuffix?: unknown } | undefined)?.pathSuffix
  return typeof name === 'string' ? name : ''
}

const below = (folder: string, name: string) => (folder === '/' ? `/${name}` : `${folder}/${name}`)

const pageFrom = (what: string, json: unknown, folder: string): Page => {
  const listing = (json as { DirectoryListing?: Record<string, unknown> } | undefined)?.DirectoryListing
  const statuses = listing?.partialListing as { FileStatuses?: { FileStatus?: unknown } } | undefined
  const list = statuses?.FileStatuses?.FileStatus
  if (!Array.isArray(list) || !isCount(listing?.remainingEntries)) throw strange(what)
  const entries = list.map(entry => {
    const name = nameIn(entry)
    if (!isName(name)) throw strange(what)
    return statusFrom(what, entry, below(folder, name), name)
  })
  return { entries, remaining: listing.remainingEntries }
}

export const statusOf = async (
  nameNodes: NameNodes,
  path: string,
  what = `look at "${nameNodes.nameOf(path)}"`,
): Promise<FileStatus | undefined> => {
  try {
    const answer = await nameNodes.ask({ method: 'GET', op: 'GETFILESTATUS', path, what, mayRepeat: true })
    const name = path.slice(path.lastIndexOf('/') + 1)
    return statusFrom(what, (answer as { FileStatus?: unknown } | undefined)?.FileStatus, path, name)
  } catch (thrown) {
    if (thrown instanceof HdfsFault && thrown.code === 'hdfs/absent') return undefined
    throw thrown
  }
}

/** A file, listed, answers with itself: one entry without a name. */
const refuseFile = async (nameNodes: NameNodes, what: string, folder: string) => {
  const status = await statusOf(nameNodes, folder, what)
  if (status?.kind === 'file') throw new HdfsFault('hdfs/not-a-folder', `${what}: it is a file`, 'never')
}

export async function* listFolder(nameNodes: NameNodes, folder: string): AsyncGenerator<FileStatus> {
  const what = `list "${nameNodes.nameOf(folder)}"`
  await refuseFile(nameNodes, what, folder)
  let startAfter = ''
  for (;;) {
    const parameters = startAfter === '' ? {} : { startAfter }
    const question = { method: 'GET', op: 'LISTSTATUS_BATCH', path: folder, parameters, what, mayRepeat: true } as const
    const { entries, remaining } = pageFrom(what, await nameNodes.ask(question), folder)
    yield* entries
    if (remaining === 0 || entries.length === 0) return
    startAfter = entries.at(-1)!.name
  }
}
