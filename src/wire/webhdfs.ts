import type { FileStatus, Hdfs } from './hdfs.ts'
import { type HdfsEndpoints, hdfsPath } from './hdfs-address.ts'
import { type HdfsLimits, hdfsLimits } from './webhdfs-limits.ts'
import { NameNodes } from './webhdfs-namenodes.ts'
import { readFile } from './webhdfs-read.ts'
import { renamePath } from './webhdfs-rename.ts'
import { listFolder, statusOf } from './webhdfs-status.ts'
import { type Pieces, writeFile } from './webhdfs-write.ts'

export type { FileStatus, Hdfs } from './hdfs.ts'

/** Nothing is asked before the first call. Dispose of it to end its connections. */
export const webhdfs = (endpoints: HdfsEndpoints, limits: Partial<HdfsLimits> = {}): Hdfs =>
  new WebHdfs(endpoints, { ...hdfsLimits, ...limits })

class WebHdfs implements Hdfs {
  readonly name: string
  readonly #nameNodes: NameNodes

  constructor(endpoints: HdfsEndpoints, limits: HdfsLimits) {
    this.name = endpoints.name
    this.#nameNodes = new NameNodes(endpoints, limits)
  }

  status(path: string): Promise<FileStatus | undefined> {
    return statusOf(this.#nameNodes, hdfsPath(path))
  }

  list(folder: string): AsyncIterable<FileStatus> {
    return listFolder(this.#nameNodes, hdfsPath(folder))
  }

  read(path: string, range: { readonly from?: number; readonly to?: number } = {}): AsyncIterable<Buffer> {
    return readFile(this.#nameNodes, hdfsPath(path), range)
  }

  write(path: string, bytes: Pieces, { overwrite = false }: { readonly overwrite?: boolean } = {}): Promise<void> {
    return writeFile(this.#nameNodes, hdfsPath(path), bytes, overwrite)
  }

  async makeFolder(path: string): Promise<void> {
    const what = `make the folder "${this.#nameNodes.nameOf(path)}"`
    await this.#nameNodes.ask({ method: 'PUT', op: 'MKDIRS', path, what, mayRepeat: true })
  }

  rename(from: string, to: string, { overwrite = false }: { readonly overwrite?: boolean } = {}): Promise<void> {
    return renamePath(this.#nameNodes, hdfsPath(from), hdfsPath(to), overwrite)
  }

  async remove(path: string): Promise<boolean> {
    const what = `remove "${this.#nameNodes.nameOf(path)}"`
    const parameters = { recursive: 'true' }
    const answer = await this.#nameNodes.ask({
      method: 'DELETE',
      op: 'DELETE',
      path,
      parameters,
      what,
      mayRepeat: true,
    })
    return (answer as { boolean?: unknown } | undefined)?.boolean === true
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#nameNodes.close()
  }
}
