import { systemRandom } from '../produce/chance.ts'
import { responseId } from '../produce/names.ts'
import { Recording } from '../produce/recording.ts'
import { TextDigest } from '../produce/text-digest.ts'
import { Utf8Input } from '../produce/utf8-input.ts'
import { isoMicros, systemClock } from '../std/clock.ts'
import type { TopicWriter } from '../topic/topic.ts'
import type { Stored } from './api.ts'
import { limited } from './receive.ts'

/** Faults that are told one by one. */
const verdictsMax = 100

const now = () => isoMicros(systemClock())
const asLine = (chunk: string) => Buffer.from(`${JSON.stringify({ chunk })}\n`)

/** A text on its way into the topic: one answer, each read of the body a chunk of it. */
class TextIntake {
  readonly #writer: TopicWriter
  readonly #recording: Recording
  readonly #input: Utf8Input
  readonly #verdicts: Stored['verdicts'] = []
  #last: Promise<void> = Promise.resolve()

  constructor(writer: TopicWriter, agent_id: string, destination_uri: string) {
    this.#writer = writer
    const answer = { response_id: responseId(now(), systemRandom), agent_id, destination_uri }
    this.#recording = new Recording(answer, { seq: 0, digest: new TextDigest() }, lines => {
      this.#last = writer.append(destination_uri, lines)
      this.#last.catch(() => {})
    })
    this.#input = new Utf8Input(this.#onFault)
  }

  /** Whatever stops the body, the answer gets its closing record; then the reason is thrown. */
  async take(body: AsyncIterable<Uint8Array>): Promise<Stored> {
    let reason = 'cancel'
    try {
      for await (const block of limited(body)) {
        await this.#writer.ready()
        this.#push(this.#input.push(block))
      }
      this.#push(this.#input.end())
      reason = 'stop'
    } finally {
      this.#recording.close(reason, now())
      await this.#last
    }
    return { stored: this.#recording.seq, refused: 0, verdicts: this.#verdicts }
  }

  #push(text: string) {
    if (text !== '') this.#recording.push(asLine(text), now())
  }

  readonly #onFault = (offset: number, byte: number) => {
    if (this.#verdicts.length >= verdictsMax) return
    const reason = `byte 0x${byte.toString(16).padStart(2, '0')} at offset ${offset} is not UTF-8: kept as U+FFFD`
    this.#verdicts.push({ line: 0, code: 'text/not-utf8', reason })
  }
}

export const receiveText = (
  writer: TopicWriter,
  agent: string,
  uri: string,
  body: AsyncIterable<Uint8Array>,
): Promise<Stored> => new TextIntake(writer, agent, uri).take(body)
