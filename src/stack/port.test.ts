import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import { isFree, ownerOf } from './port.ts'

const listening = async (host: string) => {
  const server = createServer()
  await once(server.listen(0, host), 'listening')
  const { port } = server.address() as AddressInfo
  return { port, [Symbol.asyncDispose]: async () => void server.close() }
}

for (const host of ['127.0.0.1', '0.0.0.0', '::']) {
  test(`a port is taken while a process listens on ${host}, which is named`, async t => {
    if (process.platform !== 'linux') return t.skip('needs /proc')
    await using server = await listening(host)
    assert.equal(await isFree(server.port), false)
    assert.match(await ownerOf(server.port), new RegExp(`^pid ${process.pid} \\(.*node.*\\)$`))
  })
}

test('a port is free again once nobody listens', async () => {
  const server = await listening('127.0.0.1')
  await server[Symbol.asyncDispose]()
  assert.equal(await isFree(server.port), true)
  assert.equal(await ownerOf(server.port), 'another process')
})
