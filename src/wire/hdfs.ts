export interface FileStatus {
  /** The last part of its path. Anybody may give a file any name: it is no local path as it stands. */
  readonly name: string
  readonly path: string
  readonly kind: 'file' | 'folder'
  readonly bytes: number
  readonly modifiedMs: number
  /** Another one for every file that ever was, also of the same name. */
  readonly id: number
}

/**
 * A file system of Hadoop, over WebHDFS. Paths are absolute, in HDFS's own spelling. Whatever fails says so by code:
 * `hdfs/absent`, `hdfs/exists`, `hdfs/not-a-file`, `hdfs/not-a-folder`, `hdfs/denied`, `hdfs/full` (no space, or a quota), `hdfs/read-only` (safe mode),
 * `hdfs/unreachable`, `hdfs/secure` (wants Kerberos), `hdfs/broken` (no DataNode can give the bytes), `hdfs/changed`
 * (replaced while it was read), `hdfs/usage` (a name that HDFS does not take), else `hdfs/failed`.
 */
export interface Hdfs extends AsyncDisposable {
  /** `hdfs://host:port`. */
  readonly name: string
  status(path: string): Promise<FileStatus | undefined>
  /**
   * One level, in pages, in the NameNode's order, which is that of bytes for names in ASCII. What comes or goes
   * meanwhile is there or not; nothing is there twice. Rejects `hdfs/absent`.
   */
  list(folder: string): AsyncIterable<FileStatus>
  /**
   * Bytes `[from, to)`, or to the end as it was when the reading began: all of them, or it rejects. Goes on by itself
   * where a connection was cut, if the file is still the same.
   */
  read(path: string, range?: { readonly from?: number; readonly to?: number }): AsyncIterable<Buffer>
  /**
   * The file is whole when it resolves; folders above it are made. After a rejection a part of it may lie there, and
   * pass for a whole file: write to a name that nobody reads, and rename. Never tried again by itself once a byte was
   * taken from `bytes`.
   */
  write(
    path: string,
    bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    options?: { readonly overwrite?: boolean },
  ): Promise<void>
  /** With those above it. */
  makeFolder(path: string): Promise<void>
  /**
   * Atomic, of files and folders. Rejects `hdfs/exists` and `hdfs/absent`; never into a folder, and over nothing but,
   * if that is said, a file.
   */
  rename(from: string, to: string, options?: { readonly overwrite?: boolean }): Promise<void>
  /** With all below it; false if nothing was there. */
  remove(path: string): Promise<boolean>
}
