import { createHash } from 'node:crypto'

/** One in 400 strangers is taken for known after a million answers, one in six after four millions. */
const bytes = 2 * 1024 * 1024
const hashes = 4

/** Names that may have come before. What it does not know never came. */
export class Bloom {
  readonly #bits: Buffer

  constructor(saved?: string) {
    this.#bits = saved === undefined ? Buffer.alloc(bytes) : Buffer.from(saved, 'base64')
  }

  add(name: string): void {
    for (const bit of bitsOf(name)) this.#bits[bit >>> 3] |= 1 << (bit & 7)
  }

  has(name: string): boolean {
    return bitsOf(name).every(bit => (this.#bits[bit >>> 3] & (1 << (bit & 7))) !== 0)
  }

  save(): string {
    return this.#bits.toString('base64')
  }
}

const bitsOf = (name: string): number[] => {
  const digest = createHash('sha256').update(name).digest()
  return Array.from({ length: hashes }, (_, n) => digest.readUInt32LE(n * 4) % (bytes * 8))
}
