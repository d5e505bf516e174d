import type { Terms } from '../src/cluster/cluster.ts'

const pieceTerms = 1024 * 1024
const countMax = 255

/** Where one window's terms are. */
interface Piece {
  readonly index: Uint16Array
  readonly count: Uint8Array
  used: number
}

/** The terms of very many windows, in order: three bytes a term. */
export class KeptTerms {
  readonly #pieces: Piece[] = []
  readonly #lengths: number[] = []

  get size(): number {
    return this.#lengths.length
  }

  push({ length, index, count }: Terms): void {
    const piece = this.#pieceFor(length)
    for (let i = 0; i < length; i++) {
      piece.index[piece.used] = index[i]
      piece.count[piece.used++] = Math.min(count[i], countMax)
    }
    this.#lengths.push(length)
  }

  /** Window by window; what it gives is used again for the next. */
  *[Symbol.iterator](): Generator<Terms> {
    const terms: Terms = { length: 0, index: new Uint16Array(pieceTerms), count: new Uint16Array(pieceTerms) }
    let [piece, at] = [0, 0]
    for (const length of this.#lengths) {
      if (at + length > this.#pieces[piece].used) [piece, at] = [piece + 1, 0]
      terms.index.set(this.#pieces[piece].index.subarray(at, at + length))
      terms.count.set(this.#pieces[piece].count.subarray(at, at + length))
      terms.length = length
      at += length
      yield terms
    }
  }

  #pieceFor(length: number): Piece {
    const last = this.#pieces.at(-1)
    if (last !== undefined && last.used + length <= pieceTerms) return last
    const piece = { index: new Uint16Array(pieceTerms), count: new Uint8Array(pieceTerms), used: 0 }
    this.#pieces.push(piece)
    return piece
  }
}
