import type { ClientRequest } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Avoided, type DataNode, dataNodeFor, type Wanted } from './webhdfs-datanode.ts'
import { begin, Cut, type Exchange } from './webhdfs-exchange.ts'
import { type Again, dataNodeFault, HdfsFault } from './webhdfs-fault.ts'
import { lostRefusal } from './webhdfs-lost-refusal.ts'
import { type NameNodes, refusedBy } from './webhdfs-namenodes.ts'
import { Patience } from './webhdfs-patience.ts'
import { statusOf } from './webhdfs-status.ts'

export type Pieces = AsyncIterable<Uint8Array> | Iterable<Uint8Array>

const hopeful: readonly Again[] = ['elsewhere', 'no-data-node']

interface Upload extends Exchange {
  readonly node: DataNode
}

/** Nothing of the bytes was taken yet, so another DataNode may be tried. */
const connect = async (nameNodes: NameNodes, wanted: Wanted, msMax?: number): Promise<Upload> => {
  const patience = new Patience(nameNodes.limits, msMax)
  const avoided = new Avoided()
  for (;;) {
    let node: DataNode | undefined
    try {
      node = await dataNodeFor(nameNodes, wanted, avoided)
      const exchange = begin({ method: 'PUT', url: node.url, agent: nameNodes.dataNodes }, nameNodes.limits)
      exchange.request.flushHeaders()
      exchange.response.catch(() => {})
      await exchange.connected
      return { ...exchange, node }
    } catch (thrown) {
      const fault = thrown instanceof Cut ? dataNodeFault(wanted.what, node!.server, 'elsewhere', thrown.cause) : thrown
      await patience.pause(fault, hopeful)
      if (node === undefined) avoided.clear()
      else avoided.add(node)
    }
  }
}

const signs = ['drain', 'response', 'close'] as const

/** Until more can be sent, or nothing needs to be any more. */
const roomOrEnd = (request: ClientRequest, msMax: number) =>
  new Promise<void>(resolve => {
    const timer = setTimeout(() => request.destroy(new Error(`it took no more for ${msMax / 1000} s`)), msMax)
    const done = () => {
      clearTimeout(timer)
      for (const sign of signs) request.off(sign, done)
      resolve()
    }
    for (const sign of signs) request.on(sign, done)
  })

/** Hands the bytes over as fast as they are taken. Stops early where an answer came early, which is a refusal. */
const pour = async ({ request }: Upload, bytes: Pieces, idleMsMax: number): Promise<number> => {
  let isAnswered = false
  request.once('response', () => (isAnswered = true))
  let length = 0
  for await (const piece of bytes) {
    await nextTurn()
    if (isAnswered || request.destroyed) return length
    length += piece.length
    if (!request.write(piece)) await roomOrEnd(request, idleMsMax)
  }
  request.end()
  return length
}

const answerTo = async (nameNodes: NameNodes, { request, response, node }: Upload, what: string) => {
  try {
    const answer = await response
    if (answer.statusCode === 201 && request.writableFinished) return void answer.resume()
    throw await refusedBy(what, node.server, answer, nameNodes.limits)
  } catch (thrown) {
    throw thrown instanceof Cut ? dataNodeFault(what, node.server, 'unknown', thrown.cause) : thrown
  }
}

/** Resolves with the number of bytes once the DataNode says that it has them all. */
const writeBytes = async (nameNodes: NameNodes, wanted: Wanted, bytes: Pieces, msMax?: number): Promise<number> => {
  const upload = await connect(nameNodes, wanted, msMax)
  try {
    const length = await pour(upload, bytes, nameNodes.limits.idleMsMax)
    upload.expectAnswer()
    await answerTo(nameNodes, upload, wanted.what)
    return length
  } finally {
    upload.request.destroy()
  }
}

const checkWhole = async (nameNodes: NameNodes, { path, what }: Wanted, bytes: number) => {
  const there = (await statusOf(nameNodes, path, what))?.bytes ?? 0
  if (there === bytes) return
  throw new HdfsFault(
    'hdfs/failed',
    `${what}: ${bytes} bytes were taken, but HDFS has ${there}; write it again`,
    'never',
  )
}

/** The DataNode refuses it, too, but after bytes were taken; and a refusal may get lost. */
const refuseThere = async (nameNodes: NameNodes, path: string, what: string) => {
  const there = await statusOf(nameNodes, path, what)
  if (there !== undefined) throw new HdfsFault('hdfs/exists', `${what}: there is a ${there.kind} of that name`, 'never')
}

export const writeFile = async (nameNodes: NameNodes, path: string, bytes: Pieces, overwrite: boolean) => {
  const what = `write "${nameNodes.nameOf(path)}"`
  if (!overwrite) await refuseThere(nameNodes, path, what)
  const wanted: Wanted = { op: 'CREATE', path, what, parameters: { overwrite: String(overwrite) } }
  const again = () => writeBytes(nameNodes, wanted, [], nameNodes.limits.firstMsMax)
  const length = await writeBytes(nameNodes, wanted, bytes).catch(async thrown => {
    throw await lostRefusal(nameNodes, wanted, thrown, again)
  })
  await checkWhole(nameNodes, wanted, length)
}
