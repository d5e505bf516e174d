import { randomUUID } from 'node:crypto'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { parseSparkAddress, type SparkAddress } from './address.ts'
import { type AskOptions, Channel, type Identity, type SparkClient } from './channel.ts'
import { type ExecuteOptions, Execution } from './execution.ts'
import { type SparkLimits, sparkLimits } from './limits.ts'
import {
  type AnalyzePlanResponse,
  type ConfigResponse,
  type ExecutePlanResponse,
  type InterruptResponse,
  InterruptType,
  PlanSchema,
} from './proto.ts'
import type { SparkSecurity } from './security.ts'

type PlanInit = NonNullable<MessageInitShape<typeof PlanSchema>['opType']>

export interface SparkOptions extends Partial<SparkLimits> {
  readonly security?: SparkSecurity
  /** Whose the session is, if the address does not say: two users never share one. */
  readonly user?: string
  /** Settings of the session, such as `spark.sql.session.timeZone`. */
  readonly settings?: Readonly<Record<string, string>>
  /** Errors tell of the exception's stack in the server, too. */
  readonly serverStack?: boolean
}

/**
 * A session on a Spark Connect server. What it sets, its temporary views and its models are its own, and gone with it;
 * the server also ends one that nobody used for an hour.
 *
 * Every error is a `StreamError`: `spark/unreachable`, `spark/tls`, `spark/refused` (the token), `spark/session-gone`
 * (the server started anew, or ended the session), `spark/lost` (an execution of which nobody knows whether it was
 * done), `spark/interrupted`, `spark/too-large`, `spark/usage`; and what Spark answered with, a `SparkError`:
 * `spark/sql` (SQLSTATE 42…: the statement is wrong) or `spark/failed`.
 */
export class SparkSession implements AsyncDisposable {
  readonly #channel: Channel
  /** Spark's own, such as `4.2.0`. */
  readonly version: string

  private constructor(channel: Channel, version: string) {
    this.#channel = channel
    this.version = version
  }

  static async open(at: SparkAddress | string, options: SparkOptions = {}): Promise<SparkSession> {
    const address = typeof at === 'string' ? parseSparkAddress(at) : at
    const { security = {}, settings = {}, serverStack = false, ...limits } = options
    const user = address.user ?? options.user ?? 'textstream'
    const userContext = { userId: user, userName: user }
    const who = { sessionId: randomUUID(), userContext, clientType: 'textstream' }
    const how = { security, limits: { ...sparkLimits, ...limits }, wantsServerStack: serverStack }
    const channel = new Channel(address, who, how)
    try {
      const session = new SparkSession(channel, await askVersion(channel))
      await session.configure(settings)
      return session
    } catch (thrown) {
      channel[Symbol.dispose]()
      throw thrown
    }
  }

  get id(): string {
    return this.#channel.who.sessionId
  }

  get address(): SparkAddress {
    return this.#channel.address
  }

  get limits(): SparkLimits {
    return this.#channel.limits
  }

  /** For calls of the protocol that may be made again. */
  ask<Answer>(
    call: (
      client: SparkClient,
      who: Identity,
      options: { timeoutMs?: number; signal?: AbortSignal },
    ) => Promise<Answer>,
    options?: AskOptions,
  ): Promise<Answer> {
    return this.#channel.ask(call, options)
  }

  /** For what the server executes: each response once, also over connections that break. */
  execute(opType: PlanInit, options: ExecuteOptions = {}): AsyncGenerator<ExecutePlanResponse> {
    return new Execution(this.#channel, create(PlanSchema, { opType }), options).responses()
  }

  async configure(settings: Readonly<Record<string, string>>): Promise<void> {
    const pairs = Object.entries(settings).map(([key, value]) => ({ key, value }))
    if (pairs.length === 0) return
    const operation = { opType: { case: 'set' as const, value: { pairs } } }
    await this.ask((client, who, options) => client.config({ ...who, operation }, options))
  }

  /** Sets them back to what the server has. */
  async unset(...keys: readonly string[]): Promise<void> {
    const operation = { opType: { case: 'unset' as const, value: { keys: [...keys] } } }
    await this.ask((client, who, options) => client.config({ ...who, operation }, options))
  }

  /** What is set, or what Spark takes where nothing is; `undefined` for a name without either. */
  async settings<Key extends string>(...keys: readonly Key[]): Promise<Record<Key, string | undefined>> {
    const operation = { opType: { case: 'getOption' as const, value: { keys: [...keys] } } }
    const { pairs }: ConfigResponse = await this.ask((client, who, options) =>
      client.config({ ...who, operation }, options),
    )
    return Object.fromEntries(
      pairs.map(({ key, value }: { key: string; value?: string | undefined }) => [key, value]),
    ) as Record<Key, string | undefined>
  }

  /** Ends all that runs in this session; whoever waits for it gets `spark/interrupted`. Tells how much that was. */
  async interrupt(): Promise<number> {
    const interruptType = InterruptType.ALL
    const { interruptedIds }: InterruptResponse = await this.ask((client, who, options) =>
      client.interrupt({ ...who, interruptType }, options),
    )
    return interruptedIds.length
  }

  /** Ends what still runs, and lets the server forget the session. Safe to call twice. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#channel.mention((client, who, options) => client.releaseSession(who, options))
    this.#channel[Symbol.dispose]()
  }
}

const askVersion = async (channel: Channel): Promise<string> => {
  const analyze = { case: 'sparkVersion', value: {} } as const
  const { result, serverSideSessionId }: AnalyzePlanResponse = await channel.ask((client, who, options) =>
    client.analyzePlan({ ...who, analyze }, options),
  )
  channel.observe(serverSideSessionId)
  return result.case === 'sparkVersion' ? result.value.version : ''
}
