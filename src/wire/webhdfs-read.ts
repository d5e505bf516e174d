import type { FileStatus } from './hdfs.ts'
import { Avoided, type DataNode, dataNodeFor } from './webhdfs-datanode.ts'
import { bodyOf, Cut, send } from './webhdfs-exchange.ts'
import { type Again, dataNodeFault, HdfsFault } from './webhdfs-fault.ts'
import { type NameNodes, refusedBy } from './webhdfs-namenodes.ts'
import { Patience } from './webhdfs-patience.ts'
import { statusOf } from './webhdfs-status.ts'

const hopeful: readonly Again[] = ['elsewhere', 'unknown', 'no-data-node', 'broken']

interface Reading {
  readonly path: string
  readonly what: string
  /** As it was when the reading began. */
  readonly file: FileStatus
  readonly to: number
}

async function* bytesFrom(nameNodes: NameNodes, node: DataNode, { what }: Reading): AsyncGenerator<Buffer> {
  try {
    const answer = await send({ method: 'GET', url: node.url, agent: nameNodes.dataNodes }, nameNodes.limits)
    if (answer.statusCode !== 200) throw await refusedBy(what, node.server, answer, nameNodes.limits)
    yield* bodyOf(answer, nameNodes.limits)
  } catch (thrown) {
    if (thrown instanceof HdfsFault) throw thrown
    throw dataNodeFault(what, node.server, 'unknown', thrown instanceof Cut ? thrown.cause : thrown)
  }
}

const changed = (what: string) =>
  new HdfsFault('hdfs/changed', `${what}: it was replaced or cut while it was read; read it again`, 'never')

/** What goes on after a fault must go on in the same file. */
const checkSame = async (nameNodes: NameNodes, { path, what, file, to }: Reading) => {
  const now = await statusOf(nameNodes, path, what)
  if (now?.id !== file.id || now.bytes < to) throw changed(what)
}

async function* attempt(nameNodes: NameNodes, reading: Reading, from: number, node: DataNode) {
  const { what, to } = reading
  let at = from
  for await (const bytes of bytesFrom(nameNodes, node, reading)) {
    yield bytes.length > to - at ? bytes.subarray(0, to - at) : bytes
    at += bytes.length
    if (at >= to) return
  }
  throw dataNodeFault(what, node.server, 'unknown', new Error(`it sent nothing more at byte ${at} of ${to}`))
}

async function* readRange(nameNodes: NameNodes, reading: Reading, from: number): AsyncGenerator<Buffer> {
  const { what, path, to } = reading
  const patience = new Patience(nameNodes.limits)
  const avoided = new Avoided()
  let gained = 0
  for (let at = from; at < to; ) {
    let node: DataNode | undefined
    try {
      const parameters = { offset: String(at), length: String(to - at) }
      node = await dataNodeFor(nameNodes, { op: 'OPEN', path, what, parameters }, avoided)
      for await (const piece of attempt(nameNodes, reading, at, node)) {
        at += piece.length
        gained += piece.length
        if (gained >= nameNodes.limits.progressBytesMin) {
          gained = 0
          patience.renew()
        }
        yield piece
      }
    } catch (thrown) {
      await patience.pause(thrown, hopeful)
      if (node === undefined) avoided.clear()
      else avoided.add(node)
      await checkSame(nameNodes, reading)
    }
  }
}

export interface Range {
  readonly from?: number
  readonly to?: number
}

export async function* readFile(nameNodes: NameNodes, path: string, range: Range): AsyncGenerator<Buffer> {
  const what = `read "${nameNodes.nameOf(path)}"`
  const file = await statusOf(nameNodes, path, what)
  if (file === undefined) throw new HdfsFault('hdfs/absent', `${what}: no such file`, 'never')
  if (file.kind === 'folder') throw new HdfsFault('hdfs/not-a-file', `${what}: it is a folder`, 'never')
  const to = Math.min(range.to ?? file.bytes, file.bytes)
  yield* readRange(nameNodes, { path, what, file, to }, range.from ?? 0)
}
