import { StreamError } from '../std/error.ts'
import type { HdfsEndpoints } from './hdfs-address.ts'

export interface FileStatus {
  /** The last part of its path. HDFS may be told any name by anybody: never a local path as it stands. */
  readonly name: string
  readonly path: string
  readonly kind: 'file' | 'folder'
  readonly bytes: number
  readonly modifiedMs: number
}

/**
 * A file system of Hadoop, over WebHDFS. Paths are absolute, in HDFS's own spelling. Whatever fails says so by code:
 * `hdfs/absent`, `hdfs/exists`, `hdfs/denied`, `hdfs/full` (no space, or a quota), `hdfs/read-only` (safe mode),
 * `hdfs/unreachable`, `hdfs/secure` (wants Kerberos), `hdfs/broken` (bytes that cannot be read), else `hdfs/failed`.
 */
export interface Hdfs extends AsyncDisposable {
  /** `hdfs://host:port`. */
  readonly name: string
  status(path: string): Promise<FileStatus | undefined>
  /** One level, in byte order of names, in pages. What comes or goes meanwhile is there or not; nothing is there twice. Rejects `hdfs/absent`. */
  list(folder: string): AsyncIterable<FileStatus>
  /** Bytes `[from, to)`, or to the end as it was when the reading began; goes on by itself where a connection was cut. Never fewer bytes than that without an error. */
  read(path: string, range?: { readonly from?: number; readonly to?: number }): AsyncIterable<Buffer>
  /**
   * The file is whole when it resolves; folders above it are made. After a rejection a part of it may lie there: write
   * to a name that nobody reads, and rename. Never tried again by itself, as `bytes` are gone.
   */
  write(
    path: string,
    bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    options?: { readonly overwrite?: boolean },
  ): Promise<void>
  /** With those above it. */
  makeFolder(path: string): Promise<void>
  /** Atomic. Rejects `hdfs/exists` and `hdfs/absent`; never into a folder. */
  rename(from: string, to: string): Promise<void>
  /** With all below it; false if nothing was there. */
  remove(path: string): Promise<boolean>
}

export const webhdfs = (endpoints: HdfsEndpoints): Hdfs => {
  throw new StreamError('hdfs/failed', `${endpoints.name}: not built yet`)
}
