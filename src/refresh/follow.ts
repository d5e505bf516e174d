import { createReadStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Chunk } from '../chunk/chunk.ts'
import { recordIn } from '../chunk/codec.ts'
import { asBuffer } from '../std/bytes.ts'
import { StreamError } from '../std/error.ts'
import type { Topic } from '../topic/topic.ts'
import type { DocumentRow } from './document.ts'
import { filesIn } from './files.ts'
import { mapper } from './map.ts'
import { reduce } from './reduce.ts'
import { Scratch } from './scratch.ts'
import { Sorter } from './sort.ts'

/** So much text that came before its turn is held back. */
const heldUnitsMax = 16 * 1024 * 1024

export type Followed = { readonly text: string } | { readonly notice: string }

/** Cheap and never wrong about a line that it leaves out: only escapes can spell a name in another way. */
const mayName = (uri: string) => {
  const spelled = Buffer.from(JSON.stringify(uri).slice(1, -1))
  const others = [Buffer.from('\\u'), Buffer.from('\\/')]
  return (line: Buffer) => line.includes(spelled) || others.some(other => line.includes(other))
}

/** An answer that is being followed: what of it has been shown, and what came before its turn. */
interface Following {
  nextSeq: number
  readonly held: Map<number, Chunk>
  closed: boolean
}

class Follower {
  readonly #uri: string
  readonly #mayName: (line: Buffer) => boolean
  readonly #answers = new Map<string, Following>()
  #heldUnits = 0
  #lastReason: string | undefined

  constructor(uri: string) {
    this.#uri = uri
    this.#mayName = mayName(uri)
  }

  recordOf(bytes: Uint8Array): Chunk | undefined {
    const line = asBuffer(bytes)
    if (!this.#mayName(line)) return undefined
    const record = recordIn(line)
    return record?.destination_uri === this.#uri ? record : undefined
  }

  /** What a record gives to show: its text if it is its turn, with all that waited for it. */
  add(record: Chunk): string {
    if (record.seq === undefined || !record.response_id) return record.chunk
    const answer = this.#answerOf(record.response_id)
    if (record.seq < answer.nextSeq || answer.held.has(record.seq)) return ''
    this.#hold(answer, record.seq, record)
    let text = ''
    for (let next = answer.held.get(answer.nextSeq); next !== undefined; next = answer.held.get(answer.nextSeq)) {
      answer.held.delete(answer.nextSeq++)
      this.#heldUnits -= next.chunk.length
      text += next.chunk
      if (next.end === undefined) continue
      answer.closed = true
      this.#lastReason = next.end.reason
    }
    return text
  }

  /** Every answer has ended, and the last one not in a way that another one is to follow. */
  get isOver(): boolean {
    const answers = [...this.#answers.values()]
    return answers.length > 0 && this.#lastReason !== 'error' && answers.every(({ closed }) => closed)
  }

  #answerOf(responseId: string): Following {
    const known = this.#answers.get(responseId)
    if (known !== undefined) return known
    const made: Following = { nextSeq: 0, held: new Map(), closed: false }
    this.#answers.set(responseId, made)
    return made
  }

  #hold(answer: Following, seq: number, record: Chunk) {
    answer.held.set(seq, record)
    this.#heldUnits += record.chunk.length
    if (this.#heldUnits <= heldUnitsMax) return
    throw new StreamError(
      'refresh/gap',
      `follow "${this.#uri}": record ${answer.nextSeq} of an answer is missing, and ${heldUnitsMax} characters wait for it; textstream cat without --follow shows what there is`,
    )
  }
}

/** The document as of the topic's end, and a follower that knows what it holds. */
const soFar = async (topic: Topic, follower: Follower, dir: string) => {
  const until = await topic.end()
  const sorter = new Sorter(join(dir, 'sort'))
  const map = mapper()
  let arrival = 0
  for await (const { entries } of topic.read({}, { until })) {
    for (const { line } of entries) {
      const record = follower.recordOf(line)
      if (record === undefined) continue
      follower.add(record)
      sorter.add(map(record, arrival++), asBuffer(line))
    }
  }
  let row: DocumentRow | undefined
  using scratch = new Scratch(join(dir, 'text'))
  reduce(sorter.sorted(), { open: filesIn(dir), scratch, attempts: false, row: found => (row = found) })
  return { until, file: row === undefined ? undefined : join(dir, row.file) }
}

/**
 * A document as it is, and then its text as it is written: each answer in its own order, answers as they come. Ends when
 * all its answers have ended, or `signal` aborts. What an answer supersedes cannot be taken back: a notice says so.
 */
export async function* followDocument(topic: Topic, uri: string, signal: AbortSignal): AsyncGenerator<Followed> {
  const dir = mkdtempSync(join(tmpdir(), 'textstream-follow-'))
  try {
    const follower = new Follower(uri)
    const { until, file } = await soFar(topic, follower, dir)
    if (file === undefined) yield { notice: `nothing of "${uri}" yet; waiting for it` }
    else for await (const text of createReadStream(file, 'utf8')) yield { text }
    if (follower.isOver) return
    for await (const { entries } of topic.read(until, { follow: true, signal })) {
      for (const { line } of entries) {
        const record = follower.recordOf(line)
        if (record === undefined) continue
        if (record.supersedes !== undefined) yield { notice: 'a new attempt begins, which replaces an earlier one' }
        const more = follower.add(record)
        if (more !== '') yield { text: more }
        if (follower.isOver) return
      }
    }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
