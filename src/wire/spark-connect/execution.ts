import { randomUUID } from 'node:crypto'
import { StreamError } from '../../std/error.ts'
import { type Channel, interrupted } from './channel.ts'
import { errorClassOf, isPassing } from './fault.ts'
import { Patience } from './patience.ts'
import { type Progress, progressOf } from './progress.ts'
import { type ExecutePlanResponse, InterruptType, type Plan } from './proto.ts'

export interface ExecuteOptions {
  /** Ends what runs on the server, and throws `spark/interrupted`. */
  readonly signal?: AbortSignal
  /** Told every two seconds, and when a stage ends. */
  readonly onProgress?: (progress: Progress) => void
}

/** Nothing was heard for so long that the connection must be dead. */
const silence = Symbol('silence')

const endless = () =>
  new StreamError(
    'spark/lost',
    'Spark ends its answer again and again before it is complete; is there a proxy in between?',
  )

type Responses = AsyncIterable<ExecutePlanResponse>

/**
 * Execution of one plan that survives its connection. The server keeps each response until it is released; after a
 * broken connection it is asked for those behind the last one that was handed on. So each response is handed on once.
 */
export class Execution {
  readonly #id = randomUUID()
  readonly #channel: Channel
  readonly #plan: Plan
  readonly #options: ExecuteOptions
  readonly #patience = new Patience()
  /** Whether the server may know of it; from then on it is asked, and not told again. */
  #isSent = false
  #last: string | undefined
  #isReleasing = false

  constructor(channel: Channel, plan: Plan, options: ExecuteOptions) {
    this.#channel = channel
    this.#plan = plan
    this.#options = options
  }

  /** All responses but those about progress. A consumer that leaves early ends the execution. */
  async *responses(): AsyncGenerator<ExecutePlanResponse> {
    let isComplete = false
    try {
      while (!isComplete) {
        const heardBefore = this.#last
        try {
          isComplete = yield* this.#attempt()
        } catch (thrown) {
          await this.#mend(thrown)
          continue
        }
        // The server may ask to come again for the rest; not for nothing, and not for ever.
        if (!isComplete && this.#last === heardBefore) await this.#wait(endless())
      }
    } finally {
      await this.#end(isComplete)
    }
  }

  /** True once the server said that this was all. */
  async *#attempt(): AsyncGenerator<ExecutePlanResponse, boolean> {
    for await (const response of this.#heard()) {
      this.#patience.reset()
      this.#last = response.responseId
      const { case: kind, value } = response.responseType
      if (kind === 'resultComplete') return true
      if (kind === 'executionProgress') this.#options.onProgress?.(progressOf(value))
      else yield response
      this.#release(response.responseId)
    }
    return false
  }

  #open(signal: AbortSignal): Responses {
    const { client, who, limits } = this.#channel
    const operationId = this.#id
    const options = { signal, timeoutMs: 0 }
    const lastResponseId = this.#last === undefined ? {} : { lastResponseId: this.#last }
    if (this.#isSent) return client.reattachExecute({ ...who, operationId, ...lastResponseId }, options)
    this.#isSent = true
    const preferredArrowChunkSize = BigInt(limits.pieceBytesMax)
    const chunking = { allowArrowBatchChunking: true, preferredArrowChunkSize }
    const requestOptions = [
      { requestOption: { case: 'reattachOptions', value: { reattachable: true } } },
      { requestOption: { case: 'resultChunkingOptions', value: chunking } },
    ] as const
    return client.executePlan({ ...who, operationId, plan: this.#plan, requestOptions: [...requestOptions] }, options)
  }

  /** Gives up on a server that says nothing for too long; time that the consumer takes does not count. */
  async *#heard(): AsyncGenerator<ExecutePlanResponse> {
    const stop = new AbortController()
    const { signal } = this.#options
    const responses = this.#open(signal === undefined ? stop.signal : AbortSignal.any([stop.signal, signal]))
    const iterator = responses[Symbol.asyncIterator]()
    try {
      for (;;) {
        const timer = setTimeout(() => stop.abort(silence), this.#channel.limits.silenceMsMax)
        const { done, value } = await iterator.next().finally(() => clearTimeout(timer))
        if (done) return
        yield value
      }
    } catch (thrown) {
      throw stop.signal.reason === silence ? silence : thrown
    } finally {
      stop.abort()
    }
  }

  /** Returns if asking again may help. */
  async #mend(thrown: unknown): Promise<void> {
    if (this.#options.signal?.aborted) throw interrupted(thrown)
    if (thrown === silence) return await this.#probe()
    const isUnknown = errorClassOf(thrown) === 'INVALID_HANDLE.OPERATION_NOT_FOUND'
    // The request never arrived. If it still does, the server takes the next one, of the same id, for the same.
    if (isUnknown && this.#last === undefined) this.#isSent = false
    else if (!isPassing(thrown)) throw await this.#channel.faultOf(thrown)
    await this.#wait(thrown)
  }

  /** A server that answers over another connection is only silent, as one that reports no progress is. */
  async #probe(): Promise<void> {
    this.#channel.drop()
    const operation = { opType: { case: 'getOption' as const, value: { keys: [] } } }
    await this.#channel.ask((client, who, options) => client.config({ ...who, operation }, options), this.#options)
    this.#patience.reset()
  }

  async #wait(thrown: unknown): Promise<void> {
    const { signal } = this.#options
    if (await this.#patience.goOn(this.#channel.outageMsMax, signal)) return
    if (signal?.aborted) throw interrupted(thrown)
    throw await this.#channel.faultOf(thrown)
  }

  /** The server may forget what was handed on. One request at a time is enough: a later one covers all before. */
  #release(responseId: string): void {
    if (this.#isReleasing) return
    this.#isReleasing = true
    const release = { case: 'releaseUntil', value: { responseId } } as const
    const mentioned = this.#channel.mention((client, who, options) =>
      client.releaseExecute({ ...who, operationId: this.#id, release }, options),
    )
    mentioned.finally(() => {
      this.#isReleasing = false
    })
  }

  /** What is complete is only forgotten; what is not must be seen to end, or it would go on for nobody. */
  async #end(isComplete: boolean): Promise<void> {
    const operationId = this.#id
    const interrupt = { case: 'operationId', value: operationId } as const
    const interruptType = InterruptType.OPERATION_ID
    const release = { case: 'releaseAll', value: {} } as const
    const forget = () =>
      this.#channel.mention((client, who, options) => client.releaseExecute({ ...who, operationId, release }, options))
    if (isComplete) return void forget()
    await this.#channel.mention((client, who, options) =>
      client.interrupt({ ...who, interruptType, interrupt }, options),
    )
    await forget()
  }
}
