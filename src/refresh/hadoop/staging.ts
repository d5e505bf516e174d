import { hostname } from 'node:os'
import { isAlive } from '../../wire/alive.ts'
import type { Hdfs } from '../../wire/hdfs.ts'

const root = '/tmp'

/** A folder on HDFS for what belongs to one run, removed however that ends. */
export interface Staging extends AsyncDisposable {
  readonly path: string
}

export const stagingFolderOf = (user: string): string => `${root}/textstream-${plain(user)}`

const plain = (name: string) => name.replace(/[^\w.-]/g, '_')

/** The run that a folder belongs to, if it was of this machine and its process is no more. */
const abandonedBy = (name: string): string | undefined => {
  const { host, pid, id } = /^(?<host>.+)-(?<pid>\d+)-(?<id>[0-9a-f]{12})$/.exec(name)?.groups ?? {}
  return host === plain(hostname()) && !isAlive(Number(pid)) ? id : undefined
}

export interface StagingWanted {
  readonly hdfs: Hdfs
  readonly user: string
  /** 12 hex digits. */
  readonly id: string
  /** Ends what a run that was killed may have left running. */
  readonly abandon: (id: string) => Promise<void>
}

const removeAbandoned = async (folder: string, { hdfs, abandon }: StagingWanted): Promise<void> => {
  if ((await hdfs.status(folder)) === undefined) return
  const left: [path: string, id: string][] = []
  for await (const { path, name } of hdfs.list(folder)) {
    const id = abandonedBy(name)
    if (id !== undefined) left.push([path, id])
  }
  for (const [path, id] of left) {
    await abandon(id)
    await hdfs.remove(path)
  }
}

export const openStaging = async (wanted: StagingWanted): Promise<Staging> => {
  const { hdfs, user, id } = wanted
  const folder = stagingFolderOf(user)
  await removeAbandoned(folder, wanted)
  const path = `${folder}/${plain(hostname())}-${process.pid}-${id}`
  await hdfs.makeFolder(path)
  return {
    path,
    // What cannot be removed now, as HDFS is away, the next run on this machine removes.
    [Symbol.asyncDispose]: async () => void (await hdfs.remove(path).catch(() => {})),
  }
}
