import { lineBytesMax } from '../chunk/chunk.ts'
import { decode, isMalformed, type Malformed } from '../chunk/codec.ts'
import { Lines } from '../produce/lines.ts'
import { type Given, readGiven, withMembers } from '../produce/stamp.ts'
import { isoMicros, systemClock } from '../std/clock.ts'
import { StreamError } from '../std/error.ts'
import type { TopicWriter } from '../topic/topic.ts'
import type { Stored } from './api.ts'

/** Of one request. */
export const bodyBytesMax = 1024 * 1024 * 1024
/** Refused lines are told one by one up to here; they are counted in any case. */
const verdictsMax = 100
/** What we add to a record is never longer. */
const addedBytesMax = 64 * 1024

export interface Names {
  readonly agent?: string | undefined
  readonly uri?: string | undefined
}

const tooLarge = () =>
  new StreamError('web/body', `the body is longer than ${bodyBytesMax} bytes; send it in several requests`)

/** The body's blocks as they come, as many as are allowed. */
export async function* limited(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const block of body) {
    bytes += block.length
    if (bytes > bodyBytesMax) throw tooLarge()
    yield block
  }
}

/** Records of others on their way into the topic: kept as they are, but that those without a time get one. */
export class Intake {
  readonly #writer: TopicWriter
  readonly #names: Names
  readonly #lines: Lines
  readonly #verdicts: Stored['verdicts'] = []
  #uri = ''
  #gathered: string[] = []
  #last: Promise<void> = Promise.resolve()
  #taken = 0
  #refused = 0

  constructor(writer: TopicWriter, names: Names) {
    this.#writer = writer
    this.#names = names
    this.#lines = new Lines(this.#onLine, 'pass')
  }

  /** Reads the body to its end; resolves once all that it took is durable. */
  async take(body: AsyncIterable<Uint8Array>): Promise<Stored> {
    try {
      for await (const block of limited(body)) {
        await this.#writer.ready()
        this.#lines.push(block)
        this.#flush()
      }
      this.#lines.end()
    } finally {
      this.#flush()
      await this.#last
    }
    return { stored: this.#taken, refused: this.#refused, verdicts: this.#verdicts }
  }

  get taken(): number {
    return this.#taken
  }

  readonly #onLine = (bytes: Buffer, from: number, to: number): void => {
    const line = bytes.subarray(from, to)
    const given = this.#read(line)
    if (given === undefined) return
    if ('malformed' in given) this.#refuse('record/malformed', given.malformed)
    else this.#take(given, line.length)
  }

  /** A document that is not named is not one whose name is empty. */
  #read(line: Buffer): Given | Malformed | undefined {
    const { uri } = this.#names
    const given = readGiven(line, () => uri ?? '')
    if (uri !== undefined || given === undefined || !('malformed' in given)) return given
    const decoded = decode(line)
    return decoded !== undefined && isMalformed(decoded) ? decoded : given
  }

  #take(given: Given, length: number) {
    const added = this.#missing(given)
    if (length + addedBytesMax > lineBytesMax && Object.keys(added).length > 0)
      this.#refuse('record/too-long', `longer than ${lineBytesMax} bytes with the members that it lacks`)
    else this.#gather(given.record.destination_uri, withMembers(given.text, added))
  }

  #missing({ keys }: Given) {
    const { agent } = this.#names
    const isTimed = keys.has('event_time') || keys.has('timestamp')
    return {
      ...(!isTimed && { event_time: isoMicros(systemClock()) }),
      ...(agent !== undefined && !keys.has('agent_id') && { agent_id: agent }),
    }
  }

  #refuse(code: string, reason: string) {
    this.#refused++
    if (this.#verdicts.length < verdictsMax) this.#verdicts.push({ line: this.#lines.number, code, reason })
  }

  #gather(uri: string, text: string) {
    if (uri !== this.#uri) this.#flush()
    this.#uri = uri
    this.#gathered.push(text)
    this.#taken++
  }

  #flush() {
    if (this.#gathered.length === 0) return
    this.#last = this.#writer.append(this.#uri, Buffer.from(`${this.#gathered.join('\n')}\n`))
    this.#last.catch(() => {})
    this.#gathered = []
  }
}
