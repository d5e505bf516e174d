import { StreamError } from '../std/error.ts'
import type { QueryOptions, QueryResult, Warehouse } from '../warehouse/warehouse.ts'
import type { QueryAnswer, QueryRequest } from './api.ts'
import { queriesNow } from './metrics.ts'
import { answerTo, type Place } from './query.ts'

/** The tables, as far as they are asked. */
export type Queried = Pick<Warehouse, 'query'>

/** What a place names stays there until it is disposed of. */
export interface Lent extends AsyncDisposable {
  readonly place: Place
}

/** Tables that another process may read as well, in the place where they are lent to it. */
export interface Lender extends Queried {
  lend(signal?: AbortSignal): Promise<Lent>
}

/** At once, of all; each may take a gigabyte, and a thread of those that Node also reads and syncs files with. */
const statementsMax = 3
/** At once, of people's, and of the page's own: either has a turn left, whatever the other asks for. */
const ofOneKindMax = 2
/** Of the page's own: how many wait for a turn, and how long. */
const waitingMax = 64
const waitMsMax = 10_000

/** The page's own statements are short, and wait; people are told to come back. */
export type Kind = 'page' | 'people'

export interface GateLimits {
  readonly waitingMax: number
  readonly waitMsMax: number
}

const gone = () => new StreamError('warehouse/interrupted', 'the statement was given up before its turn came')

/** Turns for statements: so many at once; whoever waits is let in in the order of coming. */
export class Gate {
  readonly #limits: GateLimits
  readonly #running: Record<Kind, number> = { page: 0, people: 0 }
  readonly #waiting = new Set<(turn: Disposable) => void>()

  constructor(limits: GateLimits = { waitingMax, waitMsMax }) {
    this.#limits = limits
  }

  /** A turn that lasts until it is disposed of. Rejects with `web/busy` if there is none, or none in time. */
  async turn(kind: Kind, signal?: AbortSignal): Promise<Disposable> {
    if (signal?.aborted) throw gone()
    if (this.#isFree(kind)) return this.#begin(kind)
    if (kind === 'people' || this.#waiting.size >= this.#limits.waitingMax) throw this.#busy()
    return await this.#wait(signal)
  }

  #isFree(kind: Kind): boolean {
    const { page, people } = this.#running
    return page + people < statementsMax && this.#running[kind] < ofOneKindMax
  }

  #busy(): StreamError {
    const { page, people } = this.#running
    const now = `${page + people} statements are running, ${this.#waiting.size} wait`
    return new StreamError('web/busy', `${now}; try again when one has ended`)
  }

  #begin(kind: Kind): Disposable {
    this.#count(kind, 1)
    let isOver = false
    const end = () => {
      if (isOver) return
      isOver = true
      this.#count(kind, -1)
      this.#letIn()
    }
    return { [Symbol.dispose]: end }
  }

  #count(kind: Kind, by: number) {
    this.#running[kind] += by
    queriesNow.set(this.#running.page + this.#running.people)
  }

  /** The turn is taken here and now, so that nobody who comes later can take it. */
  #letIn() {
    for (const enter of this.#waiting) {
      if (!this.#isFree('page')) return
      this.#waiting.delete(enter)
      enter(this.#begin('page'))
    }
  }

  async #wait(signal: AbortSignal | undefined): Promise<Disposable> {
    const { promise, resolve, reject } = Promise.withResolvers<Disposable>()
    const leave = (why: StreamError) => this.#waiting.delete(resolve) && reject(why)
    const give = () => leave(gone())
    const timer = setTimeout(() => leave(this.#busy()), this.#limits.waitMsMax)
    signal?.addEventListener('abort', give)
    this.#waiting.add(resolve)
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', give)
    }
  }
}

/** Gives the turn back with the result. */
class InTurn implements QueryResult {
  readonly #result: QueryResult
  readonly #turn: Disposable

  constructor(result: QueryResult, turn: Disposable) {
    this.#result = result
    this.#turn = turn
  }

  get columns() {
    return this.#result.columns
  }

  get rows() {
    return this.#result.rows
  }

  toParquet(path: string): Promise<number> {
    return this.#result.toParquet(path)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    using _ = this.#turn
    await this.#result[Symbol.asyncDispose]()
  }
}

/** The tables as all of `up` asks them: through one gate. */
export class GatedTables implements Queried {
  readonly #tables: Lender
  readonly #gate: Gate

  constructor(tables: Lender, gate = new Gate()) {
    this.#tables = tables
    this.#gate = gate
  }

  /** For statements of ours, which wait for their turn. */
  async query(sql: string, options?: QueryOptions): Promise<QueryResult> {
    const turn = await this.#gate.turn('page', options?.signal)
    try {
      return new InTurn(await this.#tables.query(sql, options), turn)
    } catch (thrown) {
      turn[Symbol.dispose]()
      throw thrown
    }
  }

  /** For statements that people wrote: refused instead of kept waiting, and run where they can harm nobody. */
  async answer(request: QueryRequest, signal: AbortSignal): Promise<QueryAnswer> {
    using _ = await this.#gate.turn('people', signal)
    await using lent = await this.#tables.lend(signal)
    return await answerTo({ place: lent.place, request }, signal)
  }
}
