import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, get, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { encode } from '../chunk/codec.ts'
import { memoryTopic } from '../topic/memory.ts'
import { Hub } from './hub.ts'
import { Lanes } from './lanes.ts'
import { LiveDocuments } from './live-documents.ts'
import type { Rebuilt } from './rebuild.ts'
import { until } from './testing.ts'
import { markOf, newHash } from './text-file.ts'

const dir = mkdtempSync(join(tmpdir(), 'textstream-live-'))
after(() => rmSync(dir, { recursive: true }))

/** A text of one answer as a rebuild would leave it. */
const rebuiltOf = (text: string): Rebuilt => {
  const textPath = join(dir, `${Math.random()}.txt`)
  writeFileSync(textPath, text)
  const bytes = Buffer.byteLength(text)
  return { row: undefined, textPath, bytes, parts: [], chunksPath: '', agents: [], hasClaims: false }
}

/** Documents whose rebuilds end when and how a test says, and readers of theirs. */
const following = async (now: () => Promise<Rebuilt>, limits: { documentsMax?: number; restMsMax?: number } = {}) => {
  const hub = new Hub(memoryTopic(), new Lanes())
  const documents = new LiveDocuments(hub, { now }, limits)
  const responses: ((response: ServerResponse) => void)[] = []
  const server = createServer((_, response) => responses.shift()!(response)).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const follow = async (uri: string, mark?: string) => {
    const taken = Promise.withResolvers<ServerResponse>()
    responses.push(taken.resolve)
    const shown = { text: '', isCut: false, leave: () => void request.destroy() }
    const request = get({ port }, response =>
      response.on('data', data => (shown.text += data)).on('close', () => (shown.isCut = true)),
    ).on('error', () => (shown.isCut = true))
    const joined = documents.follow(await taken.promise, uri, mark)
    return { shown, joined }
  }
  /** A record of an answer that stands before all others: the text has to be made anew. */
  const disturb = (uri: string) => {
    const line = encode({ chunk: 'x', destination_uri: uri, agent_id: 'A', response_id: 'r', seq: 7 }).subarray(0, -1)
    hub.take({ partition: 'log', entries: [{ offset: 0, next: line.length + 1, line }] })
  }
  const close = () => {
    documents[Symbol.dispose]()
    server.closeAllConnections()
    server.close()
  }
  return { documents, follow, disturb, [Symbol.dispose]: close }
}

const isFree = (documents: LiveDocuments) => {
  try {
    documents.refuseTooMany('/other')
    return true
  } catch {
    return false
  }
}

test('a reader that goes before the text is there holds no document', async () => {
  const rebuilding = Promise.withResolvers<Rebuilt>()
  using up = await following(() => rebuilding.promise, { documentsMax: 1, restMsMax: 1 })
  const { shown, joined } = await up.follow('/a')
  shown.leave()
  await until(
    async () => up.documents.readers,
    readers => readers === 0,
  )
  assert.equal(isFree(up.documents), false)
  rebuilding.resolve(rebuiltOf('abc'))
  await joined
  await until(
    async () => isFree(up.documents),
    free => free,
    1_000,
  )
})

test('where a text cannot be made anew, those who follow it stay, and see it as soon as it can', async () => {
  const rebuilds: (() => Promise<Rebuilt>)[] = [
    async () => rebuiltOf('abc'),
    async () => Promise.reject(new Error('the thread failed')),
    async () => rebuiltOf('abcdef'),
  ]
  const failed = Promise.withResolvers<void>()
  using up = await following(async () => {
    if (rebuilds.length === 2) setImmediate(failed.resolve)
    return rebuilds.shift()!()
  })
  const { shown, joined } = await up.follow('/a')
  await joined
  up.disturb('/a')
  await failed.promise
  const other = await up.follow('/a')
  await until(
    async () => other.shown.isCut,
    isCut => isCut,
  )
  await until(
    async () => shown.text,
    text => text.includes('"def"'),
    2_000,
  )
  assert.equal(shown.isCut, false)
})

test('who is at the beginning of a text while it is made anew is given no closed file', async () => {
  const old = 'a'.repeat(64 * 1024 * 1024)
  const rebuilds = [rebuiltOf(old), rebuiltOf(`${old}b`)]
  let isRenewed = false
  using up = await following(async () => {
    isRenewed = rebuilds.length === 1
    return rebuilds.shift()!
  })
  const mark = markOf(old.length, newHash().update(old))
  const first = await up.follow('/a', mark)
  await first.joined
  first.shown.leave()
  up.disturb('/a')
  let last: Awaited<ReturnType<typeof up.follow>> | undefined
  while (!isRenewed) {
    last?.shown.leave()
    last = await up.follow('/a', mark)
    await last.joined
  }
  const { shown } = last!
  await until(
    async () => shown.text,
    text => text.includes('"b"'),
    2_000,
  )
  assert.deepEqual([shown.isCut, shown.text.includes('replaced')], [false, false])
})
