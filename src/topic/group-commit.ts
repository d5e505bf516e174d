import { setImmediate as nextTurn } from 'node:timers/promises'

/** Paces commits, so that small appends share one. Whoever appends alone never waits: there is nobody to share with. */
export class Linger {
  readonly #lingerMs: number
  readonly #isFull: () => boolean
  #committedAt = 0
  #committedAppends = 0
  #cut: (() => void) | undefined

  /** `isFull` says that what was gathered is enough to go at once. */
  constructor(lingerMs: number, isFull: () => boolean) {
    this.#lingerMs = lingerMs
    this.#isFull = isFull
  }

  /** Resolves when the next commit may begin. */
  async turn(): Promise<void> {
    await nextTurn()
    const waitMs = this.#committedAt + this.#lingerMs - performance.now()
    if (this.#committedAppends < 2 || waitMs <= 0 || this.#isFull()) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, waitMs)
    this.#cut = resolve
    await promise
    this.#cut = undefined
    clearTimeout(timer)
  }

  /** After each append. */
  appended(): void {
    if (this.#cut !== undefined && this.#isFull()) this.#cut()
  }

  begin(appends: number): void {
    this.#committedAt = performance.now()
    this.#committedAppends = appends
  }
}

/** Bytes that were appended and are not yet durable. */
export class InFlight {
  readonly #bytesMax: number
  #bytes = 0
  #room: PromiseWithResolvers<void> | undefined

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get bytes(): number {
    return this.#bytes
  }

  add(bytes: number): void {
    this.#bytes += bytes
  }

  /** They are durable. */
  remove(bytes: number): void {
    this.#bytes -= bytes
  }

  async ready(isOver: () => boolean): Promise<void> {
    while (this.#bytes >= this.#bytesMax && !isOver()) {
      this.#room ??= Promise.withResolvers()
      await this.#room.promise
    }
  }

  /** After each commit, well or not: whoever waits looks again. */
  wake(): void {
    this.#room?.resolve()
    this.#room = undefined
  }
}

/** Of all appends of a commit: none has a promise of its own. */
export class Outcome {
  readonly #settled = Promise.withResolvers<void>()

  /** Settles for every append, in the order of the calls. */
  get durable(): Promise<void> {
    return this.#settled.promise
  }

  resolve(): void {
    this.#settled.resolve()
  }

  /** Nobody need wait for it: that is no unhandled rejection. */
  reject(error: Error): void {
    this.#settled.promise.catch(() => {})
    this.#settled.reject(error)
  }
}

/** Things to be filled again, so that the hot path allocates nothing. */
export class Pool<T> {
  readonly #free: T[] = []
  readonly #make: () => T
  readonly #most: number

  constructor(make: () => T, most: number) {
    this.#make = make
    this.#most = most
  }

  take(): T {
    return this.#free.pop() ?? this.#make()
  }

  give(thing: T): void {
    if (this.#free.length < this.#most) this.#free.push(thing)
  }
}
