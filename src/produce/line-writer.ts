import type { End, StreamRef } from '../chunk/chunk.ts'
import { lineBytesMax } from '../chunk/chunk.ts'
import { StreamError } from '../std/error.ts'

/** Who writes what, and from where: the same on all records of one answer. */
export interface Answer {
  readonly response_id: string
  readonly agent_id: string
  readonly destination_uri: string
  readonly source?: StreamRef
  readonly supersedes?: string
}

const linesBytes = 512 * 1024
const digitsMax = 16
const timeBytes = '2026-11-23T08:37:04.123456Z'.length
const emptyString = Buffer.from('""')
const head = Buffer.from('{"chunk":')
const tail = Buffer.from('}\n')

/** All writers fill this one, in turn: each hands its lines on (`flush`) before another may use it. */
let lines = Buffer.allocUnsafeSlow(linesBytes)
let filled = 0

/** Short copies, many a second: a native call for each would cost more than the copy. */
const put = (from: Buffer, at: number, to: number) => {
  if (to - at > 256) {
    filled += from.copy(lines, filled, at, to)
    return
  }
  while (at < to) lines[filled++] = from[at++]
}

const putNumber = (n: number) => {
  let digits = 1
  for (let ten = 10; ten <= n; ten *= 10) digits++
  for (let at = filled + digits - 1; at >= filled; at--) {
    const rest = Math.floor(n / 10)
    lines[at] = 0x30 + (n - rest * 10)
    n = rest
  }
  filled += digits
}

const json = JSON.stringify

/** What only an answer's first record carries. */
const firstMembers = ({ source, supersedes }: Answer) => {
  const members = json({ source, supersedes }).slice(1, -1)
  return Buffer.from(members === '' ? '' : `,${members}`)
}

/** Records of one answer as lines of the log: the raw JSON string of each chunk between members that are made once. */
export class LineWriter {
  readonly #emit: (lines: Buffer) => void
  readonly #members: Buffer
  readonly #timeAt: number
  readonly #first: Buffer
  #seq: number

  constructor(answer: Answer, seq: number, emit: (lines: Buffer) => void) {
    const before = `,"agent_id":${json(answer.agent_id)},"destination_uri":${json(answer.destination_uri)},"event_time":"`
    const behind = `","response_id":${json(answer.response_id)},"seq":`
    this.#members = Buffer.from(before + ' '.repeat(timeBytes) + behind)
    this.#timeAt = Buffer.byteLength(before)
    this.#first = firstMembers(answer)
    this.#seq = seq
    this.#emit = emit
  }

  /** The next record's number. */
  get seq(): number {
    return this.#seq
  }

  /** The time of all records from now on: `2026-11-23T08:37:04.123456Z`. */
  stamp(eventTime: string): void {
    this.#members.write(eventTime, this.#timeAt, timeBytes, 'latin1')
  }

  /** One record, whose chunk is the JSON string `from[at, to)`, quotes included. `more`: further members, each with a comma before it. */
  write(from: Buffer, at: number, to: number, more?: Buffer): void {
    const extra = this.#seq === 0 ? this.#first.length : 0
    const room = head.length + to - at + this.#members.length + digitsMax + extra + (more?.length ?? 0) + tail.length
    if (filled + room > lines.length) this.#makeRoom(room)
    const start = filled
    put(head, 0, head.length)
    put(from, at, to)
    put(this.#members, 0, this.#members.length)
    putNumber(this.#seq)
    if (extra > 0) put(this.#first, 0, extra)
    if (more !== undefined) put(more, 0, more.length)
    put(tail, 0, tail.length)
    this.#check(start)
    this.#seq++
  }

  #check(start: number) {
    if (filled - start - 1 <= lineBytesMax) return
    const bytes = filled - start - 1
    filled = start
    throw new StreamError(
      'produce/line-too-long',
      `with its own members the record has ${bytes} bytes, more than ${lineBytesMax}; use smaller chunks`,
    )
  }

  /** The closing record. */
  close(end: End): void {
    this.write(emptyString, 0, emptyString.length, Buffer.from(`,"end":${json(end)}`))
  }

  #makeRoom(bytes: number) {
    this.flush()
    if (bytes > lines.length) lines = Buffer.allocUnsafeSlow(bytes)
  }

  /** Hands the lines on. Until then no other writer may write. */
  flush(): void {
    if (filled === 0) return
    const to = filled
    filled = 0
    this.#emit(lines.subarray(0, to))
  }
}
