import type { Ports } from '../part.ts'
import { loopback } from '../port.ts'

type Authentication = Parameters<InstanceType<typeof import('hive-driver').HiveClient>['connect']>[2]

const user = { username: 'textstream', password: 'textstream' }

/** What the driver throws is not always an error. */
const whyOf = (thrown: unknown): string => String((thrown as { message?: unknown } | null)?.message ?? thrown)

/** A session in which a statement has a result. */
const ask = async (port: number, authentication: Authentication, onError: (thrown: unknown) => void) => {
  const { HiveClient, HiveUtils, connections, thrift } = (await import('hive-driver')).default
  const { TCLIService: service, TCLIService_types: types } = thrift
  const client = new HiveClient(service, types)
  client.on('error', onError)
  await client.connect({ host: loopback, port }, new connections.TcpConnection(), authentication)
  const protocol = types.TProtocolVersion.HIVE_CLI_SERVICE_PROTOCOL_V10
  const session = await client.openSession({ client_protocol: protocol })
  const operation = await session.executeStatement('SELECT 1', { runAsync: true })
  const utils = new HiveUtils(types)
  await utils.waitUntilReady(operation, false, () => {})
  await utils.fetchAll(operation)
  const [row] = utils.getResult(operation).getValue() as Record<string, unknown>[]
  await operation.close()
  await session.close()
  if (Object.values(row ?? {})[0] !== 1) throw new Error(`"SELECT 1" is ${JSON.stringify(row)}`)
}

/** Whoever it is, whatever happens: nothing of it outlives the question, or the server drops the session by itself. */
export const hiveServer = async ({ hiveserver2 }: Ports, signal: AbortSignal): Promise<void> => {
  const { auth } = (await import('hive-driver')).default
  const plain = new auth.PlainTcpAuthentication(user)
  const failed = Promise.withResolvers<never>()
  let hangUp = () => {}
  const authentication: Authentication = {
    authenticate: transport => {
      hangUp = () => transport.getTransport().destroy()
      return plain.authenticate(transport)
    },
  }
  signal.addEventListener('abort', () => failed.reject(signal.reason), { once: true })
  try {
    await Promise.race([ask(hiveserver2, authentication, failed.reject), failed.promise])
  } catch (thrown) {
    throw new Error(whyOf(thrown), { cause: thrown })
  } finally {
    hangUp()
  }
}
