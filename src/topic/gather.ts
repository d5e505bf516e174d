import { Outcome, Pool } from './group-commit.ts'

const blockBytes = 1024 * 1024

export const blockPool = (bytesMax: number): Pool<Buffer> =>
  new Pool(() => Buffer.allocUnsafeSlow(blockBytes), Math.ceil(bytesMax / blockBytes))

/** Appends that become durable together, or not at all. */
export class Gathered extends Outcome {
  readonly #pool: Pool<Buffer>
  readonly #blocks: Buffer[] = []
  #room = 0
  bytes = 0
  appends = 0
  /** When the first append came. */
  sinceMs = 0

  constructor(pool: Pool<Buffer>) {
    super()
    this.#pool = pool
  }

  /** Copies. */
  add(lines: Uint8Array): void {
    if (this.appends === 0) this.sinceMs = performance.now()
    for (let from = 0; from < lines.length; ) {
      if (this.#room === 0) this.#grow()
      const part = lines.subarray(from, from + this.#room)
      this.#blocks.at(-1)!.set(part, blockBytes - this.#room)
      this.#room -= part.length
      from += part.length
    }
    this.bytes += lines.length
    this.appends++
  }

  #grow() {
    this.#blocks.push(this.#pool.take())
    this.#room = blockBytes
  }

  /** Views of what was added, to be written one after another. */
  get blocks(): Buffer[] {
    return this.#blocks.map((block, i) =>
      i === this.#blocks.length - 1 ? block.subarray(0, blockBytes - this.#room) : block,
    )
  }

  override resolve(): void {
    for (const block of this.#blocks) this.#pool.give(block)
    super.resolve()
  }
}
