/**
 * The file system that a table's files lie on, as far as publishing needs it: a folder of this machine, or HDFS. Paths
 * are absolute; `hdfs/…` and file system errors come through as they are, but for those that are said here.
 */
export interface TableFiles extends AsyncDisposable {
  /** What a person calls it: `file:` or `hdfs://host:port`. */
  readonly name: string
  /** As Spark wants it. */
  urlOf(path: string): string
  /** The path that a table's location means here. Throws `table/usage` for one on another file system. */
  pathOf(location: string): string
  /**
   * Makes a file that is whole and durable when it resolves; folders above it are made. False, and nothing changed, if
   * there is one already. Of two who make the same one, one gets true. Whoever is killed in it leaves none, or a whole one.
   */
  create(path: string, bytes: Uint8Array): Promise<boolean>
  /** Of at most `readBytesMax`; `undefined` if there is none. */
  read(path: string): Promise<Buffer | undefined>
  /** Names and sizes of the files and folders in a folder, in no order; none if it is not there. */
  list(folder: string): Promise<readonly TableFile[]>
  /** Atomic. False if there is nothing (any more) at `from`. Throws `table/exists` if `to` is there. */
  rename(from: string, to: string): Promise<boolean>
  /** Makes what others wrote survive a power cut. */
  sync(paths: readonly string[]): Promise<void>
  makeFolder(path: string): Promise<void>
  /** With all below it; nothing if it is not there. */
  remove(path: string): Promise<void>
  /**
   * The right to write where `path` says, until it is disposed of, or the process ends. Refused at once with
   * `table/locked` if somebody has it.
   */
  lock(path: string): Promise<TableLock>
}

export interface TableFile {
  readonly name: string
  readonly isFolder: boolean
  readonly bytes: number
}

export interface TableLock extends AsyncDisposable {
  /** Rejects `table/locked` if another one took it meanwhile. */
  check(): Promise<void>
}

export const readBytesMax = 64 * 1024 * 1024
