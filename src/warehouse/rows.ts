import { asBuffer } from '../std/bytes.ts'

/** Who wrote into which document in which answer. */
export interface Voice {
  readonly agent_id?: string | undefined
  readonly destination_uri: string
  readonly response_id?: string | undefined
}

const roomAtFirst = 1024

const grown = <T extends Float64Array | Uint32Array | Int32Array>(column: T, length: number): T => {
  const larger = new (column.constructor as new (length: number) => T)(length)
  larger.set(column as never)
  return larger
}

/** Rows of `chunks_clustered` in columns, to be filled and given to a commit. Typed arrays and one piece of text: nothing is allocated per row. */
export class Rows {
  length = 0
  readonly voices: Voice[] = []
  readonly partitions: string[] = []
  /** Into `voices`. */
  voice = new Uint32Array(roomAtFirst)
  /** Into `partitions`. */
  partition = new Uint32Array(roomAtFirst)
  offset = new Float64Array(roomAtFirst)
  /** Microseconds since 1970 in UTC; NaN is none. */
  micros = new Float64Array(roomAtFirst)
  /** −1 is none. */
  seq = new Float64Array(roomAtFirst)
  /** Where a row's text ends in `text`; it begins where the one before it ends. */
  textEnd = new Uint32Array(roomAtFirst)
  /** Well-formed UTF-8. */
  text: Buffer = Buffer.allocUnsafeSlow(64 * 1024)
  /** −1 is none. */
  cluster = new Int32Array(roomAtFirst)
  /** 0 is none. */
  model = new Int32Array(roomAtFirst)
  /** The window whose cluster the row gets once there is a first model; −1: it waits for none. */
  waitsFor = new Int32Array(roomAtFirst)
  /** Rare columns, by row. */
  readonly endReasons = new Map<number, string>()
  /** JSON text. */
  readonly extras = new Map<number, string>()

  get textBytes(): number {
    return this.length === 0 ? 0 : this.textEnd[this.length - 1]
  }

  /** A row whose text is still to be written: room for `bytes` more in `text`, behind `textBytes`. Fill the other columns, then `end` it. */
  begin(bytes: number): void {
    if (this.length === this.voice.length) this.#growColumns()
    const needed = this.textBytes + bytes
    if (needed > this.text.length) this.#growText(needed)
  }

  /** Its text ends here; the row counts. */
  end(textEnd: number): void {
    this.textEnd[this.length++] = textEnd
  }

  textOf(row: number): Buffer {
    return asBuffer(this.text.subarray(row === 0 ? 0 : this.textEnd[row - 1], this.textEnd[row]))
  }

  /** Forgets all rows; keeps the room. */
  clear(): void {
    this.length = 0
    this.voices.length = 0
    this.partitions.length = 0
    this.endReasons.clear()
    this.extras.clear()
  }

  #growColumns() {
    const room = this.voice.length * 2
    this.voice = grown(this.voice, room)
    this.partition = grown(this.partition, room)
    this.offset = grown(this.offset, room)
    this.micros = grown(this.micros, room)
    this.seq = grown(this.seq, room)
    this.textEnd = grown(this.textEnd, room)
    this.cluster = grown(this.cluster, room)
    this.model = grown(this.model, room)
    this.waitsFor = grown(this.waitsFor, room)
  }

  #growText(needed: number) {
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.text.length * 2))
    this.text.copy(larger, 0, 0, this.textBytes)
    this.text = larger
  }
}
