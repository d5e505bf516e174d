import { RecordBatch } from './kafka-batch.ts'
import type { Finished, Sender } from './kafka-sender.ts'

/** Batches to be filled again, so that the hot path allocates little. */
export class BatchPool {
  readonly #free: RecordBatch[] = []
  readonly #batchBytesMax: number
  readonly #batchesMax: number

  constructor(batchBytesMax: number, inFlightBytesMax: number) {
    this.#batchBytesMax = batchBytesMax
    this.#batchesMax = Math.ceil(inFlightBytesMax / batchBytesMax)
  }

  take(): RecordBatch {
    return this.#free.pop() ?? new RecordBatch(this.#batchBytesMax)
  }

  give(batch: RecordBatch): void {
    batch.clear()
    if (this.#free.length < this.#batchesMax) this.#free.push(batch)
  }
}

/** What is sent together, at most one batch for each partition. All appends in it share one promise. */
export class Round {
  readonly batches = new Map<number, RecordBatch>()
  readonly #pool: BatchPool
  readonly #settled = Promise.withResolvers<void>()
  #finished: Promise<Map<number, Finished>> | undefined
  bytes = 0
  appends = 0
  /** When the first bytes came. */
  sinceMs = 0

  constructor(pool: BatchPool) {
    this.#pool = pool
  }

  get durable(): Promise<void> {
    return this.#settled.promise
  }

  /** Copies lines of `lines[from, …)` as far as there is room; gives the place behind them. */
  add(partition: number, key: Buffer, lines: Buffer, from: number, nowMs: number): number {
    const batch = this.batches.get(partition) ?? this.#pool.take()
    this.batches.set(partition, batch)
    if (this.bytes === 0) this.sinceMs = performance.now()
    const to = batch.add(key, lines, from, nowMs)
    this.bytes += to - from
    return to
  }

  /** Compresses; nothing may be added any more. To be called in the order of the rounds: it numbers the records. */
  finish(sender: Sender): Promise<Map<number, Finished>> {
    this.#finished ??= sender.finish(this.batches)
    return this.#finished
  }

  resolve(): void {
    for (const batch of this.batches.values()) this.#pool.give(batch)
    this.#settled.resolve()
  }

  /** Nobody need wait for it: that is no unhandled rejection. */
  reject(error: Error): void {
    this.#settled.promise.catch(() => {})
    this.#settled.reject(error)
  }
}
