/** Where its HiveServer2 is, for tests that hurt no one: `host:port`. */
export const hiveAddress = process.env.TEXTSTREAM_TEST_HIVE ?? ''

const isRequired = (process.env.TEXTSTREAM_REQUIRE ?? '').split(/[\s,]+/).includes('hive')

/** Why there can be no test with Hive here, for `skip`. What is required may not be skipped: `TEXTSTREAM_REQUIRE=hive`. */
export const hiveSkip: string | false =
  hiveAddress === '' ? 'no Hive: set TEXTSTREAM_TEST_HIVE=host:port (textstream stack up hive)' : false
if (hiveSkip !== false && isRequired) throw new Error(hiveSkip)

export type HiveRow = Readonly<Record<string, unknown>>

/** As a stranger's program does it: a session, statements, and the rows of the last. */
export const askHive = async (address: string, ...statements: string[]): Promise<HiveRow[]> => {
  const { auth, connections, HiveClient, HiveUtils, thrift } = (await import('hive-driver')).default
  const { TCLIService: service, TCLIService_types: types } = thrift
  const [host, port] = address.split(':')
  const client = new HiveClient(service, types)
  client.on('error', () => {})
  const login = new auth.PlainTcpAuthentication({ username: 'test', password: 'test' })
  await client.connect({ host, port: Number(port) }, new connections.TcpConnection(), login)
  try {
    const session = await client.openSession({ client_protocol: types.TProtocolVersion.HIVE_CLI_SERVICE_PROTOCOL_V10 })
    const utils = new HiveUtils(types)
    let rows: HiveRow[] = []
    for (const statement of statements) {
      const operation = await session.executeStatement(statement, { runAsync: true })
      await utils.waitUntilReady(operation, false, () => {})
      await utils.fetchAll(operation)
      rows = (utils.getResult(operation).getValue() ?? []) as HiveRow[]
      await operation.close()
    }
    await session.close()
    return rows
  } finally {
    client.close()
  }
}
