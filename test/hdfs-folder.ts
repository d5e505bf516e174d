import { randomUUID } from 'node:crypto'
import { userInfo } from 'node:os'
import type { TestContext } from 'node:test'
import { type Hdfs, webhdfs } from '../src/wire/webhdfs.ts'
import type { TestHadoop } from './hadoop.ts'

/** A folder of one's own on the test's HDFS, which is gone afterwards. */
export interface HdfsFolder {
  readonly hdfs: Hdfs
  readonly path: string
  /** A small file in it, by its name. */
  write(name: string, text: string): Promise<void>
  read(name: string): Promise<string>
  /** Names below it, sorted, relative to it; folders end with a slash. */
  names(below?: string): Promise<string[]>
}

const filesBelow = async (hdfs: Hdfs, folder: string): Promise<string[]> => {
  const found: string[] = []
  for await (const { path, kind } of hdfs.list(folder)) {
    if (kind === 'folder') found.push(`${path}/`, ...(await filesBelow(hdfs, path)))
    else found.push(path)
  }
  return found
}

export const textOnHdfs = async (hdfs: Hdfs, path: string): Promise<string> => {
  const pieces: Buffer[] = []
  for await (const piece of hdfs.read(path)) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

export const hdfsFolder = async (t: TestContext, hadoop: TestHadoop): Promise<HdfsFolder> => {
  const name = `hdfs://127.0.0.1:${hadoop.ports.namenode}`
  const hdfs = webhdfs({ name, nameNodes: [hadoop.webHdfs], user: userInfo().username })
  const path = `/test/${randomUUID()}`
  await hdfs.makeFolder(path)
  t.after(async () => {
    await hdfs.remove(path)
    await hdfs[Symbol.asyncDispose]()
  })
  return {
    hdfs,
    path,
    write: (name, text) => hdfs.write(`${path}/${name}`, [Buffer.from(text)], { overwrite: true }),
    read: name => textOnHdfs(hdfs, `${path}/${name}`),
    names: async (below = '') => {
      const folder = below === '' ? path : `${path}/${below}`
      return (await filesBelow(hdfs, folder)).map(found => found.slice(folder.length + 1)).sort()
    },
  }
}
