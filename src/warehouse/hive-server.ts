import { reasonOf, StreamError } from '../std/error.ts'
import type { HiveAddress } from './hive-address.ts'

/** Nobody answers behind a wrong port, and who asks should be told so soon. */
const connectMsMax = 5_000
/** Rows that come at once; the server has no limit by bytes. */
const fetchRowsMax = 1_000

type Driver = typeof import('hive-driver')
type Client = InstanceType<Driver['HiveClient']>
type Session = Awaited<ReturnType<Client['openSession']>>
/** A statement that runs, or has a result. */
export type Operation = Awaited<ReturnType<Session['executeStatement']>>
export type Schema = NonNullable<ReturnType<Operation['getSchema']>>
export type RowSet = ReturnType<Operation['getData']>[number]

/** Who asks, where the server wants to know. */
export interface HiveLogin {
  readonly user: string
  readonly password: string
}

const driver = async (): Promise<Driver> => (await import('hive-driver')).default as unknown as Driver

const unreachable = ({ name }: HiveAddress, why: string, cause: unknown) => {
  const todo = 'is it up? try: textstream stack up hive, or name another one with --hive-port host:port'
  return new StreamError('hive/unreachable', `HiveServer2 at ${name}: ${why}; ${todo}`, { cause })
}

/** What the driver throws is not always an error. */
const whyOf = (thrown: unknown): string => reasonOf((thrown as { message?: unknown } | null)?.message ?? thrown)

/** A session on HiveServer2. Its connection can be cut at any moment: whoever waits for an answer then gets `hive/lost`. */
export class HiveServer implements AsyncDisposable {
  readonly address: HiveAddress
  readonly #client: Client
  readonly #session: Session
  readonly #cut: PromiseWithResolvers<never>
  readonly #hangUp: () => void

  private constructor(
    address: HiveAddress,
    client: Client,
    session: Session,
    cut: PromiseWithResolvers<never>,
    hangUp: () => void,
  ) {
    this.address = address
    this.#client = client
    this.#session = session
    this.#cut = cut
    this.#hangUp = hangUp
  }

  static async open(address: HiveAddress, { user, password }: HiveLogin): Promise<HiveServer> {
    const { auth, connections, HiveClient, thrift } = await driver()
    const { TCLIService: service, TCLIService_types: types } = thrift
    const cut = Promise.withResolvers<never>()
    cut.promise.catch(() => {})
    const client = new HiveClient(service, types)
    const lost = (thrown: unknown) =>
      cut.reject(new StreamError('hive/lost', `HiveServer2 at ${address.name}: the connection broke: ${whyOf(thrown)}`))
    client.on('error', lost)
    client.on('close', () => lost('it was closed'))
    const plain = new auth.PlainTcpAuthentication({ username: user, password })
    let hangUp = () => {}
    const login: Parameters<Client['connect']>[2] = {
      authenticate: transport => {
        hangUp = () => transport.getTransport()?.destroy()
        return plain.authenticate(transport)
      },
    }
    const timer = setTimeout(() => cut.reject(`it did not answer within ${connectMsMax} ms`), connectMsMax)
    try {
      const { host, port } = address
      const connected = client.connect({ host, port }, new connections.TcpConnection(), login).then(() =>
        client.openSession({
          client_protocol: types.TProtocolVersion.HIVE_CLI_SERVICE_PROTOCOL_V10,
          configuration: {
            'use:database': address.database,
            // Else the columns of "select *" are called "table.column".
            'set:hiveconf:hive.resultset.use.unique.column.names': 'false',
          },
        }),
      )
      const session = await Promise.race([connected, cut.promise])
      return new HiveServer(address, client, session, cut, hangUp)
    } catch (thrown) {
      hangUp()
      throw refusal(address, thrown)
    } finally {
      clearTimeout(timer)
    }
  }

  /** Hands a statement over; it runs on the server when this resolves. Rejects with what the driver throws. */
  begin(statement: string): Promise<Operation> {
    return this.#race(this.#session.executeStatement(statement, { runAsync: true }))
  }

  /** Resolves when it has its result; rejects with the server's own words. */
  async finish(operation: Operation): Promise<void> {
    const { TOperationState: states } = (await driver()).thrift.TCLIService_types
    const waiting = [states.INITIALIZED_STATE, states.RUNNING_STATE, states.PENDING_STATE]
    // The server itself waits some seconds before it says that there is nothing new.
    for (;;) {
      const { operationState, errorMessage } = await this.#race(operation.status(false))
      if (waiting.includes(operationState)) continue
      if (operationState === states.FINISHED_STATE) return
      throw new Error(errorMessage ?? `the statement ended in state ${operationState}`)
    }
  }

  /** The next rows; none at the end. */
  async fetch(operation: Operation): Promise<{ schema: Schema; rows: readonly RowSet[]; isLast: boolean }> {
    operation.setMaxRows(fetchRowsMax)
    operation.flush()
    await this.#race(operation.fetch())
    return { schema: operation.getSchema()!, rows: operation.getData(), isLast: !operation.hasMoreRows() }
  }

  async forget(operation: Operation): Promise<void> {
    await this.#race(operation.close()).catch(() => {})
  }

  /** Ends whatever runs: the server gives up what a session does whose connection is gone. */
  cut(): void {
    this.#cut.reject(new StreamError('hive/lost', `HiveServer2 at ${this.address.name}: the connection was cut`))
    this.#hangUp()
  }

  #race<T>(answer: Promise<T>): Promise<T> {
    return Promise.race([answer, this.#cut.promise])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#race(this.#session.close()).catch(() => {})
    this.#client.close()
    this.#hangUp()
  }
}

const refusal = (address: HiveAddress, thrown: unknown): StreamError => {
  const why = whyOf(thrown instanceof StreamError ? thrown.message : thrown)
  if (/database does not exist/i.test(why))
    return new StreamError('hive/usage', `HiveServer2 at ${address.name}: there is no database "${address.database}"`)
  if (!/authentication|peer indicated/i.test(why)) return unreachable(address, why, thrown)
  const todo = 'set TEXTSTREAM_HIVE_USER and TEXTSTREAM_HIVE_PASSWORD_FILE'
  return new StreamError('hive/refused', `HiveServer2 at ${address.name}: ${why}; ${todo}`, { cause: thrown })
}
