import { randomUUID } from 'node:crypto'
import { connect } from 'node:http2'
import type { Ports } from '../part.ts'
import { loopback } from '../port.ts'

/** A field of a protocol buffer that holds a text or another message; each is shorter than 128 bytes. */
const field = (number: number, value: string | Buffer): Buffer => {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.of((number << 3) | 2, bytes.length), bytes])
}

/** Both `AnalyzePlanRequest` and `ReleaseSessionRequest` begin like this: the session, and whose it is. */
const session = (id: string) => Buffer.concat([field(1, id), field(2, field(1, 'textstream'))])

/** `schema` of a `plan` whose `root` is `sql`. It is a command, and so it is run. */
const showDatabases = field(4, field(1, field(1, field(10, field(1, 'SHOW DATABASES')))))

const framed = (message: Buffer): Buffer => {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

const call = (port: number, method: string, message: Buffer, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const client = connect(`http://${loopback}:${port}`)
    const done = (thrown?: unknown) => {
      client.destroy()
      if (thrown === undefined) resolve()
      else reject(thrown)
    }
    signal.addEventListener('abort', () => done(signal.reason), { once: true })
    client.on('error', done)
    const judge = (headers: Record<string, unknown>) => {
      const { 'grpc-status': status, 'grpc-message': why } = headers
      if (status !== undefined) done(status === '0' ? undefined : new Error(decodeURIComponent(String(why))))
    }
    const path = `/spark.connect.SparkConnectService/${method}`
    const stream = client.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
    }) // prettier-ignore
    stream.on('response', judge).on('trailers', judge).on('error', done)
    stream.on('close', () => done(new Error('it hangs up')))
    stream.resume().end(framed(message))
  })

/** It lists the databases, which it must ask the metastore for; one request to see, and one to leave nothing behind. */
export const sparkConnect = async ({ connect: port }: Ports, signal: AbortSignal): Promise<void> => {
  const own = session(randomUUID())
  await call(port, 'AnalyzePlan', Buffer.concat([own, showDatabases]), signal)
  await call(port, 'ReleaseSession', own, signal)
}
