import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { StreamError } from '../std/error.ts'
import type { FileStatus, Hdfs } from './hdfs.ts'
import { memoryHdfs } from './memory-hdfs.ts'
import { webhdfs } from './webhdfs.ts'
import type { HdfsLimits } from './webhdfs-limits.ts'

/** So few entries are in a page of a folder, so that paging is seen. */
const pageEntries = 3

export interface Asked {
  /** `OPEN at the DataNode` and the like are `OPEN-data`. */
  readonly op: string
  readonly path: string
  readonly query: URLSearchParams
  /** How often this operation was asked for by now, from 1. */
  readonly times: number
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** Answers in another way than HDFS would; false leaves it to the server. */
export type Fault = (asked: Asked) => boolean | Promise<boolean>

export interface FakeWebHdfs {
  readonly url: string
  /** What is really there. */
  readonly files: Hdfs
  readonly hdfs: Hdfs
  /** Operations in the order in which they were asked for. */
  readonly asked: string[]
}

const exceptions: Readonly<Record<string, readonly [status: number, exception: string]>> = {
  'hdfs/absent': [404, 'FileNotFoundException'],
  'hdfs/exists': [403, 'FileAlreadyExistsException'],
}

export const refuse = (response: ServerResponse, status: number, exception: string, message: string): true => {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ RemoteException: { exception, javaClassName: exception, message } }))
  return true
}

const refuseWith = (response: ServerResponse, thrown: unknown) => {
  const code = thrown instanceof StreamError ? thrown.code : ''
  const [status, exception] = exceptions[code] ?? [403, 'IOException']
  refuse(response, status, exception, String((thrown as Error).message))
}

const jsonOf = ({ name, kind, bytes, modifiedMs, id }: FileStatus, isListed: boolean) => ({
  pathSuffix: isListed ? name : '',
  type: kind === 'folder' ? 'DIRECTORY' : 'FILE',
  length: bytes,
  modificationTime: modifiedMs,
  fileId: id,
})

const pageOf = async (files: Hdfs, path: string, startAfter: string | null) => {
  const status = await files.status(path)
  if (status?.kind === 'file') return { page: [jsonOf(status, false)], remainingEntries: 0 }
  const all: object[] = []
  for await (const one of files.list(path)) if (one.name > (startAfter ?? '')) all.push(jsonOf(one, true))
  return { page: all.slice(0, pageEntries), remainingEntries: Math.max(0, all.length - pageEntries) }
}

const bytesOf = async (files: Hdfs, path: string, query: URLSearchParams) => {
  const from = Number(query.get('offset') ?? 0)
  const to = query.has('length') ? from + Number(query.get('length')) : undefined
  const pieces: Buffer[] = []
  for await (const piece of files.read(path, to === undefined ? { from } : { from, to })) pieces.push(piece)
  return Buffer.concat(pieces)
}

type Answer = object | Buffer | 'created' | 'nothing'

const locate = ({ request }: Asked) => {
  const url = new URL(request.url!, `http://${request.headers.host}`)
  url.searchParams.set('at', 'data')
  return { Location: url.href }
}

const answers: Readonly<Record<string, (asked: Asked, files: Hdfs) => Promise<Answer>>> = {
  GETFILESTATUS: async ({ path }, files) => {
    const status = await files.status(path)
    if (status === undefined) throw new StreamError('hdfs/absent', `File does not exist: ${path}`)
    return { FileStatus: jsonOf(status, false) }
  },
  LISTSTATUS_BATCH: async ({ path, query }, files) => {
    const { page, remainingEntries } = await pageOf(files, path, query.get('startAfter'))
    return { DirectoryListing: { partialListing: { FileStatuses: { FileStatus: page } }, remainingEntries } }
  },
  MKDIRS: async ({ path }, files) => files.makeFolder(path).then(() => ({ boolean: true })),
  DELETE: async ({ path }, files) => ({ boolean: await files.remove(path) }),
  RENAME: async ({ path, query }, files) => {
    await files.rename(path, query.get('destination')!, { overwrite: query.get('renameoptions') === 'OVERWRITE' })
    return 'nothing'
  },
  OPEN: async asked => locate(asked),
  CREATE: async asked => locate(asked),
  'OPEN-data': async ({ path, query }, files) => bytesOf(files, path, query),
  'CREATE-data': async ({ path, query, request }, files) => {
    await files.write(path, [await buffer(request)], { overwrite: query.get('overwrite') === 'true' })
    return 'created'
  },
}

const reply = (response: ServerResponse, answer: Answer) => {
  if (answer === 'created') response.writeHead(201).end()
  else if (answer === 'nothing') response.writeHead(200).end()
  else if (answer instanceof Buffer) response.writeHead(200, { 'content-length': answer.length }).end(answer)
  else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
}

/** A server that speaks WebHDFS, NameNode and DataNode at one port, and fails as a real one can't be made to. */
export const fakeWebHdfs = async (
  t: TestContext,
  fault: Fault = () => false,
  limits: Partial<HdfsLimits> = {},
): Promise<FakeWebHdfs> => {
  const files = memoryHdfs()
  const asked: string[] = []
  const server = createServer(async (request, response) => {
    const url = new URL(request.url!, 'http://fake')
    const op = url.searchParams.get('op')! + (url.searchParams.get('at') === 'data' ? '-data' : '')
    asked.push(op)
    const path = decodeURIComponent(url.pathname.slice('/webhdfs/v1'.length))
    const times = asked.filter(one => one === op).length
    const one: Asked = { op, path, query: url.searchParams, times, request, response }
    if (op === 'CREATE-data') response.writeContinue()
    try {
      if (!(await fault(one))) reply(response, await answers[op](one, files))
    } catch (thrown) {
      refuseWith(response, thrown)
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const hdfs = webhdfs({ name: 'hdfs://fake:8020', nameNodes: [url], user: 'ada' }, limits)
  t.after(async () => {
    await hdfs[Symbol.asyncDispose]()
    server.closeAllConnections()
    server.close()
  })
  return { url, files, hdfs, asked }
}
