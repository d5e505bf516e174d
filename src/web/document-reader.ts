import type { Hash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { EventStream } from './event-stream.ts'
import { markOf, newHash, parseMark, type TextFile } from './text-file.ts'

/** Of one event's text. */
const pieceBytesMax = 64 * 1024
const hashBytesMax = 1024 * 1024

/** What goes with a piece that ends where the text ends. */
export interface Latest {
  readonly agent: string
  readonly micros: number
}

/** One who follows a document: where in its text he is. */
export class DocumentReader {
  readonly #stream: EventStream
  #hash: Hash = newHash()
  #at = 0
  #file: TextFile | undefined
  #toldOver = false
  /** Until it is known what he has already. */
  #isReady = false

  constructor(stream: EventStream) {
    this.#stream = stream
  }

  /** `mark` says what he has. */
  async begin(file: TextFile, mark: string | undefined): Promise<void> {
    const had = mark === undefined ? undefined : parseMark(mark)
    const hash = had === undefined ? undefined : await prefixHash(file, had.bytes)
    const isSame = had !== undefined && hash !== undefined && markOf(had.bytes, hash) === mark
    if (isSame) {
      this.#hash = hash
      this.#at = had.bytes
    } else if (mark !== undefined) this.#tellReplaced()
    this.#file = file
    this.#isReady = true
  }

  /** The text is another one now; as far as he has the same, he keeps it. */
  async replace(file: TextFile): Promise<void> {
    this.#isReady = false
    await this.begin(file, markOf(this.#at, this.#hash))
  }

  get hasBegun(): boolean {
    return this.#file !== undefined
  }

  /** Sends what there is, as far as he takes it. */
  send(latest: Latest | undefined, over: string | undefined): void {
    const file = this.#file
    if (file === undefined || !this.#isReady) return
    while (this.#at < file.length && !this.#stream.isBlocked) this.#sendPiece(file, latest)
    if (this.#at < file.length) return
    if (over !== undefined && !this.#toldOver) this.#stream.send('over', over, markOf(this.#at, this.#hash))
    this.#toldOver = over !== undefined
  }

  #sendPiece(file: TextFile, latest: Latest | undefined) {
    const bytes = file.read(this.#at, pieceBytesMax)
    this.#hash.update(bytes)
    this.#at += bytes.length
    const isEnd = this.#at === file.length && latest !== undefined
    const more = isEnd ? { agent: latest.agent, ...(!Number.isNaN(latest.micros) && { time: latest.micros }) } : {}
    const data = JSON.stringify({ text: bytes.toString(), ...more })
    this.#stream.send('text', data, markOf(this.#at, this.#hash))
  }

  #tellReplaced() {
    this.#hash = newHash()
    this.#at = 0
    this.#toldOver = false
    this.#stream.send('replaced', JSON.stringify({ text: '' }), markOf(0, this.#hash))
  }
}

/** Of the text's first bytes; none if it has not so many. */
const prefixHash = async (file: TextFile, bytes: number): Promise<Hash | undefined> => {
  if (bytes > file.length) return undefined
  const hash = newHash()
  for (let at = 0; at < bytes; ) {
    const piece = file.read(at, Math.min(hashBytesMax, bytes - at))
    if (piece.length === 0) return undefined
    hash.update(piece)
    at += piece.length
    if (at < bytes) await nextTurn()
  }
  return hash
}
