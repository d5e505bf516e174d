import assert from 'node:assert/strict'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { test } from 'node:test'
import { EventStream } from './event-stream.ts'
import { until } from './testing.ts'

/** A reader that reads only when `resume` is called, and whoever writes to it. */
const reader = async (silenceMsMax: number) => {
  const answered = Promise.withResolvers<ServerResponse>()
  const server = createServer((_, response) => answered.resolve(response)).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.pause().write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  let received = ''
  socket.on('data', data => (received += data)).on('error', () => {})
  socket.pause()
  const ended: boolean[] = []
  let drains = 0
  let more = () => {}
  const onDrain = () => {
    drains++
    more()
  }
  const stream = new EventStream(await answered.promise, {
    silenceMsMax,
    onEnd: dropped => ended.push(dropped),
    onDrain,
  })
  /** Until nothing more is taken, neither by the reader nor by the system. */
  const fill = () => {
    const send = () => {
      while (!stream.isBlocked && ended.length === 0) stream.send('text', 'x'.repeat(100_000))
    }
    more = send
    send()
  }
  const close = () => {
    socket.destroy()
    server.close()
  }
  return { stream, socket, ended, fill, received: () => received, drains: () => drains, [Symbol.dispose]: close }
}

test('a reader that does not read is dropped, and finds an event that says so', async () => {
  using one = await reader(100)
  one.fill()
  await until(
    async () => one.ended,
    ended => ended.length > 0,
  )
  assert.deepEqual(one.ended, [true])
  one.socket.resume()
  await until(
    async () => one.received(),
    text => text.includes('event: dropped'),
  )
})

test('a slow reader that goes on reading stays', async () => {
  using one = await reader(500)
  one.fill()
  const reading = setInterval(() => one.socket.resume().once('data', () => one.socket.pause()), 5)
  await new Promise(resolve => setTimeout(resolve, 1_500))
  clearInterval(reading)
  assert.deepEqual(one.ended, [])
  assert.ok(one.drains() > 0)
})

test('a reader that leaves is told of once', async () => {
  using one = await reader(100)
  one.stream.send('text', 'x')
  one.socket.destroy()
  await until(
    async () => one.ended,
    ended => ended.length > 0,
  )
  one.stream.send('text', 'y')
  one.stream.end()
  assert.deepEqual(one.ended, [false])
})

test('a reader that was gone before is told of, too', async () => {
  const answered = Promise.withResolvers<ServerResponse>()
  const server = createServer((_, response) => answered.resolve(response)).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  const response = await answered.promise
  const closed = new Promise(resolve => response.once('close', resolve))
  socket.destroy()
  await closed
  const ended: boolean[] = []
  const stream = new EventStream(response, { onEnd: dropped => ended.push(dropped), onDrain: () => {} })
  await new Promise(resolve => setImmediate(resolve))
  server.close()
  assert.deepEqual([ended, stream.isBlocked], [[false], true])
})
