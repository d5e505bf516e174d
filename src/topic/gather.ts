const blockBytes = 1024 * 1024

/** Blocks to be filled again, so that the hot path allocates nothing. */
export class BlockPool {
  readonly #free: Buffer[] = []
  readonly #blocksMax: number

  constructor(bytesMax: number) {
    this.#blocksMax = Math.ceil(bytesMax / blockBytes)
  }

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(blockBytes)
  }

  give(blocks: readonly Buffer[]): void {
    for (const block of blocks) if (this.#free.length < this.#blocksMax) this.#free.push(block)
  }
}

/** Appends that become durable together, or not at all. All of them share one promise: none is made per append. */
export class Gathered {
  readonly #pool: BlockPool
  readonly #blocks: Buffer[] = []
  readonly #settled = Promise.withResolvers<void>()
  #room = 0
  bytes = 0
  appends = 0
  /** When the first append came. */
  sinceMs = 0

  constructor(pool: BlockPool) {
    this.#pool = pool
  }

  /** Settles for every append in here, in the order of the calls. */
  get durable(): Promise<void> {
    return this.#settled.promise
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

  resolve(): void {
    this.#pool.give(this.#blocks)
    this.#settled.resolve()
  }

  /** Nobody need wait for it: that is no unhandled rejection. */
  reject(error: Error): void {
    this.#settled.promise.catch(() => {})
    this.#settled.reject(error)
  }
}
