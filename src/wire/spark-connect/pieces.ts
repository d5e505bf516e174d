import { StreamError } from '../../std/error.ts'
import type { ExecutePlanResponse_ArrowBatch } from './proto.ts'

const astray = (what: string) =>
  new StreamError('spark/lost', `Spark sent ${what}; some of its answer is lost, and nothing of it should be used`)

/** Puts batches together that came in pieces, and sees that none is missing, twice, or out of its place. */
export class Pieces {
  readonly #bytesMax: number
  #rows = 0n
  #held: Uint8Array[] = []
  #heldBytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** The batch that this piece makes whole. */
  add({
    data,
    rowCount,
    startOffset,
    chunkIndex,
    numChunksInBatch,
  }: ExecutePlanResponse_ArrowBatch): Uint8Array | undefined {
    const place = Number(chunkIndex ?? 0n)
    if (startOffset !== undefined && startOffset !== this.#rows)
      throw astray(`row ${startOffset} where ${this.#rows} comes next`)
    if (place !== this.#held.length) throw astray(`piece ${place} of a batch where ${this.#held.length} comes next`)
    this.#hold(data)
    if (place + 1 < Number(numChunksInBatch ?? 1n)) return undefined
    this.#rows += rowCount
    return this.#whole()
  }

  /** The result is at its end. */
  end(): void {
    if (this.#held.length > 0) throw astray(`no more than ${this.#held.length} pieces of a batch`)
  }

  #hold(data: Uint8Array): void {
    this.#heldBytes += data.byteLength
    if (this.#heldBytes > this.#bytesMax)
      throw new StreamError(
        'spark/too-large',
        `a batch of the result has more than ${this.#bytesMax} bytes; set spark.sql.execution.arrow.maxRecordsPerBatch to fewer rows`,
      )
    this.#held.push(data)
  }

  #whole(): Uint8Array {
    const held = this.#held
    this.#held = []
    this.#heldBytes = 0
    return held.length === 1 ? held[0] : Buffer.concat(held)
  }
}
