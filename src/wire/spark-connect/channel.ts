import { type CallOptions, type Client, createClient } from '@connectrpc/connect'
import { createGrpcTransport } from '@connectrpc/connect-node'
import { StreamError } from '../../std/error.ts'
import type { SparkAddress } from './address.ts'
import { Connection } from './connection.ts'
import { errorIdOf, faultOf, isLate, isPassing } from './fault.ts'
import { releaseMsMax, type SparkLimits } from './limits.ts'
import { Patience } from './patience.ts'
import { type FetchErrorDetailsResponse, SparkConnectService } from './proto.ts'
import type { SparkSecurity } from './security.ts'

export type SparkClient = Client<typeof SparkConnectService>

/** Who asks, in every request. */
export interface Identity {
  readonly sessionId: string
  readonly userContext: { readonly userId: string; readonly userName: string }
  readonly clientType: string
  /** The server refuses, rather than to begin another session under the same id. */
  readonly clientObservedServerSideSessionId?: string
}

export interface ChannelOptions {
  readonly security: SparkSecurity
  readonly limits: SparkLimits
  readonly wantsServerStack: boolean
}

export interface AskOptions {
  readonly signal?: AbortSignal | undefined
  readonly timeoutMs?: number
}

export const interrupted = (cause?: unknown): StreamError =>
  new StreamError('spark/interrupted', 'interrupted', { cause })

/** The way to a server, for one session. */
export class Channel implements Disposable {
  readonly address: SparkAddress
  readonly client: SparkClient
  readonly limits: SparkLimits
  readonly #connection: Connection
  readonly #wantsServerStack: boolean
  #who: Identity

  constructor(address: SparkAddress, who: Identity, { security, limits, wantsServerStack }: ChannelOptions) {
    this.address = address
    this.limits = limits
    this.#who = who
    this.#wantsServerStack = wantsServerStack
    this.#connection = new Connection(address, security, limits)
    const transport = createGrpcTransport({
      baseUrl: this.#connection.authority,
      sessionManager: this.#connection,
      readMaxBytes: limits.messageBytesMax,
      writeMaxBytes: limits.messageBytesMax,
    })
    this.client = createClient(SparkConnectService, transport)
  }

  get who(): Identity {
    return this.#who
  }

  /** The server's own name of the session, once it is known. */
  observe(serverSideSessionId: string): void {
    this.#who = { ...this.#who, clientObservedServerSideSessionId: serverSideSessionId }
  }

  /** How long to try: who never heard of the server may have the wrong port. */
  get outageMsMax(): number {
    const { outageMsMax, firstContactMsMax } = this.limits
    return this.#who.clientObservedServerSideSessionId === undefined ? firstContactMsMax : outageMsMax
  }

  /** Asks what may be asked again, until there is an answer or it takes too long. */
  async ask<Answer>(
    call: (client: SparkClient, who: Identity, options: CallOptions) => Promise<Answer>,
    { signal, timeoutMs = this.limits.requestMsMax }: AskOptions = {},
  ): Promise<Answer> {
    const patience = new Patience()
    for (;;) {
      try {
        signal?.throwIfAborted()
        return await call(this.client, this.#who, { timeoutMs, ...(signal !== undefined && { signal }) })
      } catch (thrown) {
        if (signal?.aborted) throw interrupted(thrown)
        if (isLate(thrown)) this.drop()
        if (!isPassing(thrown) || !(await patience.goOn(this.outageMsMax, signal))) throw await this.faultOf(thrown)
      }
    }
  }

  /** Asks once, and takes no answer for an answer: what it is about ends by itself sooner or later. */
  async mention(call: (client: SparkClient, who: Identity, options: CallOptions) => Promise<unknown>): Promise<void> {
    try {
      await call(this.client, this.#who, { timeoutMs: releaseMsMax })
    } catch {}
  }

  /** What a person is told of it, with all that the server knows. */
  async faultOf(thrown: unknown): Promise<unknown> {
    return faultOf(thrown, this.address, await this.#detailsOf(errorIdOf(thrown)), this.#wantsServerStack)
  }

  async #detailsOf(errorId: string | undefined): Promise<FetchErrorDetailsResponse | undefined> {
    if (errorId === undefined) return undefined
    try {
      return await this.client.fetchErrorDetails({ ...this.#who, errorId }, { timeoutMs: releaseMsMax })
    } catch {
      return undefined
    }
  }

  /** Gives up the connection; the next request makes another one. */
  drop(): void {
    this.#connection.drop()
  }

  [Symbol.dispose](): void {
    this.#connection[Symbol.dispose]()
  }
}
