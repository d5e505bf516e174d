import { Outcome, Pool } from './group-commit.ts'
import { RecordBatch } from './kafka-batch.ts'
import type { Finished, Sender } from './kafka-sender.ts'

export const batchPool = (batchBytesMax: number, inFlightBytesMax: number): Pool<RecordBatch> =>
  new Pool(() => new RecordBatch(batchBytesMax), Math.ceil(inFlightBytesMax / batchBytesMax))

/** What is sent together, at most one batch for each partition. */
export class Round extends Outcome {
  readonly batches = new Map<number, RecordBatch>()
  readonly #pool: Pool<RecordBatch>
  #finished: Promise<Map<number, Finished>> | undefined
  bytes = 0
  appends = 0
  /** When the first bytes came. */
  sinceMs = 0

  constructor(pool: Pool<RecordBatch>) {
    super()
    this.#pool = pool
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

  override resolve(): void {
    for (const batch of this.batches.values()) {
      batch.clear()
      this.#pool.give(batch)
    }
    super.resolve()
  }
}
