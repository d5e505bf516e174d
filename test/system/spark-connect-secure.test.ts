import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { client, sparkSkip as skip, sparkAddress } from '../spark.ts'
import { execute, tempDir } from './textstream.ts'

const { openSpark, parseSparkAddress } = client

const dir = await tempDir()
after(() => dir[Symbol.asyncDispose]())
const [keys, pem] = [join(dir.path, 'keys.p12'), join(dir.path, 'certificate.pem')]
const passphrase = 'changeit'
const soon = { firstContactMsMax: 300 }

const makeKeys = async () => {
  const store = ['-alias', 'spark', '-keystore', keys, '-storepass', passphrase]
  const as = ['-dname', 'CN=localhost', '-ext', 'SAN=dns:localhost,ip:127.0.0.1', '-validity', '2']
  for (const what of [
    ['-genkeypair', '-keyalg', 'EC', '-storetype', 'PKCS12', ...as],
    ['-exportcert', '-rfc', '-file', pem],
  ]) {
    const { code, stdout, stderr } = await execute('keytool', [...what, ...store])
    assert.equal(code, 0, stdout + stderr)
  }
}

/** TLS in front of the real server, as a proxy of those who offer Spark does it. */
const tlsFront = async () => {
  const { host, port } = parseSparkAddress(sparkAddress)
  const options: TlsOptions = { pfx: await readFile(keys), passphrase, ALPNProtocols: ['h2'] }
  const server = createTlsServer(options, near => {
    const far = connect(port, host)
    near.on('error', () => far.destroy()).pipe(far)
    far.on('error', () => near.destroy()).pipe(near)
  })
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, close: () => server.close() }
}

test('TLS is spoken with who shows a certificate of the authority, and with nobody else', { skip }, async () => {
  await makeKeys()
  const front = await tlsFront()
  try {
    const address = { host: 'localhost', port: front.port }
    const ca = await readFile(pem)
    await using spark = await openSpark(address, { security: { tls: { ca } } })
    assert.match(spark.version, /^4\./)
    const untrusting = openSpark(`sc://localhost:${front.port}/;use_ssl=true`, soon)
    await assert.rejects(untrusting, { code: 'spark/tls', message: /self.signed.*TEXTSTREAM_SPARK_TLS_CA/ })
    await assert.rejects(openSpark(address, soon), { code: 'spark/unreachable' })
    const plain = { ...parseSparkAddress(sparkAddress), tls: true }
    await assert.rejects(openSpark(plain, soon), { code: /^spark\/(?:tls|unreachable)$/ })
  } finally {
    front.close()
  }
})

const listener = async (onConnection: Parameters<typeof createServer>[1]) => {
  const server = createServer(onConnection)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

const portOf = (server: ReturnType<typeof createServer>) => (server.address() as AddressInfo).port

test('a port where nobody listens is told soon', { skip }, async () => {
  const server = await listener(() => {})
  const port = portOf(server)
  server.close()
  await once(server, 'close')
  const started = performance.now()
  await assert.rejects(openSpark(`sc://127.0.0.1:${port}`), {
    code: 'spark/unreachable',
    message: /ECONNREFUSED.*stack up/,
  })
  assert.ok(performance.now() - started < 5_000)
})

test('a host that there is not is told', { skip }, async () => {
  await assert.rejects(openSpark('sc://nowhere.invalid', soon), {
    code: 'spark/unreachable',
    message: /nowhere\.invalid/,
  })
})

test('who listens and says nothing is given up', { skip }, async () => {
  const server = await listener(socket => socket.on('error', () => {}))
  const quiet = openSpark(`sc://127.0.0.1:${portOf(server)}`, { connectMsMax: 300, requestMsMax: 300, ...soon })
  await assert.rejects(quiet, { code: 'spark/unreachable' })
  server.close()
})

test('a server of something else is told from Spark', { skip }, async () => {
  const server = await listener(socket => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n'))
  })
  await assert.rejects(openSpark(`sc://127.0.0.1:${portOf(server)}`, soon), { code: 'spark/unreachable' })
  server.close()
})
